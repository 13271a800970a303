"""Locks of Pulumi's file backend: whether the engine that holds one is still at work, or was killed."""

import json
import time
from pathlib import Path

import psutil

_PATIENCE = 120.0  # seconds for an engine that a killed `make up` left to come to its end by itself
_POLL = 0.2  # seconds
_ENGINE = "pulumi"


class AtWorkError(Exception):
    """An engine goes on; the text says which."""


def left(backend: Path, stack: str) -> bool:
    """Whether a stack is locked by an engine that is no more; one that is at work is waited for.

    Args:
        backend: folder of the file backend.
        stack: its name.

    Raises:
        AtWorkError: one goes on still.
    """
    end = time.monotonic() + _PATIENCE
    while working := [pid for pid in _holders(backend, stack) if _works(pid)]:
        if time.monotonic() > end:
            raise AtWorkError(
                f"another engine (pid {working[0]}) has been at work on {stack} for {_PATIENCE:.0f} s: let it end, then `make up` "
                "again"
            )
        time.sleep(_POLL)
    return bool(_holders(backend, stack))


def _holders(backend: Path, stack: str) -> list[int]:
    """Process ids that the locks name; 0 for a lock that was cut off."""
    pids = []
    for lock in (backend / ".pulumi" / "locks").glob(f"*/*/{stack}/*.json"):
        try:
            pids.append(int(json.loads(lock.read_text())["pid"]))
        except FileNotFoundError:  # given back meanwhile
            continue
        except (ValueError, KeyError, TypeError):
            pids.append(0)
    return pids


def _works(pid: int) -> bool:
    try:
        process = psutil.Process(pid)
        return process.name() == _ENGINE and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
