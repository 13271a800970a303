"""Gateways that are away while routes are written, and that say something new of routes which they took long ago."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldelivery.release.core import adopt, history, weights
from modeldelivery.release.core.endpoint import Condition
from modeldelivery.release.errors import GaveUpError, RefusedError
from modeldelivery.release.operations import status
from modeldelivery.release.patience import FIRST_PAUSE, SHORTEST_PAUSE
from tests.unit.release.kubernetes.bench import PATH, SETTLE, A, B, ClusterBench, backend

LONG = 600.0  # seconds, many times the settle time


@pytest.fixture
def bench():
    """B serves, A did before; the data plane goes on as before for nearly the settle time."""
    return ClusterBench(lag=1.9)


@pytest.fixture
def left(bench):
    """A rollback to A was written while the gateway was away, and its process has ended; much later the gateway is back."""
    bench.cluster.gateway_ends()
    with pytest.raises(GaveUpError):
        bench.rollback(patience=5.0)
    bench.time.sleep(LONG)
    bench.cluster.gateway_begins()
    return bench


def endpoint_of(bench):
    """The endpoint as a process sees it that begins now."""
    return history.as_recorded(bench.store.journal, bench.endpoint)


class NotScaled:
    """A Scaling that scales nothing."""

    def unscaled(self, versions):
        return frozenset(versions)


def adopted(bench):
    goal = adopt.Adopt(operation="op-adopt", actor="ada", reason="by hand")
    return bench.runner(bench.traffic(), goal.operation).run(lambda view: adopt.decide(goal, view))


def somebody_moves(bench, shares):
    refs = [{"name": backend(v), "port": 8080, "weight": weight} for v, weight in shares.items()]
    bench.cluster.edit(PATH, {"spec": {"rules": [{"backendRefs": refs}]}})


def test_a_rollback_that_finds_its_gateway_back_reports_when_nothing_else_is_answered_any_more(left):
    began = left.time.seconds

    left.rollback("op4")

    assert left.answers == {A: 100}
    assert left.time.seconds - began <= SETTLE + 1.5


def test_an_up_that_finds_its_gateway_back_reports_when_nothing_else_is_answered_any_more(left):
    left.up("op4", B)

    assert left.answers == {A: 100}
    assert left.store.journal.intent is None


def test_a_process_that_begins_after_a_gateway_has_settled_waits_for_nothing(left):
    assert left.endpoint.condition is Condition.SETTLING  # the gateway looks
    left.time.sleep(SETTLE + 1)

    assert left.endpoint.condition is Condition.READY
    assert weights.same(left.endpoint.current, {A: 100, B: 0})


def test_what_a_gateway_says_anew_of_a_route_that_arrived_long_ago_unsettles_nothing(bench):
    bench.rollback()
    bench.time.sleep(LONG)
    bench.cluster.gateway_says_more(PATH)

    assert endpoint_of(bench).condition is Condition.READY
    assert weights.same(endpoint_of(bench).current, {A: 100, B: 0})
    assert status.read(bench.store, bench.traffic(), NotScaled()).endpoint == endpoint_of(bench)
    assert bench.rollback("op4").already
    assert "nothing to adopt" in adopted(bench).summary


@given(st.floats(0, 1, exclude_max=True), st.floats(0, 0.9))
def test_a_rollback_reports_within_a_moment_of_the_settle_time_whatever_whole_seconds_clocks_show(
    past, looks_after
):
    bench = ClusterBench(lag=SETTLE, looks_after=looks_after)
    bench.time.sleep(past)
    began = bench.time.seconds

    bench.rollback()

    assert bench.answers == {A: 100}
    looked_again = looks_after  # after a pause that is shorter than what was waited for
    assert bench.time.seconds - began <= looks_after + looked_again + FIRST_PAUSE + SETTLE + SHORTEST_PAUSE


@given(st.floats(0, 1, exclude_max=True))
def test_a_process_that_begins_as_a_rollback_reports_waits_for_nothing(past):
    bench = ClusterBench(lag=SETTLE)
    bench.time.sleep(past)
    bench.rollback()

    assert endpoint_of(bench).condition is Condition.READY
    assert weights.same(endpoint_of(bench).current, {A: 100, B: 0})


def test_a_move_without_the_journal_settles_though_the_journal_has_its_weights(bench):
    bench.move({A: 100, B: 0}, "op-emergency-1")
    bench.time.sleep(LONG)
    assert bench.answers == {A: 100}
    bench.cluster.gateway_ends()
    bench.move({A: 0, B: 100}, "op-emergency-2")
    bench.time.sleep(LONG)
    bench.cluster.gateway_begins()

    assert endpoint_of(bench).condition is Condition.SETTLING
    assert bench.answers == {A: 100}


def test_rules_that_somebody_else_wrote_in_a_gateways_absence_settle_though_the_journal_has_their_weights(
    bench,
):
    somebody_moves(bench, {A: 100, B: 0})
    bench.time.sleep(LONG)
    adopted(bench)
    bench.rollback("op4", to=B)
    bench.time.sleep(LONG)
    somebody_moves(bench, {A: 100, B: 0})
    bench.time.sleep(LONG)
    assert bench.answers == {A: 100}
    bench.cluster.gateway_ends()
    somebody_moves(bench, {A: 0, B: 100})
    bench.time.sleep(LONG)
    bench.cluster.gateway_begins()

    assert bench.endpoint.condition is Condition.SETTLING
    assert endpoint_of(bench).condition is Condition.SETTLING
    assert bench.answers == {A: 100}


EVENTS = {
    "the gateway ends": lambda bench: bench.cluster.gateway_ends(),
    "the gateway begins": lambda bench: bench.cluster.gateway_begins(),
    "the gateway says more": lambda bench: bench.cluster.gateway_says_more(PATH),
    "somebody moves to A": lambda bench: somebody_moves(bench, {A: 100, B: 0}),
    "somebody moves to B": lambda bench: somebody_moves(bench, {A: 0, B: 100}),
    "a move to A without the journal": lambda bench: bench.move({A: 100, B: 0}),
    "a move to B without the journal": lambda bench: bench.move({A: 0, B: 100}),
    "a moment passes": lambda bench: bench.time.sleep(0.7),
    "a while passes": lambda bench: bench.time.sleep(2.3),
    "long passes": lambda bench: bench.time.sleep(LONG),
}
GOALS = {
    "rollback to A": lambda bench, name: bench.rollback(name, patience=8.0, to=A, keep=True),
    "rollback to B": lambda bench, name: bench.rollback(name, patience=8.0, to=B, keep=True),
    "up": lambda bench, name: bench.up(name, B),
    "adopt": lambda bench, name: adopted(bench),  # noqa: ARG005 - one name is enough
}


@given(st.lists(st.sampled_from([*EVENTS, *GOALS]), max_size=12))
def test_what_is_reported_as_in_force_is_what_the_gateway_answers(steps):
    bench = ClusterBench(lag=1.9)
    for number, step in enumerate(steps):
        if step in EVENTS:
            EVENTS[step](bench)
        else:
            with contextlib.suppress(GaveUpError, RefusedError):
                GOALS[step](bench, f"op-{number}")
        endpoint = endpoint_of(bench)
        if endpoint.condition is Condition.READY:
            answers = {version: bench.answers.get(version, 0) for version in (A, B)}
            assert weights.same(endpoint.current, answers), steps[: number + 1]
