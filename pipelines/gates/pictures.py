"""Pictures of an evaluation as SVG that stands alone: in the page, beside it, and in a pull request."""

from collections.abc import Callable, Sequence

from pipelines.gates.metrics import METRICS
from pipelines.gates.report import Bin, Interval, JudgedSlice
from pipelines.gates.svg import dot, line, picture, text

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
        line("axis", x(0), _EDGE - 8, x(0), height - _EDGE + 8),
        text("quiet", x(0), _EDGE - 14, "as the champion", "middle"),
        text("quiet", _NAMES + 10, height - 10, f"{low:+.3f}"),
        text("quiet", _NAMES + _PLOT - 10, height - 10, f"{high:+.3f}", "end"),
    ]
    for place, (each, bounds) in enumerate(shown):
        y = _EDGE + place * _LINE + _LINE / 2
        allowed = x(-sign * (overall_margin if place == 0 else slice_margin))
        parts += [
            text("text", _NAMES, y + 4, each.slice.name, "end"),
            line("limit", allowed, y - _LINE / 2, allowed, y + _LINE / 2),
            *_whisker(each.verdict, bounds, x, y),
            text("quiet", _NAMES + _PLOT, y + 4, _numbers(bounds)),
        ]
    title = f"{METRICS[metric].title}: challenger less champion, by slice; dashed: what is allowed"
    return picture(_NAMES + _PLOT + _NUMBERS, height, title, parts)


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
        line("axis", _GAP, bottom, right, bottom),
        line("axis", _GAP, _GAP, _GAP, bottom),
        line("axis", x(low), y(low), x(high), y(high)),
        text("quiet", right, bottom + 30, "predicted", "end"),
        text("quiet", _GAP, _GAP - 10, "observed"),
        text("quiet", _GAP, bottom + 16, f"{low:.3g}", "middle"),
        text("quiet", right, bottom + 16, f"{high:.3g}", "middle"),
    ]
    for each in bins:
        at = x(each.predicted)
        parts += [line("passed", at, y(each.low), at, y(each.high)), dot("passed", at, y(each.observed))]
    return picture(
        _SIDE + 2 * _GAP, _SIDE + 2 * _GAP, "Calibration: predicted and observed, by tenths", parts
    )


def _whisker(verdict: str, bounds: Interval, x: Callable[[float], float], y: float) -> list[str]:
    assert bounds.low is not None
    assert bounds.high is not None
    return [line(verdict, x(bounds.low), y, x(bounds.high), y), dot(verdict, x(bounds.value), y)]


def _numbers(bounds: Interval) -> str:
    return f"{bounds.value:+.3f} ({bounds.low:+.3f} to {bounds.high:+.3f})"
