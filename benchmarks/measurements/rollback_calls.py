"""AWS calls of a rollback until traffic moves: each is a round trip that an outage lasts longer."""

import json
import urllib.request
from typing import Any

from benchmarks.row import Row
from benchmarks.world import World
from sandbox.accounts import ACCOUNTS
from sandbox.daemon import TOKEN
from tools.demo.run import StepError

_ENVIRONMENT = "prod"
_MOVE = "UpdateEndpointWeightsAndCapacities"


def measure(world: World) -> list[Row]:
    serving, other = world.serving(_ENVIRONMENT)
    world.move(_ENVIRONMENT, other, serving)
    world.adopt(_ENVIRONMENT)
    before = max((call["n"] for call in _calls(world, 0)), default=0)
    world.rollback(_ENVIRONMENT)
    account = next(account.id for account in ACCOUNTS if account.profile == _ENVIRONMENT)
    made = [f"{c['service']}:{c['action']}" for c in _calls(world, before) if c["account"] == account]
    move = f"sagemaker:{_MOVE}"
    if move not in made:
        raise StepError(f"the rollback moved no traffic; it called {', '.join(made) or 'nothing'}")
    until = made[: made.index(move) + 1]
    return [
        Row(
            what="AWS calls of a cold `modelctl rollback` until traffic moves, the move included",
            measured=len(until),
            bar=4,
            unit="calls",
            made_of=", ".join(until),
        )
    ]


def _calls(world: World, since: int) -> list[dict[str, Any]]:
    url = f"http://127.0.0.1:{world.daemon.control}/sandbox/calls?since={since}"
    request = urllib.request.Request(url, headers={TOKEN: world.daemon.token})
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
        return list(json.load(answer))
