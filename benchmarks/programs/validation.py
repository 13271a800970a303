"""Holds flights to expectations: `python -m benchmarks.programs.validation prepare|gate|pandas TABLE`.

`prepare` writes the table, `gate` does as the validation gate does, `pandas` makes the same checks in plain pandas.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.flights.checks import CHECKS
from pipelines.gates.suite import PARAMETER, Expectation, read_suite

ROWS = 100_000
EXPECTATIONS = 40
_OF_ONE_MONTH = {  # four months at once are no month
    "expect_table_row_count_to_be_between",
    "expect_column_unique_value_count_to_be_between",
}


def prepare(file: Path) -> None:
    from pipelines.flights.data import read_months  # noqa: PLC0415 - not in what is measured
    from pipelines.months import Month  # noqa: PLC0415 - as above

    read_months(Month(2013, 1), Month(2013, 4)).flights[:ROWS].to_parquet(file)


def gate(file: Path) -> None:
    from pipelines.gates.expectations import Validator  # noqa: PLC0415 - plain pandas does without Great Expectations
    from pipelines.gates.suite import Suite  # noqa: PLC0415 - as above
    from pipelines.gates.validation import batch_failures  # noqa: PLC0415 - as above

    table = pd.read_parquet(file)
    name, chosen = _chosen()
    suite = Suite(name=name, expectations=tuple(chosen))
    begun = time.process_time()
    failures = batch_failures(Validator().validate(table, suite, "2013"))
    _tell(begun, table)
    assert failures == []


def pandas(file: Path) -> None:
    table = pd.read_parquet(file)
    _, chosen = _chosen()
    begun = time.process_time()
    outcomes = [_PLAIN[each.type](table, each.kwargs) for each in chosen]
    _tell(begun, table)
    assert outcomes == [True] * EXPECTATIONS


def _chosen() -> tuple[str, list[Expectation]]:
    """The committed suite's name, and its first expectations that hold for a table of many months."""
    whole = read_suite(CHECKS.suites / "flights.json")
    chosen = [
        each
        for each in whole.expectations
        if each.type not in _OF_ONE_MONTH and PARAMETER not in json.dumps(each.kwargs)
    ][:EXPECTATIONS]
    assert len(chosen) == EXPECTATIONS
    return whole.name, chosen


def _tell(begun: float, table: pd.DataFrame) -> None:
    """CPU of the checks alone, and of what."""
    rows, columns = table.shape
    spent = time.process_time() - begun
    print(json.dumps({"checks": spent, "rows": rows, "columns": columns, "expectations": EXPECTATIONS}))


def _mostly(meets: Any, kwargs: Mapping[str, Any]) -> bool:
    return bool(meets.mean() >= kwargs.get("mostly", 1))


def _types(table: Any, kwargs: Mapping[str, Any]) -> bool:
    wanted = kwargs.get("type_list") or [kwargs["type_"]]
    dtype = str(table[kwargs["column"]].dtype)
    return dtype in wanted or (dtype.startswith("datetime64") and "Timestamp" in wanted)


def _between(table: Any, kwargs: Mapping[str, Any]) -> bool:
    column = table[kwargs["column"]].dropna()
    return _mostly(column.between(kwargs["min_value"], kwargs["max_value"]), kwargs)


_PLAIN: dict[str, Callable[[Any, Mapping[str, Any]], bool]] = {
    "expect_table_columns_to_match_set": lambda t, k: set(t.columns) == set(k["column_set"]),
    "expect_column_values_to_be_of_type": _types,
    "expect_column_values_to_be_in_type_list": _types,
    "expect_column_values_to_not_be_null": lambda t, k: _mostly(t[k["column"]].notna(), k),
    "expect_column_values_to_be_in_set": lambda t, k: _mostly(t[k["column"]].isin(k["value_set"]), k),
    "expect_column_distinct_values_to_equal_set": lambda t, k: (
        set(t[k["column"]].unique()) == set(k["value_set"])
    ),
    "expect_column_values_to_match_regex": lambda t, k: _mostly(t[k["column"]].str.match(k["regex"]), k),
    "expect_column_values_to_be_between": _between,
}


if __name__ == "__main__":
    {"prepare": prepare, "gate": gate, "pandas": pandas}[sys.argv[1]](Path(sys.argv[2]))
