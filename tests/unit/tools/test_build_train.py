"""The months that a commit is trained on: two of them, in order, or a sentence that names the file."""

import re

import pytest

from modeldelivery.release.cli.checkout import Checkout
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
