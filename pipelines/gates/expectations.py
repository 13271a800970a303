"""The edge to Great Expectations: suites checked against its expectations, and tables against suites.

Great Expectations sends no usage, draws no progress and keeps no files here: its context lives in memory. What it
gives back is read into records of ours; `validation.conclude` judges them.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import pandas as pd

from pipelines.gates.suite import Expectation, Suite, SuiteError
from pipelines.gates.validation import Batch, Example, Result
from pipelines.gates.words import expected, names, number

os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read when it is imported

import great_expectations as gx
from great_expectations.core.expectation_suite import ExpectationSuite
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.exceptions.exceptions import ExpectationNotFoundError
from great_expectations.expectations.expectation import Expectation as GxExpectation
from great_expectations.expectations.registry import get_expectation_impl

_EXAMPLES = 3
_RESULT_FORMAT = {"result_format": "SUMMARY", "partial_unexpected_count": _EXAMPLES}
# Asked of a database, not of one table in memory.
_DATABASE = {
    "expect_column_values_to_match_like_pattern",
    "expect_column_values_to_match_like_pattern_list",
    "expect_column_values_to_not_match_like_pattern",
    "expect_column_values_to_not_match_like_pattern_list",
    "expect_query_results_to_match_comparison",
    "expect_table_row_count_to_equal_other_table",
    "unexpected_rows_expectation",
}
# The gate's own business: a suite that set them could weaken what it seems to expect.
_GATES_OWN = {
    *("id", "meta", "notes", "description", "rendered_content", "severity"),
    *("result_format", "catch_exceptions", "batch_id", "windows"),
}
_TYPES = {"expect_column_values_to_be_of_type", "expect_column_values_to_be_in_type_list"}
_TEXT_TYPES = {"str", "object", "string"}
_MUST_HOLD = ("value_set", "type_list", "column_set", "column_list", "regex_list")
# What a column without any value can be judged by; every other expectation would pass by looking at nothing.
_OF_NULLS = {
    *_TYPES,
    "expect_column_proportion_of_non_null_values_to_be_between",
    "expect_column_to_exist",
    "expect_column_values_to_be_null",
    "expect_column_values_to_not_be_null",
}


class Validator:
    """Holds tables to suites, in one context."""

    def __init__(self) -> None:
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
        self._batches = (
            context.data_sources.add_pandas("tables")
            .add_dataframe_asset("table")
            .add_batch_definition_whole_dataframe("whole")
        )

    def validate(self, table: pd.DataFrame, suite: Suite, part: str) -> Batch:
        """Hold a table to a suite whose parameters are resolved.

        Raises:
            SuiteError: an expectation that there is not, or one with a wrong argument.
        """
        batch = Batch(
            table=suite.name,
            part=part,
            suite=f"{suite.name}.json",
            expectations=len(suite.expectations),
            rows=len(table),
        )
        made = check(suite)
        if table.empty:
            return batch
        table = table.reset_index(drop=True)  # an example's row is its place in the file
        outcome = self._batches.get_batch({"dataframe": table}).validate(
            ExpectationSuite(name=suite.name, expectations=list(made)), result_format=_RESULT_FORMAT
        )
        by_place: dict[int, list[Any]] = {}
        for each in outcome.results:
            assert each.expectation_config is not None, "a result is of an expectation"
            by_place.setdefault(each.expectation_config.meta["place"], []).append(each)
        results = tuple(
            _result(expectation, each, table)
            for place, expectation in enumerate(suite.expectations)
            for each in by_place.get(place, [])
        )
        return msgspec.structs.replace(batch, results=results)


def check(suite: Suite) -> tuple[GxExpectation, ...]:
    """Great Expectations' own objects; each carries its place in the suite.

    Raises:
        SuiteError: names file, expectation and key, and what is allowed.
    """
    return tuple(_made(each, place, suite) for place, each in enumerate(suite.expectations))


def _made(expectation: Expectation, place: int, suite: Suite) -> GxExpectation:
    where = f"{suite.name}.json: expectations[{place}] {expectation.type}"
    try:
        kind = get_expectation_impl(expectation.type)
    except ExpectationNotFoundError:
        raise SuiteError(
            f"{where}: unknown; Great Expectations {gx.__version__} has no such expectation"
        ) from None
    if expectation.type in _DATABASE:
        raise SuiteError(f"{where}: is asked of a database; the gate looks at one table in memory")
    allowed = sorted(set(kind.__fields__) - _GATES_OWN)
    for key in expectation.kwargs:
        if key not in allowed:
            raise SuiteError(f"{where}: kwargs.{key} is unknown; allowed are {', '.join(allowed)}")
    try:
        made: GxExpectation = kind(**expectation.kwargs, meta={"place": place})
    except ValueError as error:
        raise SuiteError(f"{where}: {_refusal(error)}") from None
    if idle := _idle(expectation.kwargs, allowed):
        raise SuiteError(f"{where}: {idle}")
    return made


def _idle(kwargs: Mapping[str, Any], allowed: Sequence[str]) -> str:
    """Why every table would meet an expectation with these arguments; empty when not every one would."""
    if kwargs.get("mostly", 1) == 0:
        return "kwargs.mostly is 0, which every table meets; it is above 0, at most 1"
    ends = [kwargs.get(end) for end in ("min_value", "max_value") if end in allowed]
    if ends and all(end is None for end in ends):
        return "kwargs.min_value and max_value are both missing, which every table meets; give one or both"
    for key in _MUST_HOLD:
        if key in allowed and not kwargs.get(key):
            return f"kwargs.{key} is missing or empty; it lists at least one"
    ranges: Sequence[Sequence[Any]] = kwargs.get("quantile_ranges", {}).get("value_ranges", [])
    if any(all(end is None for end in each) for each in ranges):
        return "kwargs.quantile_ranges has a range without an end, which every table meets"
    return ""


def _refusal(error: ValueError) -> str:
    """What pydantic refuses, key by key."""
    problems = getattr(error, "errors", None)
    if problems is None:
        return str(error)
    return "; ".join(
        ("kwargs" + "".join(f".{part}" for part in each["loc"] if part != "__root__") + f": {each['msg']}")
        for each in problems()
    )


def _result(expectation: Expectation, outcome: Any, table: pd.DataFrame) -> Result:
    details: dict[str, Any] = outcome.result
    result = Result(
        type=expectation.type,
        columns=_columns(expectation.kwargs),
        kwargs=expectation.kwargs,
        notes=expectation.notes,
        expected=expected(expectation.type, expectation.kwargs),
        passed=bool(outcome.success),
        rows=details.get("element_count"),
        nulls=details.get("missing_count"),
        error=_error(outcome.exception_info) or _vacuous(expectation, table),
    )
    if result.passed or result.error:
        return result
    return msgspec.structs.replace(
        result,
        failing=details.get("unexpected_count"),
        observed=_observed(expectation, details, table),
        examples=_examples(expectation, details, table),
    )


def _columns(kwargs: Mapping[str, Any]) -> tuple[str, ...]:
    listed = kwargs.get("column_list") or [
        kwargs[key] for key in ("column", "column_A", "column_B") if kwargs.get(key)
    ]
    return tuple(listed)


def _error(information: Mapping[str, Any] | None) -> str:
    """The message of an exception: of the expectation's own, or of a metric that it needs."""
    if not information:
        return ""
    details = [information] if "raised_exception" in information else list(information.values())
    raised = [each for each in details if not isinstance(each, Mapping) or each.get("raised_exception", True)]
    if not raised:
        return ""
    message = raised[0].get("exception_message") if isinstance(raised[0], Mapping) else raised[0]
    return " ".join(str(message or "an exception without a message").split())[:200]


