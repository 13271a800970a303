"""`modelctl status`: everything at a glance."""

from datetime import datetime

from modeldelivery.release.cli.context import Context
from modeldelivery.release.cli.options import Status as StatusOptions
from modeldelivery.release.cli.outcome import Shown
from modeldelivery.release.core import weights
from modeldelivery.release.errors import Exit
from modeldelivery.release.operations import status
from modeldelivery.release.operations.health import DIVERGENCE
from modeldelivery.release.operations.status import Decided, OnEndpoint, Status
from modeldelivery.terminal.tables import Table

_HEADINGS = ("version", "role", "intended", "actual", "instances", "serves since")
_COLOURS = {"rejected": "red", "serving": "green", "fallback": "yellow", "candidate": "cyan"}


def run(context: Context, options: StatusOptions) -> Shown:
    found = status.read(context.store, context.traffic, context.scaling)
    seen = status.assess(context.place, found)
    parts: list[str | Table] = [*_head(seen)]
    if seen.versions:
        parts.append(_table(seen))
    parts += _notes(seen)
    return Shown(document=seen, parts=tuple(parts), exit=_exit(seen, check=options.check))


def _exit(seen: Status, *, check: bool) -> Exit:
    """With --check, what is known to be wrong counts more than what could not be looked at."""
    if seen.damaged:
        return Exit.DAMAGED
    if check and any(finding.needs_person for finding in seen.findings):
        return Exit.UNHEALTHY
    return Exit.UNREACHABLE if seen.problems else Exit.DONE


def _head(seen: Status) -> tuple[str, ...]:
    named = [
        f"serving {seen.serving or 'nothing'}",
        f"live {seen.live or 'none'}",
        f"fallback {seen.fallback or 'none'}",
        f"candidates {', '.join(seen.candidates) or 'none'}",
    ]
    decision = (f"decided by {_decided(seen.decision, seen.at)}",) if seen.decision else ()
    return (
        f"{seen.environment}: account {seen.account}, {seen.region}",
        f"endpoint {seen.endpoint}: {seen.endpoint_status or 'there is none'}",
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
    return (
        version.version,
        ", ".join(version.roles) or "-",
        _share(version.intended),
        _share(version.actual),
        instances,
        _ago(version.since, at) if version.since else "-",
    )


def _notes(seen: Status) -> list[str]:
    pending = seen.pending
    rejected = [
        (v.version, v.rejected)
        for v in seen.versions
        if v.rejected and not (seen.hold and v.version == seen.live)
    ]
    return [
        *([f"pending: {_decided(pending, seen.at)}"] if pending else []),
        *([f"hold: {seen.hold}"] if seen.hold else []),
        *(f"rejected: {v} by {why.by}, {_when(why.at, seen.at)}: {why.reason}" for v, why in rejected),
        *(f"{'divergence' if each.code in DIVERGENCE else 'health'}: {each.text}" for each in seen.findings),
        *(f"problem: {sentence}" for sentence in seen.problems),
    ]


def _decided(decided: Decided, at: datetime | None) -> str:
    target = weights.shown(decided.target)
    caller = f" ({decided.caller})" if decided.caller else ""
    return (
        f"{decided.by}{caller}, {_when(decided.at, at)}: {decided.kind.value} to {target}: {decided.reason}"
    )


def _share(weight: int | None) -> str:
    return "-" if weight is None else f"{weight} %"


def _when(then: datetime, now: datetime | None) -> str:
    stamp = f"{then:%Y-%m-%d %H:%M:%SZ}"
    return f"{stamp} ({_ago(then, now)})" if now else stamp


def _ago(then: datetime, now: datetime | None) -> str:
    if now is None:
        return f"{then:%Y-%m-%d %H:%M:%SZ}"
    seconds = max(0, int((now - then).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"
