import pytest

from pipelines.dataset import BadDataError
from pipelines.months import Month, between, parse_month


def test_a_month_reads_as_it_prints():
    assert str(parse_month("2013-04")) == "2013-04"


@pytest.mark.parametrize("text", ["2013-13", "2013-00", "2013-4", "", "April", "2013-04-01"])
def test_what_is_no_month_is_refused_with_how_one_is_written(text):
    with pytest.raises(BadDataError, match=r"is not a month: write YYYY-MM"):
        parse_month(text)


def test_december_is_followed_by_january():
    assert Month(2013, 12).following == Month(2014, 1)
    assert Month(2013, 3).following == Month(2013, 4)


def test_the_months_between_two_include_both():
    assert list(map(str, between(Month(2013, 11), Month(2014, 2)))) == [
        "2013-11",
        "2013-12",
        "2014-01",
        "2014-02",
    ]
    assert list(between(Month(2013, 2), Month(2013, 1))) == []
