"""AWS calls of a rollback until traffic moves: each is a round trip that an outage lasts longer."""

from benchmarks.row import Row
from benchmarks.world import World
from tools.demo.run import StepError

_ENVIRONMENT = "prod"
_MOVE = "sagemaker:UpdateEndpointWeightsAndCapacities"


def measure(world: World) -> list[Row]:
    serving, other = world.serving(_ENVIRONMENT)
    world.move(_ENVIRONMENT, other, serving)
    world.adopt(_ENVIRONMENT)
    before = world.last_call(_ENVIRONMENT)
    world.rollback(_ENVIRONMENT)
    made = [f"{call['service']}:{call['action']}" for call in world.calls(before, _ENVIRONMENT)]
    until = until_moved(made, _MOVE)
    return [
        Row(
            what="AWS calls of a cold `modelctl rollback` until traffic moves, the move included",
            measured=len(until),
            bar=4,
            unit="calls",
            made_of=", ".join(until),
        )
    ]


def until_moved(made: list[str], move: str) -> list[str]:
    """A rollback's calls up to the one that moves traffic. Raises StepError where it made none."""
    if move not in made:
        raise StepError(f"the rollback moved no traffic; it called {', '.join(made) or 'nothing'}")
    return made[: made.index(move) + 1]
