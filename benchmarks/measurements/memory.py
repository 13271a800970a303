"""Memory of the sandbox and of every model server in it."""

from collections import Counter
from pathlib import Path

import psutil

from benchmarks.row import Row
from benchmarks.world import World

KIBIBYTES = 1024  # of a mebibyte


def measure(world: World) -> list[Row]:
    daemon = psutil.Process(world.daemon.pid)
    used: Counter[str] = Counter()
    for process in (daemon, *daemon.children(recursive=True)):
        used[_kind(process, daemon)] += pss(process.pid)
    parts = ", ".join(f"{kind} {size // KIBIBYTES} MiB" for kind, size in used.most_common())
    return [
        Row(
            what="memory of the sandbox and both environments' model servers",
            measured=used.total() / KIBIBYTES,
            bar=1024,
            unit="MiB",
            made_of=f"{parts} (proportional set size)",
        )
    ]


def _kind(process: psutil.Process, daemon: psutil.Process) -> str:
    if process == daemon:
        return "moto and hosting"
    if "SAGEMAKER_BIND_TO_PORT" in process.environ():
        return "model servers"
    program = next((word for word in process.cmdline() if word.endswith((".py", ".dataplane"))), "")
    return {"sandbox.dataplane": "data plane", "launch.py": "doors", "keeper.py": "keeper"}[
        program.rpartition("/")[2]
    ]


def pss(pid: int) -> int:
    """Resident KiB, what is shared counted once; sums of RSS count it for every process."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    raise LookupError(f"the kernel tells no Pss of process {pid}")
