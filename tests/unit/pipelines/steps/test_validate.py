"""The validation step, as a program, on real months of a data set."""

import json
import shutil
from dataclasses import replace

import pytest

from pipelines import dataset
from pipelines.flights import recipe
from pipelines.flights.recipe import RECIPE
from pipelines.gates.validation import decode
from pipelines.steps import local, validate
from pipelines.steps.contract import Exit, GateError

MONTHS = ("2013-01", "2013-02")


@pytest.fixture
def quick(tmp_path, monkeypatch):
    """Suites of one expectation each: what the real ones find is tested with flights."""
    suites = tmp_path / "quick"
    suites.mkdir()
    for path in RECIPE.checks.suites.iterdir():
        rows = {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1}}
        (suites / path.name).write_text(json.dumps({"name": path.stem, "expectations": [rows]}))
    monkeypatch.setattr(recipe, "RECIPE", replace(RECIPE, checks=replace(RECIPE.checks, suites=suites)))


def run(base, data, until="2013-01"):
    return local.main(
        ["validate", f"--base={base}", "--model=flights", f"--input=data={data}", "--", "--until", until]
    )


def result(base):
    return decode((base / "processing/output/validation/validation.json").read_bytes())


def told(base):
    return (base / "output/message").read_text()


def changed(folder, contents, files=()):
    """A data set with other files: None takes one away."""
    both = {**contents, **dict(files)}
    dataset.write(folder, {path: text for path, text in both.items() if text is not None})
    return folder


def test_data_that_passes_leaves_a_result_and_a_page(tmp_path, published_months):
    data = changed(tmp_path / "data", published_months)
    assert run(tmp_path / "base", data) == Exit.DONE
    validation = result(tmp_path / "base")
    assert (validation.passed, validation.parts) == (True, MONTHS)
    assert [check.name for check in validation.checks if check.passed] == [
        "no other month",
        "training and server read the same",
    ]
    assert "validated" in (tmp_path / "base/processing/output/validation/validation.html").read_text()


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"flights/2013-02.csv": None}, "flights 2013-02: the data set has no flights/2013-02.csv"),
        ({"weather/2013-01.csv": None}, "weather 2013-01: the data set has no weather/2013-01.csv"),
        ({"flights/2013-01.csv": b""}, "2013-01.csv is no CSV"),
        ({"flights/2013-01.csv": b"\xff\xfe"}, "2013-01.csv is no CSV"),
        ({"flights/2013-01.csv": b"year,month\n"}, "flights 2013-01: the table has no row"),
        (
            {"snow/2013-01.csv": b"a\n1\n"},
            "no other month: 4 files of 2 months, and besides snow/2013-01.csv",
        ),
        ({"flights/2013-03.csv": b"a\n1\n"}, "and besides flights/2013-03.csv"),
    ],
)
@pytest.mark.usefixtures("quick")
def test_a_file_that_is_missing_empty_or_too_many_stops(tmp_path, published_months, files, sentence):
    data = changed(tmp_path / "data", published_months, files)
    assert run(tmp_path / "base", data) == Exit.GATE
    assert told(tmp_path / "base").startswith("validate stopped: ")
    assert sentence in told(tmp_path / "base")
    assert not result(tmp_path / "base").passed


@pytest.mark.usefixtures("quick")
def test_a_file_that_was_cut_short_after_its_manifest_stops(tmp_path, published_months):
    data = changed(tmp_path / "data", published_months)
    path = data / "flights/2013-02.csv"
    path.write_bytes(path.read_bytes()[:-1000])
    assert run(tmp_path / "base", data) == Exit.GATE
    assert "it was changed or cut short" in told(tmp_path / "base")


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("first", "status"), [("2013-01", Exit.DONE), ("2012-12", Exit.REFUSED)])
def test_data_that_begins_with_another_month_than_the_one_named_is_refused(
    tmp_path, published_months, first, status
):
    data = changed(tmp_path / "data", published_months)
    command = [
        "validate",
        f"--base={tmp_path}",
        "--model=flights",
        f"--input=data={data}",
        f"--first={first}",
    ]
    assert local.main([*command, "--", "--until", "2013-01"]) == status
    if status:
        assert "the data set begins with 2013-01, and --first is 2012-12" in told(tmp_path)


def test_an_empty_data_set_stops(tmp_path):
    (tmp_path / "data").mkdir()
    dataset.write(tmp_path / "data", {})
    assert run(tmp_path / "base", tmp_path / "data") == Exit.GATE
    assert "there is no table or no part to validate" in told(tmp_path / "base")


def test_a_result_that_is_not_there_or_was_cut_short_does_not_pass(tmp_path):
    with pytest.raises(GateError, match="there is no result, so nothing passed"):
        validate.read_back(tmp_path)
    (tmp_path / "validation.json").write_bytes(b'{"schema": 1, "model"')
    with pytest.raises(GateError, match="run the validation again"):
        validate.read_back(tmp_path)


@pytest.mark.usefixtures("quick")
def test_a_result_that_is_lost_on_its_way_to_disk_stops(tmp_path, published_months, monkeypatch):
    """What passed is what the file says, not what was meant to be written."""
    data = changed(tmp_path / "data", published_months)
    monkeypatch.setattr(validate, "encode", lambda _: b"")
    assert run(tmp_path / "base", data) == Exit.GATE
    assert "cannot be read" in told(tmp_path / "base")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "flights.json: No such file"),
        ('{"name": "flights", "expectations": []}', "flights.json: expectations is empty"),
        (
            '{"name": "flights", "expectations": [{"type": "expect_nonsense"}]}',
            "flights.json: expectations[0] expect_nonsense: unknown",
        ),
    ],
)
def test_a_suite_that_cannot_be_used_is_no_verdict(tmp_path, published_months, monkeypatch, text, sentence):
    data = changed(tmp_path / "data", published_months)
    suites = tmp_path / "suites"
    shutil.copytree(RECIPE.checks.suites, suites)
    (suites / "flights.json").unlink()
    if text is not None:
        (suites / "flights.json").write_text(text)
    monkeypatch.setattr(recipe, "RECIPE", replace(RECIPE, checks=replace(RECIPE.checks, suites=suites)))
    assert run(tmp_path / "base", data) == Exit.REFUSED
    assert sentence in told(tmp_path / "base")
    assert not (tmp_path / "base/processing/output").exists()


def encoded_otherwise(rows, columns):
    return RECIPE.checks.encode(rows.assign(departure=rows["departure"] // 60), columns)


@pytest.mark.usefixtures("quick")
def test_features_that_training_reads_otherwise_than_the_server_stop(tmp_path, published_months, monkeypatch):
    data = changed(tmp_path / "data", published_months)
    checks = replace(recipe.RECIPE.checks, encode=encoded_otherwise)
    monkeypatch.setattr(recipe, "RECIPE", replace(RECIPE, checks=checks))
    assert run(tmp_path / "base", data) == Exit.GATE
    assert "training and server read the same: as JSON, departure" in told(tmp_path / "base")
