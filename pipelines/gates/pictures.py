"""Pictures of an evaluation as SVG that stands alone: in the page, beside it, and in a pull request."""

from collections.abc import Callable, Sequence
from html import escape

from pipelines.gates.metrics import METRICS
from pipelines.gates.report import Bin, Interval, JudgedSlice

_STYLE = """<style>
.text{fill:#1a2230;font:13px system-ui,sans-serif}.quiet{fill:#5b6678;font:12px system-ui,sans-serif}
.axis{stroke:#aab3c2}.limit{stroke:#a8202d;stroke-dasharray:4 3}
.passed{stroke:#12734a;fill:#12734a;stroke-width:2}.failed{stroke:#a8202d;fill:#a8202d;stroke-width:2}
@media (prefers-color-scheme:dark){.text{fill:#e6eaf1}.quiet{fill:#9aa6b8}.axis{stroke:#4a566a}.limit{stroke:#ff9aa4}
.passed{stroke:#6fd6a4;fill:#6fd6a4}.failed{stroke:#ff9aa4;fill:#ff9aa4}}
</style>"""

_LINE = 24  # height of a slice's line
_NAMES, _PLOT, _NUMBERS = 130, 400, 190  # widths: of the slices' names, the bounds, the numbers
_EDGE = 34  # above and below the lines
_SIDE = 300  # of the calibration curve's square
_GAP = 44  # around it


def differences(
    slices: Sequence[JudgedSlice], metric: str, overall_margin: float, slice_margin: float
) -> str:
    """Challenger less champion by slice, with its bounds, and what is allowed; "" where no slice has them."""
    shown = [
        (each, bounds)
        for each in slices
        if metric in each.slice.metrics
        and (bounds := each.slice.metrics[metric].difference) is not None
        and bounds.low is not None
        and bounds.high is not None
    ]
    if not shown:
        return ""
    sign = METRICS[metric].sign
    ends = [0.0, -sign * overall_margin, -sign * slice_margin]
    ends += [end for _, bounds in shown for end in (bounds.low, bounds.high) if end is not None]
    low, high = min(ends), max(ends)
    scale = (_PLOT - 20) / ((high - low) or 1.0)

    def x(value: float) -> float:
        return round(_NAMES + 10 + (value - low) * scale, 1)

    height = len(shown) * _LINE + 2 * _EDGE
    parts = [
        _line("axis", x(0), _EDGE - 8, x(0), height - _EDGE + 8),
        _text("quiet", x(0), _EDGE - 14, "as the champion", "middle"),
        _text("quiet", _NAMES + 10, height - 10, f"{low:+.3f}"),
        _text("quiet", _NAMES + _PLOT - 10, height - 10, f"{high:+.3f}", "end"),
    ]
    for place, (each, bounds) in enumerate(shown):
        y = _EDGE + place * _LINE + _LINE / 2
        allowed = x(-sign * (overall_margin if place == 0 else slice_margin))
        parts += [
            _text("text", _NAMES, y + 4, each.slice.name, "end"),
            _line("limit", allowed, y - _LINE / 2, allowed, y + _LINE / 2),
            *_whisker(each.verdict, bounds, x, y),
            _text("quiet", _NAMES + _PLOT, y + 4, _numbers(bounds)),
        ]
    title = f"{METRICS[metric].title}: challenger less champion, by slice; dashed: what is allowed"
    return _svg(_NAMES + _PLOT + _NUMBERS, height, title, parts)


def calibration(bins: Sequence[Bin]) -> str:
    """What was predicted against what came of it, by tenths of the predictions; "" where there are none."""
    if not bins:
        return ""
    ends = [end for each in bins for end in (each.predicted, each.low, each.high)]
    low, high = min(0.0, *ends), max(ends)
    scale = _SIDE / ((high - low) or 1.0)

    def x(value: float) -> float:
        return round(_GAP + (value - low) * scale, 1)

    def y(value: float) -> float:
        return round(_GAP + _SIDE - (value - low) * scale, 1)

    right, bottom = _GAP + _SIDE, _GAP + _SIDE
    parts = [
        _line("axis", _GAP, bottom, right, bottom),
        _line("axis", _GAP, _GAP, _GAP, bottom),
        _line("axis", x(low), y(low), x(high), y(high)),
        _text("quiet", right, bottom + 30, "predicted", "end"),
        _text("quiet", _GAP, _GAP - 10, "observed"),
        _text("quiet", _GAP, bottom + 16, f"{low:.3g}", "middle"),
        _text("quiet", right, bottom + 16, f"{high:.3g}", "middle"),
    ]
    for each in bins:
        at = x(each.predicted)
        parts += [_line("passed", at, y(each.low), at, y(each.high)), _dot("passed", at, y(each.observed))]
    return _svg(_SIDE + 2 * _GAP, _SIDE + 2 * _GAP, "Calibration: predicted and observed, by tenths", parts)


def _whisker(verdict: str, bounds: Interval, x: Callable[[float], float], y: float) -> list[str]:
    assert bounds.low is not None
    assert bounds.high is not None
    return [_line(verdict, x(bounds.low), y, x(bounds.high), y), _dot(verdict, x(bounds.value), y)]


def _numbers(bounds: Interval) -> str:
    return f"{bounds.value:+.3f} ({bounds.low:+.3f} to {bounds.high:+.3f})"


def _svg(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img"><title>{escape(title)}</title>{_STYLE}{"".join(parts)}</svg>\n'
    )


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}"/>'


def _dot(kind: str, x: float, y: float) -> str:
    return f'<circle class="{kind}" cx="{x:g}" cy="{y:g}" r="3.5"/>'


def _text(kind: str, x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(text)}</text>'
