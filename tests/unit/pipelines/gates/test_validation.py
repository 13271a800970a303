import re

import msgspec
import pytest

from pipelines.gates.validation import (
    LONGEST_REASON,
    UNREACHED,
    Batch,
    Check,
    DamagedError,
    Example,
    Result,
    conclude,
    decode,
    encode,
)

GOOD = Result(
    type="expect_column_values_to_be_in_set",
    columns=("origin",),
    kwargs={"column": "origin", "value_set": ["EWR"]},
    notes="",
    expected="one of EWR",
    passed=True,
    rows=100,
    nulls=0,
)
BAD = msgspec.structs.replace(GOOD, passed=False, failing=2, examples=(Example("'PHL'", 7),))
CHECK = Check(name="same", passed=True, finding="10 rows")


def batch(table="flights", part="2013-01", *, results=(GOOD,), expectations=None, rows=100, problem=""):
    return Batch(
        table=table,
        part=part,
        suite=f"{table}.json",
        expectations=len(results) if expectations is None else expectations,
        rows=rows,
        results=results,
        problem=problem,
    )


def verdict(*batches, tables=("flights",), parts=("2013-01",), checks=(CHECK,)):
    return conclude(
        model="flights", data="sha256:00", tables=tables, parts=parts, batches=batches, checks=checks
    )


def test_what_is_there_and_right_passes():
    validation = verdict(batch())
    assert (validation.passed, validation.reason) == (True, "")


def test_the_reason_names_table_part_column_rows_example_and_expectation():
    assert verdict(batch(results=(GOOD, BAD))).reason == (
        "flights 2013-01, column origin: expected one of EWR; 2 of 100 rows (2 %) are not so, for example 'PHL' in row 7 "
        "(expect_column_values_to_be_in_set in flights.json)"
    )


@pytest.mark.parametrize(
    ("validation", "reason"),
    [
        (verdict(), "flights 2013-01: validated 0 times"),
        (verdict(batch(), batch()), "flights 2013-01: validated 2 times"),
        (verdict(batch(), tables=("flights", "weather")), "weather 2013-01: validated 0 times"),
        (verdict(batch(), parts=("2013-01", "2013-02")), "flights 2013-02: validated 0 times"),
        (verdict(batch(), batch(table="snow")), "snow 2013-01: nobody wanted it"),
        (verdict(parts=()), "there is no table or no part"),
        (verdict(tables=()), "there is no table or no part"),
        (verdict(batch(rows=0)), "flights 2013-01: the table has no row"),
        (verdict(batch(results=())), "0 results of 0 expectations"),
        (verdict(batch(expectations=2)), "1 results of 2 expectations"),
        (verdict(batch(results=(GOOD, GOOD), expectations=1)), "2 results of 1 expectations"),
        (verdict(batch(problem="no file")), "flights 2013-01: no file"),
        (verdict(batch(problem=UNREACHED)), "flights 2013-01: not looked at"),
        (verdict(batch(results=(msgspec.structs.replace(GOOD, error="a metric broke"),))), "could not be evaluated: a metric broke"),
        (verdict(batch(results=(msgspec.structs.replace(GOOD, nulls=100),))), "looked at no value: all 100 are null"),
        (verdict(batch(results=(msgspec.structs.replace(GOOD, rows=0),))), "looked at no value: there is no row"),
        (verdict(batch(), checks=(msgspec.structs.replace(CHECK, passed=False),)), "same: 10 rows"),
    ],
)  # fmt: skip
def test_what_is_missing_empty_short_or_in_error_stops(validation, reason):
    assert not validation.passed
    assert reason in validation.reason


def test_the_first_failure_is_told_and_the_others_are_counted():
    validation = verdict(
        batch(results=(BAD, BAD)), batch(table="late", problem=UNREACHED), tables=("flights", "late")
    )
    assert validation.reason.startswith("flights 2013-01, column origin")
    assert validation.reason.endswith("; and 1 more failed")


def test_a_long_reason_is_cut_and_still_counts():
    long = msgspec.structs.replace(BAD, expected="x" * 2000)
    reason = verdict(batch(results=(long, BAD))).reason
    assert len(reason) == LONGEST_REASON
    assert reason.endswith("…; and 1 more failed")


@pytest.mark.parametrize("validation", [verdict(batch()), verdict(batch(results=(BAD,)))])
def test_what_is_written_is_read_back(validation):
    assert decode(encode(validation)) == validation


def test_a_result_that_is_cut_short_anywhere_is_refused():
    text = encode(verdict(batch(results=(GOOD, GOOD))))
    for length in range(0, len(text.rstrip()), 7):
        with pytest.raises(DamagedError, match="run the validation again"):
            decode(text[:length])


@pytest.mark.parametrize(
    "change",
    [
        {"passed": True, "reason": ""},
        {"passed": True},
        {"reason": "something else"},
        {"batches": ()},
        {"parts": ("2013-01", "2013-02")},
    ],
)
def test_a_result_that_does_not_follow_from_its_contents_is_refused(change):
    forged = msgspec.structs.replace(verdict(batch(results=(BAD,))), **change)
    with pytest.raises(DamagedError, match=re.escape("contents say stopped")):
        decode(encode(forged))


def test_a_result_with_an_unknown_key_is_refused():
    text = encode(verdict(batch())).replace(b'"model"', b'"extra": 1, "model"')
    with pytest.raises(DamagedError, match="unknown field `extra`"):
        decode(text)


@pytest.mark.parametrize(
    ("failing", "share"), [(1, "0.01 %"), (120, "1.2 %"), (9899, "99 %"), (9999, "99.99 %"), (10000, "100 %")]
)
def test_the_share_of_rows_is_no_power_of_ten_and_all_of_them_only_where_all_are(failing, share):
    bad = msgspec.structs.replace(BAD, rows=10000, failing=failing)
    assert (
        f"{failing:,} of 10,000 rows ({share}) are not so"
        in verdict(batch(rows=10000, results=(bad,))).reason
    )
