import os

import numpy as np
import pandas as pd
import pytest

from pipelines.gates import expectations
from pipelines.gates.suite import Expectation, Suite
from pipelines.gates.validation import Example, failed

ROWS = 6
TABLE = pd.DataFrame(
    {
        "number": [1, 2, 3, 4, 5, -1],
        "name": ["a", "b", "c", "d", "<e>", "b"],
        "hole": [np.nan, 1.0, 2.0, 3.0, 4.0, 5.0],
        "nothing": [np.nan] * ROWS,
        "moment": pd.to_datetime(["2013-01-01T00:00Z"] * ROWS, utc=True),
    }
)


def result(validator, kind, table=TABLE, **kwargs):
    suite = Suite(name="rain", expectations=(Expectation(type=kind, kwargs=kwargs),))
    batch = validator.validate(table, suite, "2013-01")
    assert len(batch.results) == 1
    return batch.results[0]


def test_what_failed_is_told_with_rows_and_up_to_three_examples(validator):
    outcome = result(validator, "expect_column_values_to_be_in_set", column="name", value_set=["a"])
    assert (outcome.passed, outcome.rows, outcome.failing) == (False, 6, 5)
    assert outcome.examples == (Example("'b'", 1), Example("'c'", 2), Example("'d'", 3))
    assert failed(outcome) == (
        "expected one of a; 5 of 6 rows (83 %) are not so, for example 'b' in row 1, 'c' in row 2, 'd' in row 3"
    )


def test_an_examples_row_is_its_place_in_the_file(validator):
    rest = TABLE[3:]
    outcome = result(validator, "expect_column_values_to_be_between", rest, column="number", min_value=0)
    assert outcome.examples == (Example("-1", 2),)


def test_a_number_that_is_a_text_is_told_by_its_value(validator):
    table = TABLE.assign(number=["1", "2", "x", "4", "5", "y"])
    outcome = result(validator, "expect_column_values_to_be_of_type", table, column="number", type_="int64")
    assert failed(outcome) == "expected type int64; it is str, for example 'x' in row 2, 'y' in row 5"


def test_a_whole_number_that_is_missing_is_told_as_missing(validator):
    outcome = result(validator, "expect_column_values_to_be_of_type", column="hole", type_="int64")
    assert failed(outcome) == "expected type int64; it is float64, with 1 nulls"


def test_moments_have_a_type(validator):
    assert not failed(
        result(validator, "expect_column_values_to_be_of_type", column="moment", type_="Timestamp")
    )
    for column in ("name", "number"):
        assert failed(
            result(validator, "expect_column_values_to_be_of_type", column=column, type_="Timestamp")
        )


def test_a_column_that_is_not_there_is_an_error_and_no_pass(validator):
    outcome = result(validator, "expect_column_values_to_be_between", column="absent", min_value=0)
    assert not outcome.passed
    assert failed(outcome).startswith("could not be evaluated: ")
    assert "absent" in outcome.error


@pytest.mark.parametrize(
    ("kind", "kwargs"),
    [
        ("values_to_be_between", {"min_value": 0}),
        ("values_to_be_in_set", {"value_set": [1]}),
        ("values_to_be_unique", {}),
        ("values_to_match_regex", {"regex": "a"}),
        ("distinct_values_to_be_in_set", {"value_set": [1]}),
        ("sum_to_be_between", {"min_value": 0}),
        ("unique_value_count_to_be_between", {"min_value": 0}),
        ("mean_to_be_between", {"min_value": 0}),
        (
            "quantile_values_to_be_between",
            {"quantile_ranges": {"quantiles": [0.5], "value_ranges": [[None, 9]]}},
        ),
    ],
)
def test_an_expectation_that_looks_at_no_value_does_not_pass(validator, kind, kwargs):
    """Great Expectations itself passes most of these."""
    assert failed(result(validator, f"expect_column_{kind}", column="nothing", **kwargs))


def test_a_column_may_be_expected_to_hold_nothing(validator):
    assert not failed(result(validator, "expect_column_values_to_be_null", column="nothing"))


def test_an_empty_table_fails_before_anything_is_evaluated(validator):
    suite = Suite(
        name="rain",
        expectations=(Expectation(type="expect_column_values_to_be_unique", kwargs={"column": "number"}),),
    )
    batch = validator.validate(TABLE[:0], suite, "2013-01")
    assert (batch.rows, batch.results) == (0, ())


def test_results_stand_in_the_suites_order(validator):
    """Great Expectations gives those that raised first."""
    kinds = ("number", "absent", "name", "gone", "hole")
    suite = Suite(
        name="rain",
        expectations=tuple(
            Expectation(type="expect_column_values_to_not_be_null", kwargs={"column": name}) for name in kinds
        ),
    )
    batch = validator.validate(TABLE, suite, "2013-01")
    assert [each.columns for each in batch.results] == [(name,) for name in kinds]


def test_a_result_that_great_expectations_lost_is_missing(validator, monkeypatch):
    suite = Suite(
        name="rain",
        expectations=tuple(
            Expectation(type="expect_column_values_to_not_be_null", kwargs={"column": name})
            for name in ("number", "name")
        ),
    )
    whole = expectations.ExpectationSuite
    monkeypatch.setattr(
        expectations,
        "ExpectationSuite",
        lambda name, expectations: whole(name, expectations=expectations[:1]),
    )
    batch = validator.validate(TABLE, suite, "2013-01")
    assert (len(batch.results), batch.expectations) == (1, 2)


def test_nothing_is_sent_and_no_progress_is_drawn(validator, capfd):
    result(validator, "expect_column_values_to_be_unique", column="number")
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"
    assert capfd.readouterr() == ("", "")
