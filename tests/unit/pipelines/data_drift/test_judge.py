"""The verdict of a window: what moved, what chance explains, and what a second window in a row makes of it."""

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.data_drift.bins import count
from pipelines.data_drift.judge import LEAST_ROWS, judge, limit, measure, precedes
from pipelines.data_drift.parts import Indices, Part, most, split
from pipelines.data_drift.report import Severity, decode, encode

WARMER = 20.0  # two standard deviations


def severities(report):
    return {column.name: column.severity for column in report.columns}


def sequence(baseline, samples):
    """Reports of windows, each judged with the newest before it that counts."""
    reports = []
    for sample in samples:
        counting = [each for each in reports if precedes(each, baseline, sample.since, sample.until)]
        reports.append(judge(baseline, sample, counting[-1] if counting else None))
    return reports


def test_a_limit_is_twice_what_the_worst_week_of_training_did_and_never_less_than_a_tenth(baseline):
    assert limit(baseline, "temp", Part.VALUES) == 0.8
    assert limit(baseline, "temp", Part.MISSING) == 0.1
    assert limit(baseline, "carrier", Part.VALUES) == 0.1


def test_a_limit_can_be_reached_whatever_training_did(baseline):
    """A week that was nearly as unlike the others as can be: twice that is beyond what all rows at one value reach."""
    wild = msgspec.structs.replace(
        baseline.history[0],
        indices={**baseline.history[0].indices, "temp": Indices(values=7.0, missing=0.0, outside=12.0)},
    )
    of_wild = msgspec.structs.replace(baseline, history=(wild,))
    bins = baseline.features["temp"]
    counts = split(bins, np.array(bins.counts))
    for part, worst in ((Part.VALUES, 7.0), (Part.OUTSIDE, 12.0)):
        assert worst < limit(of_wild, "temp", part) < most(counts[part]) < 2 * worst


def test_a_week_of_few_rows_says_nothing_of_a_columns_own_movement(baseline):
    few = tuple(msgspec.structs.replace(week, rows=LEAST_ROWS - 1) for week in baseline.history)
    assert limit(msgspec.structs.replace(baseline, history=few), "temp", Part.VALUES) == 0.1


def test_the_same_distribution_is_quiet(baseline, window):
    report = judge(baseline, window(), None)
    assert report.severity is Severity.QUIET
    assert report.reason == ("all 3 columns are as in training, or move as its own weeks did, in 2,000 rows")


def test_what_moves_as_far_as_trainings_weeks_did_is_quiet(baseline, window):
    """Half a standard deviation: 0.25, beyond the general limit and within this column's own."""
    report = judge(baseline, window(warmer=5.0), None)
    assert report.columns[0].index > 0.2
    assert report.severity is Severity.QUIET


def test_the_first_window_beyond_a_limit_moved_and_the_second_in_a_row_is_drift(baseline, window):
    reports = sequence(baseline, [window(0), window(1, warmer=WARMER), window(2, warmer=WARMER, seed=3)])
    assert [report.severity for report in reports] == ["quiet", "moved", "drift"]
    assert severities(reports[-1]) == {"temp": "drift", "carrier": "quiet", "prediction.late": "quiet"}
    assert [report.columns[0].windows for report in reports] == [0, 1, 2]
    assert reports[1].reason.startswith("beyond what training's weeks did: temp (values: index ")
    assert reports[1].reason.endswith(
        "limit 0.80), in 2,000 rows; it is the first window in a row, and the next one tells whether it stays so"
    )
    assert reports[2].reason.endswith(
        "in 2,000 rows, 2 windows in a row; labels tell whether the model is worse for it"
    )


def test_another_column_each_time_is_no_drift(baseline, window):
    other = window(1, carrier=["UA"] * 2000)
    reports = sequence(baseline, [window(0, warmer=WARMER), other])
    assert [report.severity for report in reports] == ["moved", "moved"]


def test_a_quiet_window_ends_a_row(baseline, window):
    reports = sequence(baseline, [window(0, warmer=WARMER), window(1), window(2, warmer=WARMER)])
    assert [report.severity for report in reports] == ["moved", "quiet", "moved"]


@pytest.mark.parametrize("rows", [0, 1, LEAST_ROWS - 1])
def test_too_few_rows_are_neither_quiet_nor_drift(baseline, window, rows):
    reports = sequence(baseline, [window(0, warmer=WARMER), window(1, rows, warmer=WARMER)])
    assert reports[1].severity is Severity.UNJUDGED
    assert reports[1].columns == ()
    assert reports[1].reason == (
        f"not enough rows: {rows:,}, and a verdict needs 1,000; nothing is said of this window"
    )


