"""What a whole program costs, imports and all: CPU, and memory."""

from collections.abc import Mapping, Sequence

from benchmarks.row import Row
from tools.demo.run import ROOT
from tools.meter import Used, used


def quickest(command: Sequence[str], environ: Mapping[str, str], turns: int = 3) -> Used:
    """What it took in the turn that took the least CPU. Raises MeterError."""
    return min(used(command, environ, ROOT) for _ in range(turns))


def cost(doing: str, taken: Used, *, seconds: float, mebibytes: float, made_of: str) -> list[Row]:
    """Both promises.

    Args:
        doing: what the program does, after "CPU of".
        taken: by it.
        seconds: of CPU that it may take.
        mebibytes: that it may hold.
        made_of: what both come from.
    """
    return [
        Row(what=f"CPU of {doing}", measured=taken.seconds, bar=seconds, unit="s", made_of=made_of),
        Row(what="memory of the same", measured=taken.mebibytes, bar=mebibytes, unit="MiB", made_of=made_of),
    ]
