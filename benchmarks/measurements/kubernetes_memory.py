"""Memory of the cluster's servers, whatever they have done by then."""

from collections import Counter

import psutil

from benchmarks.edge import edges
from benchmarks.measurements.memory import KIBIBYTES, pss
from benchmarks.row import Row
from benchmarks.world import World


def measure(world: World) -> list[Row]:
    cluster = edges(world)
    status, daemon = cluster.status(), psutil.Process(cluster.pid)
    named = {server["pid"]: server["name"] for server in status["servers"]}
    pods = {container["pid"] for pod in status["pods"] for container in pod["containers"]}
    used: Counter[str] = Counter()
    for process in (daemon, *daemon.children(recursive=True)):
        line = [process.pid, *(parent.pid for parent in process.parents())]
        if pods.isdisjoint(line):
            used[next((named[pid] for pid in line if pid in named), "node")] += pss(process.pid)
    parts = ", ".join(f"{name} {size // KIBIBYTES} MiB" for name, size in used.most_common())
    return [
        Row(
            what="memory of the cluster's servers, its Pods aside",
            measured=used.total() / KIBIBYTES,
            bar=1.3 * KIBIBYTES,
            unit="MiB",
            made_of=f"{parts} (proportional set size)",
        )
    ]
