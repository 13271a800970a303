"""A counter made of minutes that come late never falls, and counts each minute once."""

from hypothesis import given
from hypothesis import strategies as st

from monitoring.tally import Tally

MINUTE = 60


def test_a_minute_that_grows_after_it_was_first_read_counts_as_what_it_grew_to():
    tally = Tally()
    tally.update({0: 3}, oldest=0)
    tally.update({0: 5, 60: 1}, oldest=0)
    assert tally.total == 6


def test_a_minute_that_is_read_no_more_still_counts():
    tally = Tally()
    tally.update({0: 3}, oldest=0)
    tally.update({60: 1}, oldest=60)
    tally.update({120: 2}, oldest=120)
    assert tally.total == 6


def test_an_answer_without_the_minutes_that_were_there_takes_nothing_away():
    tally = Tally()
    tally.update({0: 3}, oldest=0)
    tally.update({}, oldest=0)
    assert tally.total == 3


def test_what_was_counted_before_it_began_is_not_counted_again():
    tally = Tally()
    tally.update({0: 3}, oldest=0)
    tally.begin()
    tally.update({0: 4, 60: 2}, oldest=0)
    assert tally.total == 3


@given(
    counts=st.lists(st.integers(0, 9), min_size=1, max_size=30),
    looks=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 3)), max_size=40),
    window=st.integers(4, 10),
)
def test_whenever_it_is_read_it_never_falls_and_never_counts_more_than_there_was(counts, looks, window):
    tally, before, now = Tally(), 0.0, 0
    for ahead, late in looks:
        now = max(now, min(ahead, len(counts)))
        oldest = max(0, now - window)
        shown = {at * MINUTE: counts[at] for at in range(oldest, max(oldest, now - late))}
        tally.update(shown, oldest * MINUTE)
        assert before <= tally.total <= sum(counts[:now])
        before = tally.total


@given(counts=st.lists(st.integers(0, 9), min_size=1, max_size=30))
def test_read_each_minute_with_delays_shorter_than_its_window_it_counts_everything(counts):
    tally = Tally()
    for now in range(len(counts) + 3):
        oldest = max(0, now - 5)
        shown = {at * MINUTE: counts[at] for at in range(oldest, min(len(counts), max(oldest, now - 2)))}
        tally.update(shown, oldest * MINUTE)
    assert tally.total == sum(counts)
