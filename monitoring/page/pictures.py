"""Pictures of an environment over time, as SVG: weights, drift by column, quality with its bounds."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from modeldelivery.release.version import precedence
from monitoring.page.subject import Change
from pipelines.data_drift.report import Report as Drift
from pipelines.data_drift.report import Severity
from pipelines.gates.svg import box, dot, line, picture, text
from pipelines.quality.report import Report as Quality

_NAMES, _PLOT, _NUMBERS = 150, 560, 60  # widths: of names, of time, of what stands behind it
_EDGE = 30  # above and below
_ROW = 30  # height of a version
_CELL = 18  # height of a column of drift
_LINES = 200  # height of the quality's plot
_MOST = 52  # windows in a picture: the newest
_MOST_CELLS = 1000  # of drift: of a model with many columns fewer windows, since each cell says what it is
_STYLE = """.share{fill:#2b5fb4}.back{stroke:#a8202d;stroke-width:2}.unjudged{fill:#dfe4ec}.quiet-cell{fill:#9fd3b7}.moved{fill:#d79a1e}.drift{fill:#a8202d}
.before{stroke:#5b6678;stroke-dasharray:3 3}
@media (prefers-color-scheme:dark){.share{fill:#7aa7f0}.back{stroke:#ff9aa4}.unjudged{fill:#2c3646}.quiet-cell{fill:#2f6b4f}.moved{fill:#e0b050}.drift{fill:#ff9aa4}
.before{stroke:#9aa6b8}}
"""
_CELLS = {
    Severity.UNJUDGED: "unjudged",
    Severity.QUIET: "quiet-cell",
    Severity.MOVED: "moved",
    Severity.DRIFT: "drift",
}
_VERDICTS = {"worse": "failed", "as-good": "passed"}


def weights(changes: Sequence[Change], now: datetime) -> str:
    """Each version's share of the traffic, from the first change until now; "" where nothing was ever decided."""
    if not changes:
        return ""
    begin, end = changes[0].at, max(now, changes[-1].at)
    x = _scale(begin, end)
    versions = sorted({version for change in changes for version in change.weights}, key=precedence)
    parts = list(_times(begin, end, x, _EDGE + len(versions) * _ROW))
    ends = [*(change.at for change in changes[1:]), end]
    for place, version in enumerate(versions):
        bottom = _EDGE + (place + 1) * _ROW - 4
        parts += [
            text("text", _NAMES - 8, bottom - 6, version, "end"),
            line("axis", _NAMES, bottom, _NAMES + _PLOT, bottom),
        ]
        for change, until in zip(changes, ends, strict=True):
            share = change.weights.get(version, 0)
            if share:
                height = (_ROW - 8) * share / 100
                words = f"{version}: {share} % from {change.at:%Y-%m-%d %H:%M} ({change.what} by {change.by})"
                parts.append(
                    box(
                        "share",
                        x(change.at),
                        bottom - height,
                        max(x(until) - x(change.at), 1),
                        height,
                        title=words,
                    )
                )
        parts.append(
            text("quiet", _NAMES + _PLOT + 8, bottom - 6, f"{changes[-1].weights.get(version, 0)} %")
        )
    parts += [
        line("back", x(change.at), _EDGE, x(change.at), _EDGE + len(versions) * _ROW)
        for change in changes
        if change.what == "rollback"
    ]
    title = "Share of the traffic by version over time; red lines are rollbacks"
    return _picture(len(versions) * _ROW + 2 * _EDGE, title, parts)


def drift(reports: Sequence[Drift]) -> str:
    """What each column did in each window; "" where no window had enough rows."""
    columns = max((len(report.columns) for report in reports), default=0)
    shown = reports[-max(1, min(_MOST, _MOST_CELLS // max(1, columns))) :]
    names = list(dict.fromkeys(column.name for report in shown for column in report.columns))
    if not names:
        return ""
    width = _PLOT / len(shown)
    parts = []
    for place, name in enumerate(names):
        y = _EDGE + place * _CELL
        parts.append(text("text", _NAMES - 8, y + 13, name, "end"))
        for window, report in enumerate(shown):
            column = next((each for each in report.columns if each.name == name), None)
            severity = Severity.UNJUDGED if column is None else column.severity
            words = f"{name}, {report.since:%Y-%m-%d} to {report.until:%Y-%m-%d}: {severity}"
            if column is not None:
                words += f", index {column.index:.2f}, limit {column.limit:.2f}"
            parts.append(
                box(
                    _CELLS[severity],
                    _NAMES + window * width,
                    y + 1,
                    max(width - 1, 1),
                    _CELL - 2,
                    title=words,
                )
            )
    bottom = _EDGE + len(names) * _CELL
    parts += [
        text("quiet", _NAMES, bottom + 16, f"{shown[0].since:%Y-%m-%d}"),
        text("quiet", _NAMES + _PLOT, bottom + 16, f"{shown[-1].until:%Y-%m-%d}", "end"),
        *_legend((_CELLS[each], each.value) for each in Severity),
    ]
    return _picture(bottom + _EDGE, "Drift by column and window", parts)


def quality(reports: Sequence[Quality]) -> str:
    """The leading metric of each window with its bounds, beside what the version showed before; "" where none was judged."""
    shown = [each for each in reports if each.metric in each.overall.metrics][-_MOST:]
    if not shown:
        return ""
    metrics = [each.overall.metrics[each.metric] for each in shown]
    ends = [end for each in metrics for end in (each.low, each.high)]
    ends += [each.reference.value for each in metrics if each.reference]
    low, high = min(ends), max(ends)
    width, scale = _PLOT / len(shown), _LINES / ((high - low) or 1.0)

    def y(value: float) -> float:
        return round(_EDGE + (high - value) * scale, 1)

    parts = [
        line("axis", _NAMES, _EDGE, _NAMES, _EDGE + _LINES),
        text("quiet", _NAMES - 8, _EDGE + 4, f"{high:.3g}", "end"),
        text("quiet", _NAMES - 8, _EDGE + _LINES + 4, f"{low:.3g}", "end"),
    ]
    every = max(1, len(shown) * 70 // _PLOT + 1)  # a label is some 70 wide
    for place, (report, metric) in enumerate(zip(shown, metrics, strict=True)):
        left, middle = _NAMES + place * width, _NAMES + (place + 0.5) * width
        kind = _VERDICTS[report.verdict]
        if metric.reference:
            parts.append(
                line(
                    "before", left + 2, y(metric.reference.value), left + width - 2, y(metric.reference.value)
                )
            )
        parts += [
            line(kind, middle, y(metric.low), middle, y(metric.high)),
            dot(kind, middle, y(metric.measured.value)),
        ]
        if place % every == 0:
            parts.append(text("quiet", middle, _EDGE + _LINES + 20, f"{report.first:%Y-%m-%d}", "middle"))
    title = f"{shown[0].title} by labels, with its bounds; dashed: what the version showed before; red: worse"
    return _picture(_LINES + 2 * _EDGE, title, parts)


def _picture(height: float, title: str, parts: Sequence[str]) -> str:
    return picture(_NAMES + _PLOT + _NUMBERS, height, title, parts, _STYLE)


def _scale(begin: datetime, end: datetime) -> Callable[[datetime], float]:
    length = (end - begin).total_seconds() or 1.0
    return lambda at: round(_NAMES + _PLOT * (at - begin).total_seconds() / length, 1)


def _times(begin: datetime, end: datetime, x: Callable[[datetime], float], bottom: float) -> Iterable[str]:
    """Both ends, and the middle."""
    form = "%Y-%m-%d" if (end - begin).days > 2 else "%m-%d %H:%M"  # noqa: PLR2004
    for at, anchor in ((begin, "start"), (begin + (end - begin) / 2, "middle"), (end, "end")):
        yield text("quiet", x(at), bottom + 18, f"{at:{form}}", anchor)


def _legend(words: Iterable[tuple[str, str]]) -> Iterable[str]:
    x = _NAMES
    for kind, word in words:
        yield box(kind, x, 6, 12, 12)
        yield text("quiet", x + 17, 17, word)
        x += 90
