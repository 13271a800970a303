"""A Service behind a weight of 0 is gone: its gateway says so of the whole route, and what serves is known all the same."""

import pytest

from modeldelivery.release.core import adopt, history, weights
from modeldelivery.release.core.endpoint import Condition
from modeldelivery.release.core.request import Rules
from modeldelivery.release.errors import BrokenError, RefusedError
from modeldelivery.release.operations import status
from tests.fakes.scaling import FakeScaling
from tests.unit.release.kubernetes.bench import PATH, A, B, C, ClusterBench, backend
from tests.unit.release.stored import PLACE

LONG = 60.0  # seconds, many times the settle time


def lost(bench, version):
    bench.cluster.lose_service(backend(version), PATH)
    bench.time.sleep(LONG)
    bench.cluster.requests.clear()
    return bench


def writes(bench):
    return [call for call in bench.cluster.requests if call[0] == "PATCH"]


@pytest.fixture
def bench():
    """C serves, B did before; A did first, and Argo CD has taken away what served it before `pulumi up` came."""
    bench = ClusterBench(lag=1.9)
    bench.up("op-add", B, (A, B, C))
    bench.up("op-shift", C, (A, B, C))
    return lost(bench, A)


@pytest.fixture
def two():
    """B serves, A did before, and the Service of A is gone."""
    return lost(ClusterBench(lag=1.9), A)


def status_of(bench):
    return status.assess(PLACE, status.read(bench.store, bench.traffic(), FakeScaling()))


def test_status_says_what_serves_and_that_the_gateway_finds_something_missing(bench):
    told = status_of(bench)

    assert (told.serving, told.fallback, told.divergence) == (C, B, ())
    assert any(f"no service {backend(A)}" in finding.sentence for finding in told.findings)


@pytest.mark.parametrize("after", [0.0, 1.0, LONG])
def test_what_serves_is_known_from_the_moment_on_at_which_the_gateway_says_so(bench, after):
    bench.cluster.gateway_says_more(PATH)
    bench.time.sleep(after)

    endpoint = history.as_recorded(bench.store.journal, bench.endpoint)

    assert endpoint.condition is Condition.READY
    assert weights.same(endpoint.current, {C: 100})


def test_an_up_that_drops_the_version_moves_nothing(bench):
    bench.up("op-drop", C, (B, C))

    assert bench.answers == {C: 100}
    assert len(writes(bench)) == 1
    assert bench.endpoint.failure is None
    assert status_of(bench).serving == C


def test_an_up_drops_the_version_that_served_just_before(two):
    two.up("op-drop", B, (B,))

    assert two.answers == {B: 100}
    assert two.endpoint.failure is None


def test_an_up_that_changes_nothing_writes_nothing(bench):
    bench.up("op-same", C, (A, B, C))

    assert writes(bench) == []


def test_a_rejected_version_is_dropped_by_a_change_of_its_own(two):
    two.cluster.deploy(backend(A), "sha256:a")
    two.rollback()
    lost(two, B)

    two.up("op-drop", A, (A,), rules=Rules(separate_drop=True))

    assert two.answers == {A: 100}


def test_a_rollback_goes_to_the_fallback_and_rejects_what_serves(bench):
    with pytest.raises(BrokenError, match=f"no service {backend(A)}"):
        bench.rollback()  # the gateway does not say whether it does what it is asked (ADR 43)

    assert bench.rejected == [C]
    assert bench.answers == {B: 100}


def test_a_rollback_after_the_version_was_dropped_reports(bench):
    bench.up("op-drop", C, (B, C))

    bench.rollback("op-back")

    assert bench.rejected == [C]
    assert bench.answers == {B: 100}


def test_there_is_nothing_to_adopt(bench):
    goal = adopt.Adopt(operation="op-adopt", actor="ada", reason="by hand")

    done = bench.runner(bench.traffic(), goal.operation).run(lambda view: adopt.decide(goal, view))

    assert "nothing to adopt" in done.summary


def test_the_first_version_of_a_route_serves_whatever_becomes_of_the_others_services():
    bench = lost(ClusterBench(live=A, lag=1.9), B)

    assert status_of(bench).serving == A
    bench.up("op-drop", A, (A,))
    assert bench.answers == {A: 100}


@pytest.fixture
def adopted(two):
    """Somebody else's rules, by which A serves: that a gateway took them is in nobody's record once it names a fault."""
    two.cluster.deploy(backend(A), "sha256:a")
    refs = [{"name": backend(v), "port": 8080, "weight": w} for v, w in ((A, 100), (B, 0))]
    two.cluster.edit(PATH, {"spec": {"rules": [{"backendRefs": refs}]}})
    two.time.sleep(LONG)
    goal = adopt.Adopt(operation="op-adopt", actor="ada", reason="by hand")
    two.runner(two.traffic(), goal.operation).run(lambda view: adopt.decide(goal, view))
    return lost(two, B)


def test_an_up_does_not_ask_for_weights_that_may_not_be_in_force(adopted):
    with pytest.raises(BrokenError, match="what serves cannot be told"):
        adopted.up("op-up", B, (A, B))

    assert writes(adopted) == []
    assert adopted.answers == {A: 100}


def test_a_rollback_from_what_is_not_known_must_name_its_target(adopted):
    with pytest.raises(RefusedError, match="what serves cannot be told"):
        adopted.rollback()

    assert adopted.rejected == []
    assert writes(adopted) == []
