"""A rollback that was killed is typed again, and again: it goes back one version, not one further each time."""

import pytest

from tests.unit.release.bench import A, B, Bench, C


@pytest.fixture
def bench():
    """A, then B, then C carried everything; C serves."""
    bench = Bench((A, B, C))
    bench.up("op0", C, (A, B, C))
    bench.passes()
    return bench


@pytest.mark.parametrize("keep", [False, True])
def test_a_killed_rollback_typed_again_and_again_goes_back_once(bench, keep):
    bench.killed(lambda: bench.rollback(keep=keep))
    bench.passes()
    summaries = [bench.again(keep=keep).summary for _ in range(3)]
    assert bench.current == {A: 0, B: 100, C: 0}
    assert [text.startswith("already rolled back to v1.1.0") for text in summaries] == [False, True, True]
    assert A not in bench.rejected


def test_one_that_was_killed_with_keep_is_confirmed_by_one_that_rejects(bench):
    bench.killed(lambda: bench.rollback(keep=True))
    bench.passes()
    bench.again()
    assert (bench.current[B], bench.rejected) == (100, [C])
    assert bench.again().already


@pytest.mark.parametrize("keep", [False, True])
def test_nor_does_one_that_took_back_what_someone_else_moved(bench, keep):
    """The journal had C all along: the killed one is the only sign that anything was rolled back."""
    bench.console({A: 1000, C: 1})
    bench.killed(lambda: bench.rollback(keep=keep))
    bench.passes()
    summaries = [bench.again(keep=keep).summary for _ in range(3)]
    assert bench.current == {A: 0, B: 0, C: 100}
    assert [text.startswith("already rolled back to v1.2.0") for text in summaries] == [False, True, True]
