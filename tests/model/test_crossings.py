"""The traffic protocol where operations cross: every order of their steps, and the faults that were there, planted again."""

import pytest

from modeldelivery.release.core import rollback, up, weights
from modeldelivery.release.operations import unrecorded
from tests.model.crossings import CROSSINGS
from tests.model.histories.plants import asks_no_more, rounded, without_desired
from tests.model.mutations import put, swap
from tests.model.scenarios import Fencing
from tests.model.search import NEAREST, ViolationError, explore

FEWEST = {  # states, below which a crossing would no longer say much
    "an up killed after its shift, then another that changes live back and the fleet": 50_000,
    "a fleet change after a move that SageMaker took back": 20_000,
    "a move without the journal while an operator rolls back": 20_000,
    "the way back of a version that was rejected, and a bare rollback": 10_000,
    "two rollbacks to two targets": 1_000,
    "an adopt of one request in a thousand while an operator rolls back": 10_000,
}
LARGE = {  # beyond what `make check` visits
    "an up killed after its shift, then another that changes live back and the fleet",
    "a move without the journal while an operator rolls back",
    "a fleet change after a move that SageMaker took back",
}
PLANTED = {
    "what an intent did is not settled before it is superseded": (
        "an up killed after its shift, then another that changes live back and the fleet",
        swap(carried_out=lambda *_: False),
    ),
    "a Desired that was left behind is not looked at": (
        "a fleet change after a move that SageMaker took back",
        put(up, "_follow", without_desired),
    ),
    "a rollback does not read the tag again": (
        "a move without the journal while an operator rolls back",
        put(rollback, "_carry_on", asks_no_more),
    ),
    "a move without the journal does not outwait a lease": (
        "a move without the journal while an operator rolls back",
        put(unrecorded, "CLOCK_STEP", -100.0),
    ),
    "a rollback that was superseded comes back": (
        "two rollbacks to two targets",
        put(rollback, "_refuse_if_overruled", lambda *_: None),
    ),
    "a share under half a percent counts as none": (
        "an adopt of one request in a thousand while an operator rolls back",
        put(weights, "shares", rounded),
    ),
}


@pytest.mark.parametrize("crossing", FEWEST)
def test_no_order_of_few_steps_breaks_a_rule_where(crossing):
    explored = explore(CROSSINGS[crossing](Fencing.DEADLINES), limit=NEAREST, whole=False)
    assert explored.states >= min(FEWEST[crossing], NEAREST)


@pytest.mark.soak
@pytest.mark.parametrize("crossing", LARGE)
def test_no_order_of_steps_breaks_a_rule_where(crossing):
    assert explore(CROSSINGS[crossing](Fencing.DEADLINES)).states >= FEWEST[crossing]


@pytest.mark.parametrize("mutation", PLANTED)
def test_the_search_finds_that(mutation, monkeypatch):
    crossing, plant = PLANTED[mutation]
    start = CROSSINGS[crossing](Fencing.DEADLINES)
    plant(monkeypatch)
    with pytest.raises(ViolationError):
        explore(start, limit=NEAREST)


def test_every_crossing_is_searched():
    assert CROSSINGS.keys() == FEWEST.keys()
