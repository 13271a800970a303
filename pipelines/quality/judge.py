"""Whether a version predicts as well as it did before: the verdict of one window of labelled predictions.

It is *worse* where the metric that ranks models of its kind (AUC, accuracy, mean absolute error) is below what the version showed before
by more than chance explains, or where a metric is beyond a limit of the model's thresholds by more than chance explains. Loss and Brier score
are told and decide nothing: they move when late flights become more frequent, however well the model tells them apart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import isfinite

from pipelines.gates import slices
from pipelines.gates.bootstrap import Estimate, critical_value, draw_weights, interval, number_blocks
from pipelines.gates.cases import Cases, Predictions
from pipelines.gates.engine import Part
from pipelines.gates.metrics import METRICS, names_of, score
from pipelines.gates.report import OVERALL, OVERALL_NAME
from pipelines.gates.rule import too_small
from pipelines.gates.thresholds import Limit, Thresholds
from pipelines.quality.report import Joined, Metric, Number, Report, Slice, Verdict
from pipelines.quality.showing import Showing
from pipelines.server.schema import Output

CONFIDENCE = 0.95  # one-sided: of a hundred windows that are as good, five are called worse
_TWO_SIDED = 2 * CONFIDENCE - 1  # of the bounds on both sides that are shown
# By chance a resample of few days has none with a label that is on few of them, and no metric there.
_UNBOUNDED = "one of its labels is on too few days to say what chance explains; more are needed"


@dataclass(frozen=True, kw_only=True)
class Window:
    """What is judged.

    Attributes:
        model: its name.
        version: that predicted.
        digest: of its model.
        first, last: days, both included.
        joined: what became of the records.
        cases: labelled.
        predictions: of them, [rows, width of the output].
    """

    model: str
    version: str
    digest: str
    first: date
    last: date
    joined: Joined
    cases: Cases
    predictions: Predictions


@dataclass(frozen=True)
class _Measured:
    """A slice and its estimates; none where it is too small."""

    part: Part
    small: str
    metrics: Mapping[str, Estimate]


def judge(window: Window, output: Output, showing: Showing, thresholds: Thresholds) -> Report:
    """Judge a window.

    Args:
        window: at least one case.
        output: what a prediction is.
        showing: what the version showed before.
        thresholds: sizes, limits, and how chance is drawn.
    """
    leading, *_ = names_of(output)
    measured = _measure(window, output, thresholds)
    families = (measured[:1], measured[1:])  # one question over every row, and one over all slices at once
    judged = tuple(each for family in families for each in _judged(family, leading, showing, thresholds))
    return Report(
        model=window.model,
        version=window.version,
        digest=window.digest,
        first=window.first,
        last=window.last,
        metric=leading,
        title=METRICS[leading].title,
        confidence=CONFIDENCE,
        joined=window.joined,
        verdict=judged[0].verdict,
        reason=_reason(judged, leading),
        slices=judged,
    )


def _measure(window: Window, output: Output, thresholds: Thresholds) -> list[_Measured]:
    block, blocks = number_blocks(window.cases.blocks.number)
    weights = draw_weights(thresholds.draws, blocks, thresholds.seed)
    scored = score(output, window.predictions, window.cases.labels)
    measured = []
    for part in slices.counted(output, window.cases, block):
        small = too_small(part.slice, thresholds.size)
        estimates = (
            {} if small else slices.estimates(scored, scored.values(part.rows), part.rows, block, weights)
        )
        if not all(isfinite(each.value) and isfinite(each.error) for each in estimates.values()):
            small, estimates = _UNBOUNDED, {}
        measured.append(_Measured(part, small, estimates))
    return measured


def _judged(
    family: Sequence[_Measured], leading: str, showing: Showing, thresholds: Thresholds
) -> tuple[Slice, ...]:
    """Slices whose bounds hold together."""
    critical = critical_value([each.metrics[leading] for each in family if each.metrics], _TWO_SIDED)
    return tuple(_slice(each, leading, critical, showing, thresholds) for each in family)


def _slice(
    measured: _Measured, leading: str, critical: float, showing: Showing, thresholds: Thresholds
) -> Slice:
    of = measured.part.slice
    metrics = {
        name: _metric(estimate, critical, of.blocks, showing.get((of.dimension, of.value, name)))
        for name, estimate in measured.metrics.items()
    }
    why = [] if measured.small else _faults(of.dimension, metrics, leading, thresholds)
    verdict: Verdict = "too-few" if measured.small else "worse" if why else "as-good"
    return Slice(
        dimension=of.dimension,
        value=of.value,
        rows=of.rows,
        days=of.blocks,
        verdict=verdict,
        why=measured.small or "; ".join(why),
        metrics=metrics,
    )


def _metric(estimate: Estimate, critical: float, days: int, reference: Number | None) -> Metric:
    low, high = interval(estimate, critical, days)
    measured = Number(value=estimate.value, error=estimate.error)
    if reference is None:
        return Metric(measured=measured, low=low, high=high)
    between = _wider(estimate, reference)
    difference_low, difference_high = interval(between, critical, days)
    return Metric(
        measured=measured,
        low=low,
        high=high,
        reference=reference,
        difference=between.value,
        difference_low=difference_low,
        difference_high=difference_high,
    )


def _wider(estimate: Estimate, reference: Number) -> Estimate:
    """The difference of an estimate and of one from other days: their errors are independent of each other."""
    widening = (1 + (reference.error / estimate.error) ** 2) ** 0.5 if estimate.error else 1.0
    return Estimate(estimate.value - reference.value, estimate.deviations * widening)


def _faults(dimension: str, metrics: Mapping[str, Metric], leading: str, thresholds: Thresholds) -> list[str]:
    """Why a slice is worse, a clause each."""
    faults = []
    compared = metrics[leading]
    if compared.reference is not None and _below(leading, compared.difference_low, compared.difference_high):
        faults.append(_told(leading, compared))
    for name, limits in thresholds.limits.items():
        limit = limits.overall if dimension == OVERALL else limits.slice
        if limit is not None and (fault := _beyond(name, metrics[name], limit)):
            faults.append(fault)
    return faults


def _below(name: str, low: float | None, high: float | None) -> bool:
    """Whether the whole of a difference is on the worse side."""
    assert low is not None
    assert high is not None
    return high < 0 if METRICS[name].better == "higher" else low > 0


def _told(name: str, metric: Metric) -> str:
    assert metric.reference is not None
    assert metric.difference is not None
    word = "below" if metric.difference < 0 else "above"
    ends = sorted(abs(end) for end in (metric.difference_low, metric.difference_high) if end is not None)
    return (
        f"{METRICS[name].title} is {metric.measured.value:.3f}, {abs(metric.difference):.3f} "
        f"({ends[0]:.3f} to {ends[1]:.3f}) {word} the {metric.reference.value:.3f} that it showed before"
    )


def _beyond(name: str, metric: Metric, limit: Limit) -> str:
    """Why a metric is beyond a limit on its bad side; "" where it is not, or may not be."""
    title = METRICS[name].title
    if METRICS[name].better == "higher" and limit.least is not None and metric.high < limit.least:
        return f"{title} is {metric.measured.value:.3f} ({metric.high:.3f} at most), and {limit.least:g} is demanded"
    if METRICS[name].better == "lower" and limit.most is not None and metric.low > limit.most:
        return f"{title} is {metric.measured.value:.3f} ({metric.low:.3f} at least), and {limit.most:g} is allowed"
    return ""


def _reason(judged: Sequence[Slice], leading: str) -> str:
    overall, *others = judged
    worse = [each for each in others if each.verdict == "worse"]
    in_slices = f"; worse in {', '.join(each.name for each in worse)}" if worse else ""
    where = f"{overall.rows:,} labelled cases of {overall.days} days"
    match overall.verdict:
        case "too-few":
            return f"too few to judge: {overall.why}"
        case "worse":
            return f"{OVERALL_NAME} {overall.why}, in {where}{in_slices}"
        case _:
            return f"{METRICS[leading].title} is {overall.metrics[leading].measured.value:.3f}, {_as_before(overall.metrics[leading])}, in {where}{in_slices}"


def _as_before(metric: Metric) -> str:
    if metric.reference is None:
        return "with nothing before to compare with"
    return f"not shown to be worse than the {metric.reference.value:.3f} before"
