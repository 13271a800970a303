"""The months that a commit is trained on: two of them, in order, with data, or a sentence that names the file."""

import re
from unittest.mock import Mock

import pytest

from modeldelivery.release.cli.checkout import Checkout
from modeldelivery.release.naming import parse_model
from tests.conftest import CHECKOUT
from tools.builds import train
from tools.builds.stage import StageError
from tools.builds.train import months_of


def test_the_months_are_those_of_the_parameters():
    assert months_of(Checkout(first="2013-01", until="2013-03")) == ((2013, 1), (2013, 3))


@pytest.mark.parametrize(
    ("first", "until", "sentence"),
    [
        (None, "2013-03", "params.yaml names no months: write months: {first: …, until: …}"),
        (
            "2013-01",
            "2013-13",
            "params.yaml, months: '2013-13' is not a month: write YYYY-MM, such as 2013-04",
        ),
        ("January", "2013-03", "params.yaml, months: 'January' is not a month"),
        ("2013-04", "2013-03", "params.yaml, months: until, 2013-03, is before first, 2013-04"),
    ],
)
def test_months_that_are_none_end_the_stage_before_anything_is_pulled(first, until, sentence):
    with pytest.raises(StageError, match=re.escape(sentence)):
        months_of(Checkout(first=first, until=until))


def test_months_that_nobody_added_are_named_and_no_other_month_is_pulled(tmp_path, monkeypatch):
    """`dvc pull` without a name pulls everything, and would tell of months that the commit does not train on."""
    (tmp_path / "data" / "flights").mkdir(parents=True)
    (tmp_path / "data" / "flights" / "2013-01.csv.dvc").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(train, "checkout", lambda _: Checkout(first="2031-01", until="2031-03"))
    monkeypatch.setattr(train, "pull", Mock(side_effect=AssertionError("pulled")))
    monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))
    with pytest.raises(
        StageError, match=r"2031-01\.csv is not here; nor is there a 2031-01\.csv\.dvc: add the month first"
    ):
        train._data(parse_model("flights"), "bucket")