def test_one_window_without_rows_does_not_end_a_row_and_two_do(baseline, window):
    moved, thin = window(0, warmer=WARMER), window(1, 10)
    assert sequence(baseline, [moved, thin, window(2, warmer=WARMER)])[-1].severity is Severity.DRIFT
    thins = [thin, window(2, 10), window(3, warmer=WARMER)]
    assert sequence(baseline, [moved, *thins])[-1].severity is Severity.MOVED


def test_a_window_that_overlaps_the_one_before_is_no_second_one(baseline, window):
    first = judge(baseline, window(0, warmer=WARMER), None)
    assert not precedes(first, baseline, window(0).since, window(0).until)
    half = (window(1).since - window(0).since) / 2
    assert not precedes(first, baseline, window(0).since + half, window(0).until + half)


def test_a_report_of_another_model_is_no_first_window(baseline, window):
    first = judge(baseline, window(0, warmer=WARMER), None)
    other = msgspec.structs.replace(baseline, digest="sha256:" + "9" * 64)
    second = window(1)
    assert precedes(first, baseline, second.since, second.until)
    assert not precedes(first, other, second.since, second.until)


def test_requests_are_judged_where_answers_were_not_captured(baseline, window):
    sample = window(warmer=WARMER)
    none = np.zeros_like(sample.counts["prediction.late"])
    bare = type(sample)(
        version=sample.version,
        since=sample.since,
        until=sample.until,
        rows=sample.rows,
        refused={},
        counts={**sample.counts, "prediction.late": none},
    )
    report = judge(baseline, bare, None)
    assert severities(report) == {"temp": "moved", "carrier": "quiet"}
    assert "(1 columns not judged: too few answers)" in report.reason


def test_an_index_beyond_its_limit_that_chance_explains_is_not_moved(baseline, window):
    """One in ten thousand temperatures is there: of a thousand rows chance leaves some bins empty, and the index is large."""
    chance = np.random.default_rng(2)
    sparse = np.where(chance.random(2000) < 0.03, chance.normal(50, 10, 2000), np.nan)
    bins = msgspec.structs.replace(
        baseline.features["temp"],
        counts=tuple(count(baseline.features["temp"], baseline.features["temp"].codes(sparse)).tolist()),
    )
    of_sparse = msgspec.structs.replace(
        baseline, rows=2000, features={**baseline.features, "temp": bins}, history=()
    )
    again = np.where(chance.random(2000) < 0.03, chance.normal(50, 10, 2000), np.nan)
    measured = measure(of_sparse, "temp", window(temp=again).counts["temp"])
    assert measured.part is Part.VALUES
    assert measured.index > measured.limit
    assert not measured.moved


@pytest.mark.parametrize(
    ("plant", "part"),
    [
        (lambda values: np.where(np.arange(len(values)) % 10 == 0, np.nan, values), "missing"),
        (lambda values: np.where(np.arange(len(values)) % 10 == 0, -40.0, values), "outside"),
        (lambda values: np.full_like(values, 50.0), "values"),
    ],
    ids=["missing", "outside", "stuck"],
)
def test_a_column_tells_what_of_it_moved(baseline, window, plant, part):
    values = np.random.default_rng(3).normal(50, 10, 2000)
    measured = measure(baseline, "temp", window(temp=plant(values)).counts["temp"])
    assert (measured.part, measured.moved) == (part, True)


def test_columns_that_moved_most_are_told_first(baseline, window):
    report = judge(baseline, window(warmer=WARMER, carrier=["UA"] * 2000), None)
    assert [column.name for column in report.moved] == ["carrier", "temp"]
    assert report.reason.startswith("beyond what training's weeks did: carrier (values: index ")


def test_a_report_is_the_same_bytes_again_and_is_read_back(baseline, window):
    report = judge(baseline, window(warmer=WARMER), None)
    assert encode(judge(baseline, window(warmer=WARMER), None)) == encode(report)
    assert decode(encode(report), "report.json") == report


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(LEAST_ROWS, 5000))
def test_windows_of_the_same_distribution_are_quiet_whatever_their_seed_and_size(
    baseline, window, seed, rows
):
    assert judge(baseline, window(rows=rows, seed=seed), None).severity is Severity.QUIET
