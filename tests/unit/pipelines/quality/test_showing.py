"""What a version showed before a window."""

from datetime import date

import pytest
from msgspec import structs

from pipelines.gates import report as evaluations
from pipelines.quality import showing
from pipelines.quality.report import Joined, Metric, Number, Report, Slice
from pipelines.quality.showing import OverlapError

DIGEST = "sha256:" + 64 * "1"
OVERALL = ("all", "", "auc")
NONE = Joined(**dict.fromkeys(Joined.__struct_fields__, 0))


def evaluation(*, value=0.7, low=0.602, high=0.798, confidence=0.95):
    part = evaluations.Slice(
        dimension="all",
        value="",
        rows=1000,
        least_of_a_label=100,
        blocks=30,
        metrics={
            "auc": evaluations.Metrics(challenger=evaluations.Interval(value=value, low=low, high=high))
        },
    )
    return evaluations.Report(
        engine="slices",
        model="flights",
        output="probability",
        data_revision="",
        rows=1000,
        blocks=30,
        challenger=evaluations.Subject(digest=DIGEST),
        champion=None,
        confidence=confidence,
        critical=None,
        draws=1000,
        passed=True,
        reason="",
        gates=[],
        slices=[evaluations.JudgedSlice(slice=part, verdict="passed")],
    )


def window(month, value, error, *, verdict="as-good", **changes):
    metric = Metric(measured=Number(value=value, error=error), low=0, high=1)
    part = Slice(
        dimension="all", value="", rows=1000, days=30, verdict=verdict, why="", metrics={"auc": metric}
    )
    made = Report(
        model="flights",
        version="v1.0.0",
        digest=DIGEST,
        first=date(2013, month, 1),
        last=date(2013, month, 28),
        metric="auc",
        title="AUC",
        confidence=0.95,
        joined=NONE,
        verdict=verdict,
        reason="",
        slices=(part,),
    )
    return structs.replace(made, **changes)


def shown(windows, first=date(2013, 10, 1), evaluated=None):
    return showing.of(evaluated or evaluation(), windows, DIGEST, first)


def test_an_evaluation_alone_is_as_certain_as_its_bounds_say():
    number = shown([])[OVERALL]
    assert number.value == pytest.approx(0.7)
    assert number.error == pytest.approx(0.05, rel=1e-3)


def test_estimates_weigh_by_how_certain_they_are():
    number = shown([window(5, 0.8, 0.05)])[OVERALL]
    assert number.value == pytest.approx(0.75, abs=1e-4)
    assert number.error == pytest.approx(0.05 / 2**0.5, rel=1e-3)
    number = shown([window(5, 0.8, 0.001)])[OVERALL]
    assert number.value == pytest.approx(0.8, abs=1e-3)


@pytest.mark.parametrize(
    "changes",
    [
        {"verdict": "worse"},
        {"verdict": "too-few"},
        {"digest": "sha256:" + 64 * "2"},
        {"last": date(2013, 10, 1)},
        {"first": date(2013, 11, 1), "last": date(2013, 11, 30)},
    ],
    ids=["worse", "too-few", "another-model", "not-over", "later"],
)
def test_a_window_that_says_nothing_of_a_good_model_before_has_no_say(changes):
    assert shown([window(5, 0.1, 0.001, **changes)]) == shown([])


def test_windows_that_hold_the_same_day_are_refused():
    twice = [window(5, 0.7, 0.02), window(5, 0.7, 0.02, first=date(2013, 5, 28), last=date(2013, 6, 5))]
    with pytest.raises(OverlapError, match="2013-05-01 to 2013-05-28 and 2013-05-28 to 2013-06-05"):
        shown(twice)


def test_an_evaluation_without_bounds_has_no_say():
    assert shown([], evaluated=evaluation(low=None, high=None)) == {}


def test_the_order_of_reports_decides_nothing():
    months = [window(5, 0.8, 0.05), window(6, 0.72, 0.02), window(7, 0.69, 0.03)]
    assert shown(months) == shown(months[::-1])
