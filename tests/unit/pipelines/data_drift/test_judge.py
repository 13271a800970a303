"""The verdict of a window: what moved, what chance explains, and what a second window in a row makes of it."""

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.data_drift.judge import LEAST_ROWS, judge, limits, moved, precedes
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
    assert limits(baseline) == {"temp": 0.8, "carrier": 0.1, "prediction.late": 0.1}


def test_a_week_of_few_rows_says_nothing_of_a_columns_own_movement(baseline):
    few = tuple(msgspec.structs.replace(week, rows=LEAST_ROWS - 1) for week in baseline.history)
    assert set(limits(msgspec.structs.replace(baseline, history=few)).values()) == {0.1}


def test_the_same_distribution_is_quiet(baseline, window):
    report = judge(baseline, window(), None)
    assert report.severity is Severity.QUIET
    assert report.reason == ("all 3 columns are as in training, or move as its own weeks did, in 2,000 rows")


def test_what_moves_as_far_as_trainings_weeks_did_is_quiet(baseline, window):
    """Half a standard deviation: 0.25, beyond the general limit and within this column's own."""
    report = judge(baseline, window(temp=5.0), None)
    assert report.columns[0].index > 0.2
    assert report.severity is Severity.QUIET


def test_the_first_window_beyond_a_limit_moved_and_the_second_in_a_row_is_drift(baseline, window):
    reports = sequence(baseline, [window(0), window(1, temp=WARMER), window(2, temp=WARMER, seed=3)])
    assert [report.severity for report in reports] == ["quiet", "moved", "drift"]
    assert severities(reports[-1]) == {"temp": "drift", "carrier": "quiet", "prediction.late": "quiet"}
    assert [report.columns[0].windows for report in reports] == [0, 1, 2]
    assert reports[1].reason.startswith("beyond what training's weeks did: temp (index ")
    assert reports[1].reason.endswith(
        "limit 0.80), in 2,000 rows; it is the first window in a row, and the next one tells whether it stays so"
    )
    assert reports[2].reason.endswith(
        "in 2,000 rows, 2 windows in a row; labels tell whether the model is worse for it"
    )


def test_another_column_each_time_is_no_drift(baseline, window):
    other = window(1, carrier=["UA"] * 2000)
    reports = sequence(baseline, [window(0, temp=WARMER), other])
    assert [report.severity for report in reports] == ["moved", "moved"]


def test_a_quiet_window_ends_a_row(baseline, window):
    reports = sequence(baseline, [window(0, temp=WARMER), window(1), window(2, temp=WARMER)])
    assert [report.severity for report in reports] == ["moved", "quiet", "moved"]


@pytest.mark.parametrize("rows", [0, 1, LEAST_ROWS - 1])
def test_too_few_rows_are_neither_quiet_nor_drift(baseline, window, rows):
    reports = sequence(baseline, [window(0, temp=WARMER), window(1, rows, temp=WARMER)])
    assert reports[1].severity is Severity.UNJUDGED
    assert reports[1].columns == ()
    assert reports[1].reason == (
        f"not enough rows: {rows:,}, and a verdict needs 1,000; nothing is said of this window"
    )


def test_one_window_without_rows_does_not_end_a_row_and_two_do(baseline, window):
    moved, thin = window(0, temp=WARMER), window(1, 10)
    assert sequence(baseline, [moved, thin, window(2, temp=WARMER)])[-1].severity is Severity.DRIFT
    thins = [thin, window(2, 10), window(3, temp=WARMER)]
    assert sequence(baseline, [moved, *thins])[-1].severity is Severity.MOVED


def test_a_window_that_overlaps_the_one_before_is_no_second_one(baseline, window):
    first = judge(baseline, window(0, temp=WARMER), None)
    assert not precedes(first, baseline, window(0).since, window(0).until)
    half = (window(1).since - window(0).since) / 2
    assert not precedes(first, baseline, window(0).since + half, window(0).until + half)


def test_a_report_of_another_model_is_no_first_window(baseline, window):
    first = judge(baseline, window(0, temp=WARMER), None)
    other = msgspec.structs.replace(baseline, digest="sha256:" + "9" * 64)
    second = window(1)
    assert precedes(first, baseline, second.since, second.until)
    assert not precedes(first, other, second.since, second.until)


def test_requests_are_judged_where_answers_were_not_captured(baseline, window):
    sample = window(temp=WARMER)
    none = np.zeros_like(sample.counts["prediction.late"])
    bare = type(sample)(
        since=sample.since,
        until=sample.until,
        rows=sample.rows,
        refused={},
        counts={**sample.counts, "prediction.late": none},
    )
    report = judge(baseline, bare, None)
    assert severities(report) == {"temp": "moved", "carrier": "quiet"}
    assert "(1 columns not judged: too few answers)" in report.reason


def test_an_index_beyond_its_limit_that_chance_explains_is_not_moved():
    """Fifty names of 8 in 10,000 each: of a thousand rows a sample has some of them and not others."""
    shares = np.array([*(8e-4,) * 50, 0.96])
    reference = (shares * 100_000).astype(int)
    index, chance, beyond = moved(reference, np.random.default_rng(2).multinomial(1000, shares), 0.02, 3)
    assert index > 0.02
    assert chance > 0.01
    assert not beyond


def test_columns_that_moved_most_are_told_first(baseline, window):
    report = judge(baseline, window(temp=WARMER, carrier=["UA"] * 2000), None)
    assert [column.name for column in report.moved] == ["carrier", "temp"]
    assert report.reason.startswith("beyond what training's weeks did: carrier (index ")


def test_a_report_is_the_same_bytes_again_and_is_read_back(baseline, window):
    report = judge(baseline, window(temp=WARMER), None)
    assert encode(judge(baseline, window(temp=WARMER), None)) == encode(report)
    assert decode(encode(report), "report.json") == report


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(LEAST_ROWS, 5000))
def test_windows_of_the_same_distribution_are_quiet_whatever_their_seed_and_size(
    baseline, window, seed, rows
):
    assert judge(baseline, window(rows=rows, seed=seed), None).severity is Severity.QUIET
