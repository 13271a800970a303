"""A rejection of a version without traffic holds against what comes after it; the command is in tests/unit/release_cli."""

import pytest

from modeldelivery.release.errors import RefusedError
from tests.unit.release.bench import A, B, Bench, C


@pytest.fixture
def bench():
    """A, then B carried everything; B serves, C is a candidate."""
    return Bench((A, B, C))


def test_the_next_up_gives_a_rejected_version_nothing_and_says_so(bench):
    bench.up("op3", B, (A, B, C))
    bench.reject(C)
    bench.passes()
    done = bench.up("op4", C, (A, B, C))

    assert bench.current == {A: 0, B: 100, C: 0}
    assert any("v1.2.0 was rejected by ada: bad data" in warning for warning in done.warnings)


def test_a_version_that_joins_after_it_was_rejected_stays_at_0(bench):
    bench.reject(C)
    bench.passes()
    bench.up("op3", C, (A, B, C))

    assert bench.current == {A: 0, B: 100, C: 0}
    assert bench.rejected == [C]


def test_a_rollback_to_it_is_refused(bench):
    bench.up("op3", B, (A, B, C))
    bench.reject(C)
    with pytest.raises(RefusedError, match="modelctl accept"):
        bench.again(to=C)


def test_accept_lifts_it_and_live_gets_it_again(bench):
    bench.up("op3", B, (A, B, C))
    bench.reject(C)
    bench.accept(C)
    bench.passes()
    bench.up("op4", C, (A, B, C))

    assert (bench.rejected, bench.current[C]) == ([], 100)


def test_where_a_rollback_goes_stays_as_it_was(bench):
    bench.up("op3", B, (A, B, C))
    fallback = bench.fallback
    bench.reject(C)
    assert bench.fallback == fallback == A


def test_a_reject_that_somebody_accepted_before_it_reported_says_so(bench):
    """Its write had no answer, and it looks again."""
    bench.up("op3", B, (A, B, C))
    write = bench.store.write

    def lost(journal, etag):
        bench.store.write = write
        write(journal, etag)
        bench.accept(C)
        return write(journal, etag)  # whose condition no longer holds

    bench.store.write = lost
    with pytest.raises(RefusedError, match="somebody has accepted it since"):
        bench.reject(C)
