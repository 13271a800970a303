"""The verdict, on numbers written down."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from pipelines.gates.report import OVERALL, Interval, Latency, Metrics, Skip, Slice
from pipelines.gates.rule import Evidence, judge, too_small
from pipelines.gates.thresholds import Limit, Limits, Margins, Size, Thresholds

THRESHOLDS = Thresholds(
    size=Size(rows=500, each_label=50, blocks=20),
    limits={"auc": Limits(overall=Limit(least=0.6, most=0.9), slice=Limit(least=0.5))},
    margins={
        "auc": Margins(overall=0.02, slice=0.1),
        "log_loss": Margins(overall=0.05, slice=0.1),
    },
    latency=1.5,
)
BY = Skip(by="ada@example.com", because="the feed was down that week")


def part(value="", *, rows=5000, least=600, blocks=30, auc=0.7, auc_low=-0.01, loss_high=0.01):
    """A slice; `value` is a carrier, or empty for every row."""
    return Slice(
        dimension="carrier" if value else OVERALL,
        value=value,
        rows=rows,
        least_of_a_label=least,
        blocks=blocks,
        metrics={
            "auc": Metrics(
                challenger=Interval(value=auc), difference=Interval(value=0.0, low=auc_low, high=0.05)
            ),
            "log_loss": Metrics(
                challenger=Interval(value=0.5), difference=Interval(value=0.0, low=-0.05, high=loss_high)
            ),
        },
    )


def judged(*slices, ratio=1.0, skips=None, **given):
    latency = [Latency(rows=1, ratio=ratio, challenger=ratio, champion=1.0)]
    return judge(Evidence(slices, latency, **given), THRESHOLDS, skips or {})


def verdicts(verdict):
    return {gate.name: gate.verdict for gate in verdict.gates}


def test_a_model_within_all_limits_and_margins_passes():
    verdict = judged(part(), part("UA", auc_low=-0.09))
    assert verdict.reason == ""
    assert set(verdicts(verdict).values()) == {"passed"}
    assert [gate.name for gate in verdict.gates] == list(THRESHOLDS.gates)


@pytest.mark.parametrize(
    ("slices", "gate", "sentence"),
    [
        ([part(auc=0.55)], "limits.auc", "AUC 0.55 overall is under 0.6"),
        ([part(auc=0.95)], "limits.auc", "AUC 0.95 overall is over 0.9: too good to be true"),
        ([part(), part("UA", auc=0.45)], "limits.auc", "AUC 0.45 of carrier UA is under 0.5"),
        ([part(auc_low=-0.03)], "margins.auc", "AUC overall may be 0.03 worse than the champion's (+0, -0.03 to +0.05), and 0.02 is allowed"),
        ([part(), part("UA", auc_low=-0.2)], "margins.auc", "AUC of carrier UA may be 0.2 worse than the champion's (+0, -0.2 to +0.05), and 0.1 is allowed"),
        ([part(loss_high=0.06)], "margins.log_loss", "log loss overall may be 0.06 worse than the champion's (+0, -0.05 to +0.06), and 0.05 is allowed"),
        ([part(rows=400)], "size", "too few examples to judge by: 400 rows, 500 needed"),
    ],
)  # fmt: skip
def test_what_stops_a_model_is_said_in_one_sentence(slices, gate, sentence):
    verdict = judged(*slices)
    assert verdicts(verdict)[gate] == "failed"
    assert next(each.sentence for each in verdict.gates if each.name == gate) == sentence
    assert sentence in verdict.reason


def test_a_request_that_takes_too_long_stops_a_model():
    verdict = judged(part(), ratio=1.6)
    assert (
        verdict.reason
        == "a request of one row takes 1.60 times as long as with the champion, and 1.5 is allowed"
    )


def test_all_rows_are_named_first_and_the_other_places_counted():
    verdict = judged(part(auc=0.5), part("UA", auc=0.1), part("DL", auc=0.2))
    assert verdict.reason == "AUC 0.5 overall is under 0.6 (and so in 2 more places)"


def test_a_slice_too_small_is_said_and_stops_nothing():
    verdict = judged(part(), part("AS", rows=60, least=4, blocks=4, auc=0.1, auc_low=-0.9))
    assert verdict.reason == ""
    assert verdict.slices[1].verdict == "too-small"
    assert verdict.slices[1].why == (
        "too small to judge: 60 rows, 500 needed, 4 rows of the rarer label, 50 needed, "
        "4 blocks with each label, 20 needed"
    )


def test_too_little_data_over_all_stops_every_gate_of_metrics():
    verdict = judged(structs.replace(part(rows=10), metrics={}))
    assert {name for name, each in verdicts(verdict).items() if each == "failed"} == {
        "size", "limits.auc", "margins.auc", "margins.log_loss"
    }  # fmt: skip


@pytest.mark.parametrize("wrong", [math.nan, None])
def test_a_bound_that_is_no_number_stops_a_model(wrong):
    whole = part()
    metrics = whole.metrics | {
        "auc": structs.replace(whole.metrics["auc"], difference=Interval(value=0.0, low=wrong, high=wrong))
    }
    assert verdicts(judged(structs.replace(whole, metrics=metrics)))["margins.auc"] == "failed"


def test_a_metric_that_is_no_number_stops_a_model():
    assert verdicts(judged(part(auc=math.nan)))["limits.auc"] == "failed"


def test_without_a_champion_what_needs_one_is_not_judged_and_the_rest_is():
    verdict = judge(Evidence([part(auc=0.5)], [], no_champion="no champion yet"), THRESHOLDS, {})
    assert verdicts(verdict) == {
        "size": "passed",
        "limits.auc": "failed",
        "margins.auc": "no-champion",
        "margins.log_loss": "no-champion",
        "latency": "no-champion",
    }


def test_a_champion_that_cannot_be_compared_with_stops_a_model_once_in_words():
    verdict = judge(Evidence([part()], [], problem="the champion asks for gust"), THRESHOLDS, {})
    assert verdict.reason == "the champion asks for gust"
    assert verdicts(verdict)["latency"] == "failed"


def test_no_measurement_of_latency_beside_a_champion_stops_a_model():
    assert verdicts(judge(Evidence([part()], []), THRESHOLDS, {}))["latency"] == "failed"


def test_a_skip_opens_its_gate_alone_and_stays_in_the_report():
    verdict = judged(part(auc=0.5, auc_low=-0.5), skips={"limits.auc": BY})
    assert verdicts(verdict)["limits.auc"] == "skipped"
    assert verdicts(verdict)["margins.auc"] == "failed"
    assert next(gate.skip for gate in verdict.gates if gate.name == "limits.auc") == BY
    assert verdict.slices[0].verdict == "failed"


def test_a_skip_that_was_not_needed_is_kept_and_changes_nothing():
    verdict = judged(part(), skips={"latency": BY})
    assert (verdicts(verdict)["latency"], verdict.gates[-1].skip) == ("passed", BY)


low, high = st.floats(-1, 0), st.floats(0, 1)
parts = st.builds(
    part,
    st.sampled_from(["AA", "DL", "UA"]),
    rows=st.sampled_from([400, 5000]),
    auc=st.floats(0, 1),
    auc_low=low,
    loss_high=high,
)


@given(st.lists(parts, max_size=3), low, st.floats(0, 0.5))
def test_no_model_passes_by_being_worse(slices, auc_low, worse):
    """Any slice's lower bound moved down never opens a gate."""
    unique = list({each.value: each for each in slices}.values())
    before = verdicts(judged(part(auc_low=auc_low), *unique))
    after = verdicts(judged(part(auc_low=auc_low - worse), *unique))
    assert all(after[name] == "failed" for name, each in before.items() if each == "failed")


@given(st.lists(parts, max_size=3), st.sampled_from(THRESHOLDS.gates))
def test_a_skip_never_changes_another_gate(slices, name):
    unique = list({each.value: each for each in slices}.values())
    before, after = (verdicts(judged(part(), *unique, skips=skips)) for skips in ({}, {name: BY}))
    assert {key: each for key, each in before.items() if key != name} == {
        key: each for key, each in after.items() if key != name
    }


@given(st.integers(0, 1000), st.integers(0, 100), st.integers(0, 40))
def test_a_slice_is_judged_only_with_enough_of_everything(rows, least, blocks):
    small = too_small(part("UA", rows=rows, least=least, blocks=blocks), THRESHOLDS.size)
    assert bool(small) == (rows < 500 or least < 50 or blocks < 20)


def test_a_quantity_has_no_labels_to_be_rare():
    assert not too_small(structs.replace(part(), least_of_a_label=None), THRESHOLDS.size)
