"""What `make tfma` calls a disagreement."""

import math

import pytest
from msgspec import structs

from pipelines.gates.report import Gate, Interval, JudgedSlice, Metrics, Report, Slice, Subject
from tools.engines import disagreements, furthest


def judged(value, rows, auc):
    metrics = {"auc": Metrics(challenger=Interval(value=auc))}
    bare = Slice(dimension="carrier", value=value, rows=rows, least_of_a_label=50, blocks=30, metrics=metrics)
    return JudgedSlice(slice=bare, verdict="passed")


def report(engine="slices", *, rows=1000, auc=0.7, gate="passed", latency="passed"):
    return Report(
        engine=engine, model="flights", output="probability", data_revision="sha256:0", rows=1000, blocks=30,
        challenger=Subject(digest="sha256:1"), champion=None, confidence=0.95, critical=None, draws=1000,
        passed=True, reason="",
        gates=[Gate(name="limits.auc", verdict=gate, sentence=""), Gate(name="latency", verdict=latency, sentence="")],
        slices=[judged("AA", 1000, 0.6), judged("UA", rows, auc)],
    )  # fmt: skip


def test_two_reports_that_say_the_same_agree():
    assert list(disagreements(report(), report("tfma", auc=0.7009, latency="failed"))) == []


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ({"rows": 999}, "carrier UA: 1,000 and 999 rows"),
        ({"gate": "failed"}, "gate limits.auc: passed and failed"),
        ({"auc": 0.7011}, "AUC differs by 0.0011, and 0.001 is allowed"),
        ({"auc": math.nan}, "AUC differs by nan, and 0.001 is allowed"),
    ],
)
def test_a_disagreement_is_a_sentence(other, sentence):
    assert list(disagreements(report(), report("tfma", **other))) == [sentence]


def test_a_slice_that_is_judged_otherwise_is_a_disagreement():
    other = report("tfma")
    slices = [structs.replace(other.slices[0], verdict="failed"), other.slices[1]]
    assert list(disagreements(report(), structs.replace(other, slices=slices))) == [
        "carrier AA: passed and failed"
    ]


def test_the_furthest_difference_is_over_all_slices():
    assert furthest(report(), report("tfma", auc=0.65)) == {"auc": pytest.approx(0.05)}
