"""`modelctl status`: everything at a glance."""

from collections.abc import Iterator
from datetime import datetime

from modeldelivery.release.cli.context import Context
from modeldelivery.release.cli.options import Status as StatusOptions
from modeldelivery.release.cli.outcome import Shown
from modeldelivery.release.core import weights
from modeldelivery.release.errors import Exit
from modeldelivery.release.operations import status
from modeldelivery.release.operations.health import DIVERGENCE
from modeldelivery.release.operations.latest_drill import told
from modeldelivery.release.operations.status import Decided, OnEndpoint, Status
from modeldelivery.release.version import Version
from modeldelivery.terminal.tables import Table

_HEADINGS: tuple[str, ...] = ("version", "role", "intended", "actual", "instances", "serves since")
_VERIFIED = "verified"  # a column where there is something to say: of a version that is, or of a candidate that is not
_JUDGED = ("data drift", "quality")  # where anybody judged them
_COLOURS = {"rejected": "red", "serving": "green", "fallback": "yellow", "candidate": "cyan"}


def run(context: Context, options: StatusOptions) -> Shown:
    verdicts = context.verdicts() if context.verdicts else None
    reading = status.read(context.store, context.traffic, context.scaling, verdicts)
    reading = status.with_verifications(context.place, reading, context.registry)
    report = status.assess(context.place, reading)
    parts: list[str | Table] = [*_head(report)]
    if report.versions:
        parts.append(_table(report))
    parts += _notes(report)
    return Shown(document=report, parts=tuple(parts), exit=_exit(report, check=options.check))


def _exit(report: Status, *, check: bool) -> Exit:
    """With --check, what is known to be wrong counts more than what could not be looked at."""
    if report.damaged:
        return Exit.DAMAGED
    if check and any(finding.needs_person for finding in report.findings):
        return Exit.UNHEALTHY
    return Exit.UNREACHABLE if report.problems else Exit.DONE


def _head(report: Status) -> tuple[str, ...]:
    named = [
        f"serving {report.serving or 'nothing'}",
        f"live {report.live or 'none'}",
        f"fallback {report.fallback or 'none'}",
        f"candidates {', '.join(report.candidates) or 'none'}",
    ]
    decision = (f"decided by {_decided(report.decision, report.at)}",) if report.decision else ()
    return (
        f"{report.environment}: account {report.account}, {report.region}",
        f"endpoint {report.endpoint}: {report.endpoint_status or 'there is none'}",
        ", ".join(named),
        *decision,
    )


def _table(report: Status) -> Table:
    rows = [_row(version, report.at) for version in report.versions]
    headings = _HEADINGS
    if report.unverified or any(version.verified for version in report.versions):
        headings = (*headings, _VERIFIED)
        rows = [
            (*row, _verified(version, report)) for row, version in zip(rows, report.versions, strict=True)
        ]
    if report.judged:
        headings = (*headings, *_JUDGED)
        rows = [(*row, *_judged(version)) for row, version in zip(rows, report.versions, strict=True)]
    return Table(
        headings=headings,
        rows=rows,
        colours=[next((c for role, c in _COLOURS.items() if role in v.roles), "") for v in report.versions],
    )


def _row(version: OnEndpoint, at: datetime | None) -> tuple[str, ...]:
    running, wanted = version.instances, version.instances_desired
    instances = "-" if running is None else f"{running}" if running == wanted else f"{running} of {wanted}"
    return (
        version.version,
        ", ".join(version.roles) or "-",
        _share(version.intended),
        _share(version.actual),
        instances,
        _ago(version.since, at) if version.since else "-",
    )


def _verified(version: OnEndpoint, report: Status) -> str:
    if version.verified:
        return _ago(version.verified.at, report.at)
    return "no" if version.version in report.unverified else "-"


def _judged(version: OnEndpoint) -> tuple[str, ...]:
    return tuple(each.word if each else "-" for each in (version.drift, version.quality))


def _verified_as(version: Version, other: Version) -> str:
    return str(version) if version == other else f"the bits of {version}, as {other}"


def _notes(report: Status) -> list[str]:
    pending = report.pending
    rejected = [
        (v.version, v.rejected)
        for v in report.versions
        if v.rejected and not (report.hold and v.version == report.live)
    ]
    return [
        *([f"pending: {_decided(pending, report.at)}"] if pending else []),
        *([f"hold: {report.hold}"] if report.hold else []),
        *_judgements(report),
        *([f"drill: {_when(report.drill.at, report.at)}: {told(report.drill)}"] if report.drill else []),
        *(f"rejected: {v} by {why.by}, {_when(why.at, report.at)}: {why.reason}" for v, why in rejected),
        *(
            f"verified: {_verified_as(v.version, v.verified.version)}, {_when(v.verified.at, report.at)} {v.verified.told}"
            for v in report.versions
            if v.verified
        ),
        *(
            f"not verified: {version}, a candidate: `modelctl verify --env {report.environment} --version {version}`"
            for version in report.unverified
        ),
        *(f"cannot be told: {why}" for why in report.unread),
        *(
            f"{'divergence' if each.code in DIVERGENCE else 'health'}: {each.text}"
            for each in report.findings
        ),
        *(f"problem: {sentence}" for sentence in report.problems),
    ]


def _judgements(report: Status) -> Iterator[str]:
    """What somebody should look at, and whether nobody looks."""
    if report.judged is False and report.versions:
        yield "data drift, quality: nobody judged them here yet"
    for version in report.versions:
        if not version.actual:
            continue
        for name, each in (("data drift", version.drift), ("quality", version.quality)):
            if each is not None and not each.calm:
                yield f"{name}: {version.version}: {each.sentence}"


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
