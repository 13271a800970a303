"""An expectation in words: what is expected, so that "expected …" is a sentence."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

_MOST_NAMES = 12  # of a set that are listed
_AGGREGATES = {
    "mean": "a mean",
    "median": "a median",
    "min": "a minimum",
    "max": "a maximum",
    "stdev": "a standard deviation",
    "sum": "a sum",
    "unique_value_count": "a number of different values",
    "proportion_of_unique_values": "a share of different values",
    "proportion_of_non_null_values": "a share of rows with a value",
}


def expected(kind: str, kwargs: Mapping[str, Any]) -> str:
    """What an expectation asks for, such as `values from 1 to 6,000`; its name and arguments where it has no words here."""
    words = _WORDS.get(kind)
    text = words(kwargs) if words else _by_name(kind, kwargs)
    mostly = kwargs.get("mostly", 1)
    return text if mostly == 1 else f"{text} in at least {100 * mostly:g} % of rows"


def number(value: object) -> str:
    """A number as people write it; anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"


def names(values: Sequence[object]) -> str:
    """A list of values, cut where it grows long."""
    listed = ", ".join(str(value) for value in values[:_MOST_NAMES])
    return listed if len(values) <= _MOST_NAMES else f"{listed} and {len(values) - _MOST_NAMES} more"


def span(low: object, high: object) -> str:
    """A range of which one end may be open."""
    if low is None:
        return f"at most {number(high)}"
    if high is None:
        return f"at least {number(low)}"
    return number(low) if low == high else f"from {number(low)} to {number(high)}"


def _range(kwargs: Mapping[str, Any]) -> str:
    return span(kwargs.get("min_value"), kwargs.get("max_value"))


def _quantiles(kwargs: Mapping[str, Any]) -> str:
    ranges = kwargs["quantile_ranges"]
    return "quantiles " + "; ".join(
        f"{100 * quantile:g} % {span(low, high)}"
        for quantile, (low, high) in zip(ranges["quantiles"], ranges["value_ranges"], strict=True)
    )


def _by_name(kind: str, kwargs: Mapping[str, Any]) -> str:
    arguments = ", ".join(
        f"{key} {value}" for key, value in kwargs.items() if key not in {"column", "mostly"}
    )
    return kind.removeprefix("expect_").replace("_", " ") + (f" ({arguments})" if arguments else "")


_WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "expect_table_columns_to_match_set": lambda k: f"exactly the {len(k['column_set'])} columns of the suite",
    "expect_table_row_count_to_be_between": lambda k: f"{_range(k)} rows",
    "expect_column_to_exist": lambda _: "that the column is there",
    "expect_column_values_to_be_of_type": lambda k: f"type {k['type_']}",
    "expect_column_values_to_be_in_type_list": lambda k: f"type {' or '.join(k['type_list'])}",
    "expect_column_values_to_not_be_null": lambda _: "a value",
    "expect_column_values_to_be_null": lambda _: "no value",
    "expect_column_values_to_be_between": lambda k: f"values {_range(k)}",
    "expect_column_values_to_be_in_set": lambda k: f"one of {names(k['value_set'])}",
    "expect_column_values_to_not_be_in_set": lambda k: f"none of {names(k['value_set'])}",
    "expect_column_distinct_values_to_be_in_set": lambda k: f"no other value than {names(k['value_set'])}",
    "expect_column_distinct_values_to_equal_set": lambda k: f"exactly the values {names(k['value_set'])}",
    "expect_column_distinct_values_to_contain_set": lambda k: f"all of the values {names(k['value_set'])}",
    "expect_column_values_to_be_unique": lambda _: "each value once",
    "expect_compound_columns_to_be_unique": lambda _: "each combination once",
    "expect_column_values_to_match_regex": lambda k: f"texts that match {k['regex']}",
    "expect_column_quantile_values_to_be_between": _quantiles,
    **{
        f"expect_column_{name}_to_be_between": lambda k, text=text: f"{text} {_range(k)}"  # type: ignore[misc]
        for name, text in _AGGREGATES.items()
    },
}
