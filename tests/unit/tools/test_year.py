"""When what is judged while months go by."""

from datetime import date, timedelta
from itertools import pairwise

from pipelines.months import Month
from tools.year.calendar import WEEK, months


def test_each_week_is_judged_once_in_the_month_in_which_it_ends():
    played = list(months(Month(2013, 4), Month(2013, 10)))
    ends = [end for each in played for end in each.weeks]
    assert ends[0] == date(2013, 4, 8)
    assert all(after - before == WEEK for before, after in pairwise(ends))
    for each in played:
        assert all(each.first < end <= each.last + timedelta(days=1) for end in each.weeks)
    assert ends[-1] <= date(2013, 11, 1) < ends[-1] + WEEK


def test_a_month_is_judged_whole_by_its_labels():
    (first, *_, last) = months(Month(2013, 11), Month(2014, 2))
    assert (first.first, first.last) == (date(2013, 11, 1), date(2013, 11, 30))
    assert (last.month, last.last) == (Month(2014, 2), date(2014, 2, 28))
