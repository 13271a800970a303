"""What an operation does and says follows from its last look at the world, not from what it saw or wrote before."""

import pytest

from modeldelivery.release.core import weights
from modeldelivery.release.core.intent import foreseen
from modeldelivery.release.core.request import Release, Request
from modeldelivery.release.core.resolve import resolve
from modeldelivery.release.errors import RefusedError
from tests.unit.release.bench import DIGESTS, A, B, Bench, C


@pytest.fixture
def bench():
    """B serves, A did before, C is a candidate. `written`: journals as they were stored, and when by the store's clock."""
    bench = Bench((A, B, C))
    bench.written = []
    write = bench.store.write

    def noted(journal, etag):
        stored = write(journal, etag)
        bench.written.append((stored.now, journal))
        return stored

    bench.store.write = noted
    return bench


@pytest.mark.parametrize("moved", [{C: 100}, {B: 99, C: 1}])
def test_a_version_that_got_traffic_after_the_intent_was_written_is_not_dropped(bench, moved):
    bench.store.faults.append(lambda: bench.console(moved))
    with pytest.raises(RefusedError, match=r"v1\.2\.0 got traffic since, and would be dropped"):
        bench.up("op3", B, (A, B))
    assert C in bench.current
    assert bench.journal.intent is None


def test_nor_is_one_that_is_requested_to_have_some(bench):
    bench.store.faults.append(lambda: bench.console({B: 100}, desired={C: 100}))
    with pytest.raises(RefusedError, match=r"v1\.2\.0 got traffic since"):
        bench.up("op3", B, (A, B))
    assert C in bench.current


def test_a_rollback_says_that_someone_moved_traffic_after_it(bench):
    """Its outcome is stored, the answer is lost, and when it looks again another version serves."""
    bench.store.faults.extend([lambda: None, "lost"])
    bench.time.on_wait.extend([lambda: None, lambda: bench.console({C: 100})])
    with pytest.raises(
        RefusedError,
        match=r"rolled back to v1\.0\.0, and someone else has moved it since: now v1\.2\.0 100 %",
    ):
        bench.rollback()
    assert bench.journal.decision.operation == "op3"


def test_a_rollback_says_so_even_of_one_request_in_a_thousand(bench):
    bench.store.faults.extend([lambda: None, "lost"])
    bench.time.on_wait.extend([lambda: None, lambda: bench.console({A: 1000, B: 1})])
    with pytest.raises(RefusedError, match=r"now v1\.0\.0 99 %, v1\.1\.0 1 %"):
        bench.rollback()


@pytest.mark.parametrize("call", ["read", "write"])
def test_a_process_that_was_paused_in_a_call_keeps_nobody_waiting_for_as_long(bench, call):
    """It is paused for minutes before the store sets its Date; its deadlines are within a lease of that all the same."""
    plain, paused = getattr(bench.store, call), []

    def pauses(*arguments):
        if not paused:
            paused.append(call)
            bench.time.sleep(200)
        return plain(*arguments)

    setattr(bench.store, call, pauses)
    bench.rollback()
    ahead = [journal.intent.deadline - at for at, journal in bench.written if journal.intent]
    assert max(ahead) <= 8  # seconds of a lease


def test_a_preview_shows_what_up_then_does_where_a_dead_fleet_change_was_begun_over_foreign_weights(bench):
    """The intent names what stood then; it explains nothing once its owner is dead, so both leave the traffic alone."""
    bench.console({C: 100})
    bench.killed(lambda: bench.up("op3", B, (B, C)), after="prepare")
    bench.passes()
    request = Request(release=Release(live=B, fleet=(A, B, C)), digests=DIGESTS)
    plan = resolve(request, foreseen(bench.journal, bench.endpoint), bench.endpoint, bench.store.read().now)
    bench.up("op4", B, (A, B, C), shown=plan.weights, serving={C: 100})
    assert weights.same(bench.current, plan.weights)


def test_an_adopt_says_that_someone_moved_traffic_after_it(bench):
    """What it recorded is stored, the answer is lost, and when it looks again another version serves."""
    bench.console({C: 100})
    bench.store.faults.append("lost")
    bench.time.on_wait.extend([lambda: bench.console({A: 100})])
    with pytest.raises(
        RefusedError,
        match=r"decided: v1\.2\.0 100 %, and someone else has moved traffic since: now v1\.0\.0 100 %",
    ):
        bench.adopt()
