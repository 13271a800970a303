"""Releases through their life, the same on every platform: here in memory, on AWS' sandbox in tests/stacks, on a cluster in tests/kubernetes."""

import pytest

from modeldelivery.release.errors import RefusedError
from tests.contract.conftest import A, B, C, in_memory, on_kubernetes_in_memory
from tests.contract.releases import KilledError, Releases


@pytest.fixture(params=["memory", "memory, compare-and-swap", "Kubernetes in memory"])
def target(request):
    """An endpoint that is not there yet, with a journal that is not there either."""
    if request.param == "Kubernetes in memory":
        return on_kubernetes_in_memory(request.param)
    return in_memory(request.param, compares="swap" in request.param)


@pytest.fixture
def releases(target):
    return Releases(target)


@pytest.fixture
def shifted(releases):
    """B serves, and A did before."""
    releases.up(A, A, B)
    releases.up(B, A, B)
    return releases


def test_the_first_version_gets_everything_and_one_that_joins_gets_nothing(releases):
    releases.up(A, A)
    assert releases.weights == {A: 100}

    releases.up(A, A, B)

    assert (releases.weights, releases.fleet) == ({A: 100}, [A, B])


def test_a_version_that_config_newly_asks_to_serve_gets_the_traffic(shifted):
    assert shifted.weights == {B: 100}


def test_a_rollback_goes_to_what_served_before_and_rejects_what_serves(shifted):
    shifted.rollback()

    assert (shifted.weights, shifted.rejected) == ({A: 100}, [B])
    assert shifted.journal.intent is None


def test_a_second_rollback_moves_nothing_and_says_so(shifted):
    shifted.rollback()

    again = shifted.rollback()

    assert again.already
    assert shifted.weights == {A: 100}


def test_an_up_after_a_rollback_leaves_traffic_alone_and_says_who_rejected(shifted):
    shifted.rollback()

    done = shifted.up(B, A, B)

    assert shifted.weights == {A: 100}
    assert "ada" in " ".join(done.warnings)


def test_a_rejected_version_may_be_gone_back_to_once_it_is_accepted(shifted):
    shifted.rollback()
    with pytest.raises(RefusedError, match=f"{B} was rejected"):
        shifted.rollback(to=B)

    shifted.accept(B)
    assert shifted.weights == {A: 100}
    shifted.rollback(to=B, keep=True)

    assert shifted.weights == {B: 100}


def test_what_somebody_else_moved_is_left_alone_and_adopted(shifted):
    shifted.moved_by_someone_else({A: 40, B: 60})

    done = shifted.up(B, A, B)
    assert shifted.weights == {A: 40, B: 60}
    assert "adopt" in " ".join(done.warnings)
    shifted.adopt()

    assert shifted.journal.weights == {A: 40, B: 60}
    assert shifted.up(B, A, B).warnings == ()


def test_a_rejected_version_that_somebody_else_gave_traffic_is_moved_off_by_an_up(shifted):
    shifted.rollback()
    shifted.moved_by_someone_else({A: 60, B: 40})

    shifted.up(B, A, B)

    assert shifted.weights == {A: 100}


def test_dropping_the_version_that_serves_is_refused(shifted):
    shifted.rollback()

    with pytest.raises(RefusedError, match=f"{A} has traffic"):
        shifted.up(B, B, C)
    assert (shifted.weights, shifted.fleet) == ({A: 100}, [A, B])


def test_one_change_adds_a_version_shifts_to_it_and_drops_another(shifted):
    shifted.up(C, C, B)

    assert (shifted.weights, shifted.fleet) == ({C: 100}, [B, C])


@pytest.mark.parametrize("dies", ["before", "after"])
@pytest.mark.parametrize("follows", ["rollback", "up"])
def test_a_rollback_that_was_killed_at_its_move_is_finished_by_whoever_comes(shifted, dies, follows):
    with pytest.raises(KilledError):
        shifted.rollback(dies=dies)

    if follows == "rollback":
        shifted.rollback()
    else:
        shifted.up(B, A, B)

    assert (shifted.weights, shifted.rejected) == ({A: 100}, [B])
    assert shifted.journal.intent is None


@pytest.mark.parametrize("dies", ["before", "after"])
def test_a_rollback_takes_back_an_up_that_was_killed_at_its_move(releases, dies):
    releases.up(A, A, B)
    with pytest.raises(KilledError):
        releases.up(B, A, B, dies=dies)

    releases.rollback(to=A)

    assert (releases.weights, releases.rejected) == ({A: 100}, [B])
    assert releases.journal.intent is None
