import json
import re

import pytest

from pipelines.gates.expectations import check
from pipelines.gates.suite import Expectation, Suite, SuiteError, read_suite, resolve

MEAN = {"type": "expect_column_mean_to_be_between", "kwargs": {"column": "x", "min_value": 1}}


def written(folder, text, name="rain"):
    path = folder / f"{name}.json"
    path.write_text(text if isinstance(text, str) else json.dumps(text))
    return path


def of(kind, **kwargs):
    return Suite(name="rain", expectations=(Expectation(type=kind, kwargs=kwargs),))


def test_a_suite_is_great_expectations_own_form(tmp_path):
    suite = read_suite(written(tmp_path, {"name": "rain", "expectations": [{**MEAN, "notes": "why"}]}))
    assert suite.expectations == (Expectation(type=MEAN["type"], kwargs=MEAN["kwargs"], notes="why"),)
    assert len(check(suite)) == 1


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ("", "rain.json: Input data was truncated"),
        ('{"name": "rain", "expectations": [', "rain.json: Input data was truncated"),
        ({"name": "rain"}, "missing required field `expectations`"),
        ({"name": "rain", "expectations": []}, "rain.json: expectations is empty"),
        ({"name": "snow", "expectations": [MEAN]}, 'rain.json: name is "snow"; a suite is named like its file: "rain"'),
        ({"name": "rain", "expectations": [MEAN, MEAN]}, "expectations[1] expect_column_mean_to_be_between is the same as expectations[0]"),
        ({"name": "rain", "expectations": [MEAN], "owner": {}}, "unknown field `owner`"),
        ({"name": "rain", "expectations": [{**MEAN, "severity": "warning"}]}, "expectations[0]: Object contains unknown field `severity`; its keys are type, kwargs, notes"),
        ({"name": "rain", "expectations": [MEAN, {**MEAN, "type": 7}]}, "expectations[1]: Expected `str`, got `int` - at `$.type`"),
    ],
)  # fmt: skip
def test_a_suite_that_cannot_be_right_is_refused_by_file_and_key(tmp_path, document, sentence):
    with pytest.raises(SuiteError, match=re.escape(sentence)) as refused:
        read_suite(written(tmp_path, document))
    assert "rain.json" in str(refused.value)


def test_a_suite_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SuiteError, match=r"rain\.json: No such file"):
        read_suite(tmp_path / "rain.json")


@pytest.mark.parametrize(
    ("suite", "sentence"),
    [
        (of("expect_nonsense", column="x"), "expectations[0] expect_nonsense: unknown"),
        (of("expect_column_mean_to_be_between", column="x", minvalue=1), "kwargs.minvalue is unknown; allowed are column, "),
        (of("expect_column_values_to_be_between", column="x"), "min_value and max_value cannot both be None"),
        (of("expect_column_mean_to_be_between", column="x"), "min_value and max_value are both missing, which every table meets"),
        (of("expect_table_row_count_to_be_between", min_value=None), "min_value and max_value are both missing"),
        (of("expect_column_values_to_be_in_set", column="x", value_set=None), "kwargs.value_set: none is not an allowed value"),
        (of("expect_column_distinct_values_to_contain_set", column="x", value_set=[]), "kwargs.value_set is missing or empty"),
        (of("expect_column_values_to_not_be_in_set", column="x"), "kwargs.value_set"),
        (of("expect_column_values_to_be_in_type_list", column="x", type_list=[]), "kwargs.type_list is missing or empty"),
        (of("expect_table_columns_to_match_set", column_set=None), "kwargs.column_set is missing or empty"),
        (of("expect_column_quantile_values_to_be_between", column="x", quantile_ranges={"quantiles": [0.5], "value_ranges": [[None, None]]}), "kwargs.quantile_ranges has a range without an end"),
        (of("expect_column_mean_to_be_between", min_value=1), "kwargs.column: field required"),
        (of("expect_column_values_to_be_in_set", column="x", value_set="abc"), "kwargs.value_set: value is not a valid list"),
        (of("expect_column_values_to_not_be_null", column="x", mostly=0), "kwargs.mostly is 0, which every table meets"),
        (of("expect_column_values_to_not_be_null", column="x", mostly=1.5), "kwargs.mostly"),
        (of("unexpected_rows_expectation", unexpected_rows_query="select 1"), "is asked of a database"),
        *(
            (of("expect_column_values_to_not_be_null", column="x", **{key: value}), f"kwargs.{key} is unknown")
            for key, value in {
                "severity": "warning", "catch_exceptions": False, "result_format": "BOOLEAN_ONLY", "meta": {"place": 3},
                "batch_id": "other", "windows": [], "id": "x", "notes": "", "description": "",
            }.items()
        ),
    ],
)  # fmt: skip
def test_an_expectation_that_weakens_or_misspells_is_refused(suite, sentence):
    with pytest.raises(SuiteError, match=re.escape(sentence)) as refused:
        check(suite)
    assert str(refused.value).startswith("rain.json: expectations[0] ")


def test_a_parts_values_stand_where_the_suite_names_them():
    suite = of("expect_column_values_to_be_in_set", column="month", value_set=[{"$PARAMETER": "month"}])
    assert resolve(suite, {"month": 2}).expectations[0].kwargs == {"column": "month", "value_set": [2]}


@pytest.mark.parametrize(
    ("parameter", "sentence"),
    [
        ({"$PARAMETER": "moon"}, "$PARAMETER 'moon' is unknown; a part of this table has days, month"),
        ({"$PARAMETER": "month * 2"}, "is no parameter"),
        ({"$PARAMETER": 3}, "is no parameter"),
        ({"$PARAMETER": "month", "plus": 1}, "and no other key"),
    ],
)
def test_an_unknown_parameter_is_refused(parameter, sentence):
    suite = of("expect_column_values_to_be_between", column="month", min_value=parameter)
    with pytest.raises(SuiteError, match=re.escape(sentence)):
        resolve(suite, {"month": 2, "days": 28})
