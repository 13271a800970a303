import pytest

from tools.model.changes import Month, Parameter, changes

DEPS = ("data", "pipelines/flights/features.py", "pipelines/flights/suites", "pipelines/flights/thresholds.toml", "params.yaml")  # fmt: skip
PARAMETERS = {"model": "flights", "fit": {"seed": 0, "trees": 150}}


def told(files, after=PARAMETERS):
    return changes(files, DEPS, PARAMETERS, after)


@pytest.mark.parametrize(
    "path", ["infra/__main__.py", "docs/model.md", "pipelines/flights/features.pyi", "database"]
)
def test_what_no_stage_depends_on_is_no_change_of_the_model(path):
    assert not told({path: "M"})


@pytest.mark.parametrize(("status", "what"), [("A", "new"), ("M", "other"), ("D", "gone")])
def test_a_month_is_told_by_table_and_what_became_of_it(status, what):
    assert told({"data/flights/2013-05.csv.dvc": status}).months == (Month("flights", "2013-05", what),)


def test_a_parameter_is_told_with_both_values():
    after = {"model": "flights", "fit": {"seed": 0, "leaves": 31}}
    assert told({"params.yaml": "M"}, after).parameters == (
        Parameter("fit.trees", "150", None),
        Parameter("fit.leaves", None, "31"),
    )


def test_parameters_that_are_only_written_otherwise_are_no_change():
    assert not told({"params.yaml": "M"})


def test_suites_and_thresholds_are_told_apart_from_code():
    files = {
        "pipelines/flights/suites/flights.json": "M",
        "pipelines/flights/thresholds.toml": "M",
        "pipelines/flights/features.py": "M",
    }
    lines = told(files)
    assert lines.demands == ("pipelines/flights/suites/flights.json", "pipelines/flights/thresholds.toml")
    assert lines.code == ("pipelines/flights/features.py",)
    assert lines
