"""A preview right after `up`, and right after a rollback, shows no change."""

import json

from benchmarks.row import Row
from benchmarks.world import World

_ENVIRONMENT = "prod"


def measure(world: World) -> list[Row]:
    serving, other = world.serving(_ENVIRONMENT)
    world.move(_ENVIRONMENT, other, serving)
    world.adopt(_ENVIRONMENT)
    world.demo.deploy(_ENVIRONMENT)
    after_up = _changes(world)
    world.rollback(_ENVIRONMENT)
    return [_row("`up`", after_up), _row("a rollback", _changes(world))]


def _changes(world: World) -> list[str]:
    """Steps that are not `same`."""
    output = world.demo.run(
        "bench-preview", "pulumi", "preview", "--json", "--non-interactive", "--stack", _ENVIRONMENT
    )
    steps = json.loads(output)["steps"]
    return [f"{step['op']} {step['urn'].rpartition('::')[2]}" for step in steps if step["op"] != "same"]


def _row(after: str, changes: list[str]) -> Row:
    return Row(
        what=f"steps that are not `same` in a preview right after {after}",
        measured=len(changes),
        bar=0,
        unit="steps",
        made_of=", ".join(changes) or "every step is `same`",
    )
