"""What the search is worth: each way to get the protocol wrong is found, and by as few states as `make check` visits."""

import random

import msgspec
import pytest

from modeldelivery.release.core import intent, up
from tests.model.mutations import ASKED, DROP, MUTATIONS, SWAP_MUTATIONS, of_earlier_ones, swap
from tests.model.scenarios import SCENARIOS, A, B, Fencing, an_operator, an_up, nearest, settled_world
from tests.model.search import MOST, ViolationError, after, explore, settled
from tests.model.steps import Hooks
from tests.model.world import Faults

SWAPPED = 32_000  # states within which a mutation of compare-and-swap is met


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_the_search_finds_that(mutation, monkeypatch):
    scenario, plant = MUTATIONS[mutation]
    with pytest.raises(ViolationError):
        explore(SCENARIOS[scenario](Fencing.DEADLINES), plant(monkeypatch), limit=nearest(scenario))


@pytest.mark.parametrize("mutation", SWAP_MUTATIONS)
def test_with_compare_and_swap_the_search_finds_that(mutation, monkeypatch):
    scenario, plant = SWAP_MUTATIONS[mutation]
    hooks = msgspec.structs.replace(plant(monkeypatch), ignores_deadline=True)
    start = SCENARIOS[scenario](Fencing.SWAPS)
    answered = msgspec.structs.replace(
        start.faults, lost=0
    )  # three times as many states, and none needs them
    with pytest.raises(ViolationError):
        explore(msgspec.structs.replace(start, faults=answered), hooks, limit=SWAPPED)


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.soak)], ids=["nearest", "all"])
def test_a_journal_kept_over_a_wait_is_caught_by_its_condition_and_its_deadline(whole):
    """Reading again after a wait saves a needless move; safety rests on the conditional write and the deadline."""
    limit = MOST if whole else nearest(DROP)
    explore(
        SCENARIOS[DROP](Fencing.DEADLINES), Hooks(keeps_journal_after_wait=True), limit=limit, whole=whole
    )


def test_the_search_finds_that_a_request_for_instances_that_nobody_answered_is_not_outwaited_by_who_made_it(
    monkeypatch,
):
    both = SCENARIOS[ASKED](Fencing.DEADLINES)
    start = msgspec.structs.replace(both, actors=both.actors[:1])
    explore(start)
    swap(certain=of_earlier_ones)(monkeypatch)
    with pytest.raises(ViolationError):
        explore(start)


def test_the_reruns_find_an_up_that_waits_out_its_own_renewal(monkeypatch):
    start = settled_world(
        Fencing.DEADLINES, actors=(an_operator(),), faults=Faults(crashes=1), live=B, served=(A, B)
    )
    dead = after(
        start, "operator reads", "operator describes", "operator writes rollback", "operator is killed"
    )
    rerun = an_up("up", B, (A, B), serving=B, shown=A)
    assert settled(dead, [rerun], random.Random(0)).actors[-1].outcome  # noqa: S311 (a schedule, not a secret)
    monkeypatch.setattr(up, "_finish", lambda _, view: intent.pursue(view, scale=True))
    with pytest.raises(ViolationError, match="up does not end"):
        settled(dead, [rerun], random.Random(0))  # noqa: S311 (as above)
