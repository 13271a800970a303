"""A program with every process that it started, known by the process group that it leads."""

import os
from collections.abc import Iterator

import psutil


def families(leaders: set[int]) -> dict[int, list[psutil.Process]]:
    """The living processes of each group; a leader whose whole group ended has none."""
    members: dict[int, list[psutil.Process]] = {leader: [] for leader in leaders}
    for pid in psutil.pids():
        try:
            group = os.getpgid(pid)
            if group in members:
                members[group].append(psutil.Process(pid))
        except (ProcessLookupError, PermissionError, psutil.NoSuchProcess):
            continue
    return members


def resident(family: list[psutil.Process]) -> int:
    """Bytes that a family holds in memory."""
    return sum(_each_resident(family))


def _each_resident(family: list[psutil.Process]) -> Iterator[int]:
    for process in family:
        try:
            yield int(process.memory_info().rss)
        except psutil.Error:
            continue
