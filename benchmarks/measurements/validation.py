"""What the validation gate costs: 100,000 flights held to 40 expectations, beside the same checks in plain pandas."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.row import Row
from benchmarks.whole import cost, quickest
from benchmarks.world import World
from tools.demo.run import ROOT

ROWS = 100_000
EXPECTATIONS = 40
_OF_ONE_MONTH = {  # four months at once are no month
    "expect_table_row_count_to_be_between",
    "expect_column_unique_value_count_to_be_between",
}


def measure(world: World) -> list[Row]:
    """The whole process, imports and reading included; the ratio is of the checks alone."""
    table = world.demo.home / "flights-100k.parquet"
    prepare = (sys.executable, "-m", "benchmarks.measurements.validation", "prepare", str(table))
    subprocess.run(prepare, cwd=ROOT, env=world.demo.environ, check=True, capture_output=True)
    command = (sys.executable, "-m", "benchmarks.measurements.validation", "validate", str(table))
    taken = quickest(command, world.demo.environ)
    output = json.loads(taken.output)
    ratio = output["gate"] / output["pandas"]
    made_of = (
        f"{ROWS:,} flights of 19 columns, {EXPECTATIONS} expectations: {output['gate']:.2f} s for the checks, "
        f"{ratio:.0f} times the same in plain pandas"
    )
    return cost("validating 100,000 flights", taken, seconds=5, mebibytes=500, made_of=made_of)


def _prepare(file: Path) -> None:
    from pipelines.flights.data import read_months  # noqa: PLC0415 - not in the measuring process
    from pipelines.months import Month  # noqa: PLC0415 - as above

    read_months(Month(2013, 1), Month(2013, 4)).flights[:ROWS].to_parquet(file)


def _validate(file: Path) -> None:
    """The measured process."""
    import pandas as pd  # noqa: PLC0415 - the measured process alone imports what it runs

    from pipelines.flights.checks import CHECKS  # noqa: PLC0415 - as above
    from pipelines.gates.expectations import Validator  # noqa: PLC0415 - as above
    from pipelines.gates.suite import PARAMETER, Suite, read_suite  # noqa: PLC0415 - as above
    from pipelines.gates.validation import batch_failures  # noqa: PLC0415 - as above

    table = pd.read_parquet(file)
    whole = read_suite(CHECKS.suites / "flights.json")
    chosen = [
        each
        for each in whole.expectations
        if each.type not in _OF_ONE_MONTH and PARAMETER not in json.dumps(each.kwargs)
    ][:EXPECTATIONS]
    suite = Suite(name=whole.name, expectations=tuple(chosen))
    begun = time.process_time()
    failures = batch_failures(Validator().validate(table, suite, "2013"))
    gate = time.process_time() - begun
    begun = time.process_time()
    plain = [_PLAIN[each.type](table, each.kwargs) for each in chosen]
    spent = time.process_time() - begun
    assert len(chosen) == EXPECTATIONS
    assert (failures, plain) == ([], [True] * EXPECTATIONS)
    print(json.dumps({"gate": gate, "pandas": spent}))


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
    {"prepare": _prepare, "validate": _validate}[sys.argv[1]](Path(sys.argv[2]))
