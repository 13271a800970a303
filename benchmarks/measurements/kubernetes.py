"""The cluster of this machine, and rollbacks on it: how long it takes to start, and what callers notice."""

import time
from typing import NamedTuple

from benchmarks import edge
from benchmarks.edge import ENVIRONMENT, Cluster
from benchmarks.load import Load, behind
from benchmarks.measurements.rollback_calls import until_moved
from benchmarks.row import Row
from benchmarks.world import World
from modeldelivery.release.core.drill_figures import Span, figures, measured
from modeldelivery.release.kubernetes.route_state import SETTLE
from modeldelivery.release.naming import variant_name
from modeldelivery.release.version import Version
from tools.demo.run import StepError

_ROLLBACKS = 5
_CONNECTIONS = 2
_PAUSE = 0.005  # seconds
_MOVE = "patch httproutes"


class _Moved(NamedTuple):
    """One rollback, and its calls of AWS and of Kubernetes until traffic moved."""

    span: Span
    calls: list[str]


def measure(world: World) -> list[Row]:
    started = edge.start(world)
    cluster = edge.edges(world)
    load = Load(
        [behind(cluster.gateway, world.demo.hostname(ENVIRONMENT), world.flight(), "application/json")],
        _CONNECTIONS,
        _PAUSE,
    )
    with load:
        rollbacks = _rollbacks(world, cluster)
    moves = [measured(each.span, load.answers) for each in rollbacks]
    if any(not move.requests or not move.wrong for move in moves):
        raise StepError(
            "no request was sent before one of the rollbacks had moved traffic: the load is too small to tell"
        )
    moved, done = figures([move.wrong for move in moves]), figures([move.done for move in moves])
    longest = max((each.calls for each in rollbacks), key=len)
    over = f"{_ROLLBACKS} rollbacks of {ENVIRONMENT}, cold"
    return [
        Row(
            what="start of the sandbox's cluster, tools there",
            measured=started,
            bar=20,
            unit="s",
            made_of="etcd, API server, controllers, scheduler, node and gateway, until a Pod and a route can be made",
        ),
        Row(
            what="a rollback on a cluster until the last answer of the version left",
            measured=moved.max,
            bar=2,
            unit="s",
            made_of=f"the longest of {over}; median {moved.p50:.2f} s",
        ),
        Row(
            what=f"a rollback on a cluster until it says done, a settle time of {SETTLE:g} s included",
            measured=done.max,
            bar=SETTLE + 1.5,
            unit="s",
            made_of=f"the longest of {over}; median {done.p50:.2f} s",
        ),
        Row(
            what="calls of AWS and Kubernetes of a rollback on a cluster until traffic moves, the move included",
            measured=len(longest),
            bar=5,
            unit="calls",
            made_of=", ".join(longest),
        ),
        Row(
            what=f"requests lost, or answered by the version left after “done”, over {_ROLLBACKS} rollbacks on a cluster",
            measured=sum(move.lost + move.late for move in moves),
            bar=0,
            unit="requests",
            made_of=f"of {sum(move.requests for move in moves)} requests {sum(move.lost for move in moves)} were lost and "
            f"{sum(move.late for move in moves)} answered by a version that was left",
        ),
    ]


def _rollbacks(world: World, cluster: Cluster) -> list[_Moved]:
    """There and back again; each rejects what it leaves, and that is accepted afterwards."""
    serving, other = world.serving(ENVIRONMENT)
    made = []
    for _ in range(_ROLLBACKS):
        aws = world.last_call(ENVIRONMENT)
        kubernetes = len(cluster.calls(0))
        requested = time.monotonic()
        world.modelctl("rollback", ENVIRONMENT, "--to", other, "--reason", "benchmark")
        done = time.monotonic()
        calls = _until_moved(world, cluster, aws, kubernetes)
        world.accept(ENVIRONMENT, serving)
        made.append(_Moved(_span(other, requested, done), calls))
        serving, other = other, serving
    return made


def _span(to: Version, requested: float, done: float) -> Span:
    return Span(to=to, variant=variant_name(to), requested=requested, done=done, until=time.monotonic())


def _until_moved(world: World, cluster: Cluster, aws: int, kubernetes: int) -> list[str]:
    """Calls since those numbers, in their order, up to the one that moves traffic."""
    timed = [
        (call["time"], f"{call['service']}:{call['action']}") for call in world.calls(aws, ENVIRONMENT)
    ] + [(call["time"], f"{call['verb']} {call['resource']}") for call in cluster.calls(kubernetes)]
    return until_moved([call for _, call in sorted(timed)], _MOVE)
