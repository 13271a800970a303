"""The verdict of one window."""

from datetime import date

import numpy as np
import pytest
from msgspec import structs

from pipelines.documents import BadDocumentError
from pipelines.gates import thresholds
from pipelines.gates.cases import Cases, Groups
from pipelines.quality import report
from pipelines.quality.judge import Window, judge
from pipelines.quality.report import Number
from tests.unit.pipelines.quality.conftest import OUTPUTS
from tests.unit.pipelines.quality.test_showing import NONE

DEMANDS = thresholds.Thresholds(
    size=thresholds.Size(rows=500, each_label=50, blocks=20),
    limits={
        "auc": thresholds.Limits(overall=thresholds.Limit(least=0.55, most=0.95)),
        "calibration_error": thresholds.Limits(overall=thresholds.Limit(most=0.15)),
    },
    margins={"auc": thresholds.Margins(overall=0.03, slice=0.1)},
    latency=1.5,
)
OUTPUT = OUTPUTS["probability"]
BEFORE = {("all", "", "auc"): Number(value=0.75, error=0.01)}


def window(seed=0, *, separation=1.0, days=30, rows=100, shift=0.0, broken=None, rate=0.0):
    """Cases whose labels follow the model's own probabilities; `separation` 0 is chance, `broken` a group that is at chance."""
    generator = np.random.default_rng(seed)
    count = days * rows
    day = np.repeat(np.arange(days), rows)
    group = generator.integers(0, 3, count).astype(np.int32)
    signal = generator.normal(0, 1, count)
    logit = (
        -0.5 + rate + np.where(group == broken, 0, separation) * signal + generator.normal(0, 0.2, days)[day]
    )
    labels = generator.random(count) < 1 / (1 + np.exp(-logit))
    predicted = 1 / (1 + np.exp(-(-0.5 + rate + signal + shift)))
    return Window(
        model="flights",
        version="v1.0.0",
        digest="sha256:" + 64 * "1",
        first=date(2013, 10, 1),
        last=date(2013, 10, 31),
        joined=NONE,
        cases=Cases(
            labels, {"carrier": Groups(["AA", "B6", "UA"], group)}, Groups([str(n) for n in range(days)], day.astype(np.int32))
        ),
        predictions=np.stack([1 - predicted, predicted], axis=1).astype(np.float32),
    )  # fmt: skip


def judged(*, before=BEFORE, demands=DEMANDS, **options):
    return judge(window(**options), OUTPUT, before, demands)


def test_a_window_like_those_before_is_as_good():
    result = judged()
    assert result.verdict == "as-good"
    assert result.reason.startswith("AUC is 0.7")
    assert "in 3,000 labelled cases of 30 days" in result.reason


def test_a_model_that_fell_is_worse():
    result = judged(separation=0.4)
    assert result.verdict == "worse"
    assert "below the 0.750 that it showed before" in result.reason


def test_a_window_that_is_better_is_as_good():
    assert judged(before={("all", "", "auc"): Number(value=0.5, error=0.01)}).verdict == "as-good"


def test_what_was_known_before_widens_the_bounds_by_its_own_error():
    sure, unsure = (
        judged(separation=0.4),
        judged(separation=0.4, before={("all", "", "auc"): Number(value=0.75, error=0.2)}),
    )
    assert (sure.verdict, unsure.verdict) == ("worse", "as-good")
    assert sure.overall.metrics["auc"].difference == unsure.overall.metrics["auc"].difference


@pytest.mark.parametrize(
    "options", [{"rows": 16}, {"days": 19, "rows": 200}, {"rate": -6.0}], ids=["rows", "days", "label"]
)
def test_too_few_cases_are_neither_good_nor_worse(options):
    result = judged(separation=0.0, **options)
    assert result.verdict == "too-few"
    assert result.reason.startswith("too few to judge: ")
    assert " needed" in result.reason
    assert result.overall.metrics == {}


def test_days_of_which_chance_cannot_be_told_are_too_few_and_the_report_is_read_again():
    few = structs.replace(DEMANDS, size=thresholds.Size(rows=10, each_label=2, blocks=2))
    result = judged(days=3, demands=few)
    assert result.verdict == "too-few"
    assert "more are needed" in result.reason
    assert report.decode(report.encode(result), "report") == result


def test_probabilities_that_do_not_come_true_are_worse_though_the_order_is_right():
    result = judged(shift=2.0)
    assert result.verdict == "worse"
    assert "calibration error is 0.3" in result.reason
    assert "that it showed before" not in result.reason


def test_nothing_before_leaves_the_limits():
    assert judged(before={}).verdict == "as-good"
    assert "with nothing before to compare with" in judged(before={}).reason
    fallen = judged(before={}, separation=0.0)
    assert fallen.verdict == "worse"
    assert "0.55 is demanded" in fallen.reason


def test_a_metric_too_good_is_no_reason_to_train_again():
    demands = structs.replace(DEMANDS, limits={"auc": thresholds.Limits(overall=thresholds.Limit(most=0.6))})
    assert judged(demands=demands).verdict == "as-good"


def test_more_frequent_events_are_not_a_worse_model():
    before = {**BEFORE, ("all", "", "log_loss"): Number(value=0.55, error=0.001)}
    result = judged(rate=1.2, before=before)
    assert result.overall.metrics["log_loss"].difference_low > 0
    assert result.verdict == "as-good"


def test_a_slice_that_fell_is_named_beside_a_verdict_that_is_not_its_own():
    before = {("carrier", name, "auc"): Number(value=0.73, error=0.01) for name in ("AA", "B6", "UA")}
    result = judged(broken=1, before={**before, ("all", "", "auc"): Number(value=0.65, error=0.01)})
    assert result.verdict == "as-good"
    assert [each.name for each in result.worse] == ["carrier B6"]
    assert result.reason.endswith("; worse in carrier B6")


def test_bounds_of_slices_hold_together_and_the_one_over_every_row_stands_alone():
    result = judged()

    def reach(part):
        metric = part.metrics["auc"]
        return (metric.high - metric.low) / metric.measured.error

    overall, *slices = map(reach, result.slices)
    assert min(slices) > 1.1 * overall


def test_a_report_is_read_as_it_was_written():
    result = judged()
    assert report.decode(report.encode(result), "here") == result
    assert result.file_name == "v1.0.0/2013-10-01_2013-10-31.json"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "here: no report of quality"),
        (b"{}", "here: no report of quality"),
        (None, "here: format 2; this program reads 1"),
    ],
)
def test_a_document_that_is_no_report_is_refused(content, reason):
    with pytest.raises(BadDocumentError, match=reason):
        report.decode(content or report.encode(structs.replace(judged(), format=2)), "here")
