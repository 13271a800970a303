"""What a program with everything that it started has used."""

from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from sandbox.processes.family import resident


@dataclass(frozen=True)
class Usage:
    """All of its processes together.

    Attributes:
        cpu: seconds of one core since it began, with those of processes that ended since.
        memory: bytes resident now.
    """

    cpu: float
    memory: int


def usage(family: Sequence[psutil.Process]) -> Usage:
    """Of the processes that live; one that ends meanwhile is none."""
    cpu = 0.0
    for process in family:
        try:
            cpu += sum(process.cpu_times()[:4])  # user, system, and both of children that were waited for
        except psutil.Error:
            continue
    return Usage(cpu, resident(list(family)))
