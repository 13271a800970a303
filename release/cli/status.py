"""`modelctl status`: everything at a glance."""

import argparse
from datetime import datetime

from release.cli.desk import Desk
from release.cli.exit import Exit
from release.cli.show import Shown, Table
from release.core import weights
from release.operations import status
from release.operations.status import Decided, OnEndpoint, Status

_HEADINGS = ("version", "role", "intended", "actual", "instances", "since", "rejected")
_COLOURS = {"rejected": "red", "serving": "green", "fallback": "yellow", "candidate": "cyan"}


def run(desk: Desk, _: argparse.Namespace) -> Shown:
    seen = status.read(desk.place, desk.store, desk.hosting)
    parts: list[str | Table] = [*_head(seen)]
    if seen.versions:
        parts.append(_table(seen))
    parts += _notes(seen)
    return Shown(document=seen, parts=tuple(parts), exit=Exit.UNREACHABLE if seen.problems else Exit.DONE)


def _head(seen: Status) -> tuple[str, ...]:
    named = [
        f"serving {seen.serving or 'nothing'}",
        f"live {seen.live or 'none'}",
        f"fallback {seen.fallback or 'none'}",
        f"candidates {', '.join(seen.candidates) or 'none'}",
    ]
    state = seen.endpoint_status or ("unknown" if seen.problems else "none")
    decision = (f"decided by {_decided(seen.decision, seen.at)}",) if seen.decision else ()
    return (
        f"{seen.environment}: account {seen.account}, {seen.region}",
        f"endpoint {seen.endpoint}: {state}",
        ", ".join(named),
        *decision,
    )


def _table(seen: Status) -> Table:
    return Table(
        headings=_HEADINGS,
        rows=[_row(version, seen.at) for version in seen.versions],
        colours=[next((c for role, c in _COLOURS.items() if role in v.roles), "") for v in seen.versions],
    )


def _row(version: OnEndpoint, at: datetime | None) -> tuple[str, ...]:
    running, asked = version.instances, version.instances_desired
    instances = "-" if running is None else f"{running}" if running == asked else f"{running} of {asked}"
    rejected = version.rejected
    return (
        version.version,
        ", ".join(version.roles) or "-",
        _share(version.intended),
        _share(version.actual),
        instances,
        _when(version.since, at) if version.since else "-",
        f"by {rejected.by}: {rejected.reason}" if rejected else "-",
    )


def _notes(seen: Status) -> list[str]:
    pending = seen.pending
    return [
        *([f"pending: {_decided(pending, seen.at)}"] if pending else []),
        *([f"hold: {seen.hold}"] if seen.hold else []),
        *(f"divergence: {sentence}" for sentence in seen.divergence),
        *(f"problem: {sentence}" for sentence in seen.problems),
    ]


def _decided(decided: Decided, at: datetime | None) -> str:
    target = ", ".join(f"{v} {w} %" for v, w in weights.traffic(decided.target).items())
    return f"{decided.by}, {_when(decided.at, at)}: {decided.kind.value} to {target}: {decided.reason}"


def _share(weight: int | None) -> str:
    return "-" if weight is None else f"{weight} %"


def _when(then: datetime, now: datetime | None) -> str:
    stamp = f"{then:%Y-%m-%d %H:%M:%SZ}"
    if now is None:
        return stamp
    seconds = max(0, int((now - then).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{stamp} ({seconds // size} {unit} ago)"
    return f"{stamp} ({seconds} s ago)"
