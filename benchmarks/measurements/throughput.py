"""What the sandbox's data plane takes of a model server's throughput."""

import statistics
from pathlib import Path

import psutil

from benchmarks.load import invocation, rate, straight
from benchmarks.row import Row
from benchmarks.world import World, endpoint
from modeldelivery.release.naming import variant_name
from tools.demo.run import StepError

_ENVIRONMENT = "staging"  # one instance a version: both ways lead to the same process
_CONNECTIONS = 8
_ROUNDS = 7
_SECONDS = 1.0  # a round


def measure(world: World) -> list[Row]:
    serving, _ = world.serving(_ENVIRONMENT)
    body, media = world.flight(), "application/json"
    through = invocation(world.daemon.runtime, endpoint(_ENVIRONMENT), world.keys(_ENVIRONMENT), body, media)
    direct = straight(*_server(world, variant_name(serving)), body, media)
    for request in (through, direct):
        rate(request, _CONNECTIONS, _SECONDS)  # connections and caches
    rounds = [
        (rate(through, _CONNECTIONS, _SECONDS), rate(direct, _CONNECTIONS, _SECONDS)) for _ in range(_ROUNDS)
    ]
    return [
        Row(
            what="invocations a second through InvokeEndpoint / straight to the model server",
            measured=statistics.median(routed / own for routed, own in rounds),
            bar=0.5,
            unit="ratio",
            more=True,
            made_of=f"{statistics.median(routed for routed, _ in rounds):.0f}/s against "
            f"{statistics.median(own for _, own in rounds):.0f}/s over {_CONNECTIONS} connections "
            f"(medians of {_ROUNDS} rounds)",
        )
    ]


def _server(world: World, variant: str) -> tuple[int, Path | None]:
    """Where the variant's only instance listens, and the way there."""
    started = [child.environ() for child in psutil.Process(world.daemon.pid).children()]
    home = f"{world.demo.home}/instances/{endpoint(_ENVIRONMENT)}-{variant}-"
    servers = [environ for environ in started if environ.get("HOME", "").startswith(home)]
    if len(servers) != 1:
        raise StepError(f"{len(servers)} model servers run for variant {variant} of {_ENVIRONMENT}, not one")
    door = Path(servers[0]["HOME"]) / "door"
    return int(servers[0]["SAGEMAKER_BIND_TO_PORT"]), door if door.is_socket() else None
