"""Twenty rollbacks under load: what callers notice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from benchmarks.load import Load, invocation
from benchmarks.row import Row
from benchmarks.swing import all_astray, swing, unwatched
from benchmarks.world import World, endpoint
from modeldelivery.release.core.drill_figures import Calm, lost
from tools.demo.run import ENVIRONMENTS, StepError

_ROLLBACKS = 10  # in each environment: one after another, for each waits for the deadline of the one before
_CONNECTIONS = 4  # to each environment
_PAUSE = 0.005  # seconds


def measure(world: World) -> list[Row]:
    body = world.flight()
    loads = {
        environment: Load(
            [
                invocation(
                    world.daemon.runtime,
                    endpoint(environment),
                    world.keys(environment),
                    body,
                    media="application/json",
                )
            ],
            _CONNECTIONS,
            _PAUSE,
        )
        for environment in ENVIRONMENTS
    }
    versions = {environment: world.serving(environment) for environment in ENVIRONMENTS}

    def roll(environment: str) -> list[Calm]:
        return swing(_modelctl(world, environment), *versions[environment], _ROLLBACKS)

    with ThreadPoolExecutor(len(ENVIRONMENTS)) as pool, ExitStack() as under_way:
        for load in loads.values():
            under_way.enter_context(load)
        calms = dict(zip(ENVIRONMENTS, pool.map(roll, ENVIRONMENTS), strict=True))
    if any(unwatched(loads[environment].answers, calms[environment]) for environment in ENVIRONMENTS):
        raise StepError("no request was sent after one of the rollbacks: the load is too small to tell")
    sent = sum(len(load.answers) for load in loads.values())
    missed = [answer for load in loads.values() for answer in lost(load.answers)]
    wrong = [
        answer
        for environment in ENVIRONMENTS
        for answer in all_astray(loads[environment].answers, calms[environment])
    ]
    return [
        Row(
            what=f"requests lost, or answered by the rejected version after “done”, over {_ROLLBACKS * len(calms)} rollbacks",
            measured=len(missed) + len(wrong),
            bar=0,
            unit="requests",
            made_of=f"of {sent} requests {len(missed)} were lost (statuses {sorted({a.status for a in missed})}) and "
            f"{len(wrong)} answered by a rejected version",
        )
    ]


def _modelctl(world: World, environment: str) -> Callable[..., str]:
    return lambda command, *more: world.modelctl(command, environment, *more)
