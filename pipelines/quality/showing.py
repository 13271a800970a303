"""What a version showed before a window: its evaluation, and each earlier window that was not worse.

One month has some thirty independent days, so a month held against a month finds little. Estimates of several are put together by the
inverse of their variances (the fixed-effect estimate of a meta-analysis): what is known is then as exact as all days together, and one month
that was hard to predict does not set the bar. A window that was found worse has no say: it would lower the bar for the next.

Source: Borenstein et al., Introduction to Meta-Analysis, 2009, chapter 11.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import pairwise
from typing import TypeAlias

from scipy.stats import norm  # type: ignore[import-untyped]

from pipelines.gates import report as evaluations
from pipelines.quality.report import Number, Report

Showing: TypeAlias = Mapping[tuple[str, str, str], Number]  # by dimension, value and metric


class OverlapError(ValueError):
    """Windows that hold the same days: they would be counted twice."""


def of(evaluation: evaluations.Report, windows: Iterable[Report], digest: str, first: date) -> Showing:
    """What is known of a version before a day.

    Args:
        evaluation: of it.
        windows: reports; those of other models and those that end later have no say.
        digest: of its model.
        first: day of the window that is to be judged.

    Raises:
        OverlapError: two of these windows hold the same day.
    """
    earlier = sorted((each for each in windows if each.digest == digest and each.last < first), key=_begin)
    for before, after in pairwise(earlier):
        if after.first <= before.last:
            raise OverlapError(
                f"the windows {before.first} to {before.last} and {after.first} to {after.last} hold the same days; "
                "keep reports of windows that follow each other"
            )
    numbers: dict[tuple[str, str, str], list[Number]] = {}
    for judged in evaluation.slices:
        for name, metric in judged.slice.metrics.items():
            number = _of_bounds(metric.challenger, evaluation.confidence)
            if number is not None:
                numbers.setdefault((judged.slice.dimension, judged.slice.value, name), []).append(number)
    for window in earlier:
        for each in window.slices:
            if each.verdict == "as-good":
                for name, measured in each.metrics.items():
                    numbers.setdefault((each.dimension, each.value, name), []).append(measured.measured)
    return {place: _together(each) for place, each in numbers.items()}


def _begin(report: Report) -> date:
    return report.first


def _of_bounds(interval: evaluations.Interval, confidence: float) -> Number | None:
    """A standard error out of bounds that hold for all slices at once. It is larger than the true one, so this says too little."""
    if interval.low is None or interval.high is None or interval.high <= interval.low:
        return None
    reach = float(norm.ppf((1 + confidence) / 2))
    return Number(value=interval.value, error=(interval.high - interval.low) / 2 / reach)


def _together(numbers: Iterable[Number]) -> Number:
    """The estimate of least variance, if quality is one and the same."""
    varying = [each for each in numbers if each.error > 0]
    if not varying:
        return next(iter(numbers))
    weights = [each.error**-2 for each in varying]
    total = sum(weights)
    value = sum(weight * each.value for weight, each in zip(weights, varying, strict=True)) / total
    return Number(value=value, error=total**-0.5)