def _vacuous(expectation: Expectation, table: pd.DataFrame) -> str:
    """Great Expectations passes most of what it expects of a column when there is no value in it."""
    if expectation.type in _OF_NULLS:
        return ""
    empty = [name for name in _columns(expectation.kwargs) if name in table and table[name].isna().all()]
    return f"column {empty[0]} has no value in {len(table):,} rows" if empty else ""


def _observed(expectation: Expectation, result: Mapping[str, Any], table: pd.DataFrame) -> str:
    if expectation.type in _TYPES:
        column = table[expectation.kwargs["column"]]
        nulls = int(column.isna().sum())
        return f"it is {column.dtype}" + (f", with {nulls:,} nulls" if nulls else "")
    details = result.get("details") or {}
    if mismatched := details.get("mismatched"):
        return "; ".join(
            f"{what}: {names(sorted(columns))}" for what, columns in mismatched.items() if columns
        )
    observed = result.get("observed_value")
    if observed is None:
        return ""
    if isinstance(observed, Mapping) and "quantiles" in observed:
        return "they are " + ", ".join(number(_plain(value)) for value in observed["values"])
    if isinstance(observed, list):
        return "there is " + names([_plain(value) for value in observed])
    return f"it is {number(_plain(observed))}"


def _examples(
    expectation: Expectation, details: Mapping[str, Any], table: pd.DataFrame
) -> tuple[Example, ...]:
    values: Sequence[Any] = details.get("partial_unexpected_list") or []
    rows: Sequence[Any] = details.get("partial_unexpected_index_list") or []
    if expectation.type in _TYPES and not values:
        return _of_wrong_type(table[expectation.kwargs["column"]])
    if not values:
        return tuple(Example("null", int(row)) for row in rows[:_EXAMPLES])
    if len(rows) < len(values):
        return tuple(Example(_text(value)) for value in values[:_EXAMPLES])
    return tuple(
        Example(_text(value), int(row)) for value, row in zip(values[:_EXAMPLES], rows, strict=False)
    )


def _of_wrong_type(column: "pd.Series[Any]") -> tuple[Example, ...]:
    """What made a text of a column: the values that are no numbers."""
    if str(column.dtype) not in _TEXT_TYPES:
        return ()
    texts = column[column.notna() & pd.to_numeric(column, errors="coerce").isna()][:_EXAMPLES]
    return tuple(Example(_text(value), int(row)) for row, value in zip(texts.index, texts, strict=True))


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return " ".join(_text(each) for each in value.values())
    value = _plain(value)
    if isinstance(value, str):
        return repr(value)[:80]
    return "null" if pd.isna(value) else f"{value:.6g}" if isinstance(value, float) else str(value)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
