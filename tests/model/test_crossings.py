"""The traffic protocol where operations cross: every order of their steps, and the faults that were there, planted again."""

from typing import Any

import msgspec
import pytest

from modeldelivery.release.core import reject, rollback, up, weights
from modeldelivery.release.core.action import View
from modeldelivery.release.operations import unrecorded
from tests.model.crossings import CROSSINGS
from tests.model.histories.plants import asks_no_more, rounded, without_desired
from tests.model.mutations import put, swap
from tests.model.scenarios import Fencing, nearest
from tests.model.search import ViolationError, explore

FEWEST = {  # states, below which a crossing would no longer say much
    "an up killed after its shift, then another that changes live back and the fleet": 50_000,
    "a fleet change after a move that SageMaker took back": 20_000,
    "a move without the journal while an operator rolls back": 20_000,
    "the way back of a version that was rejected, and a bare rollback": 10_000,
    "a rejection of a version while an up adds it and gives it traffic": 20_000,
    "a rejection while a killed up's call that gives the version traffic is on its way": 5_000,
    "two rollbacks to two targets": 1_000,
    "an adopt of one request in a thousand while an operator rolls back": 10_000,
}
LARGE = {  # beyond what `make check` visits
    "an up killed after its shift, then another that changes live back and the fleet",
    "a move without the journal while an operator rolls back",
    "a fleet change after a move that SageMaker took back",
}


def _of_what_is_seen(view: View, holders: Any = reject._holders) -> Any:
    """Traffic as the journal and the endpoint have it, not as a move under way wants it."""
    return holders(msgspec.structs.replace(view, journal=msgspec.structs.replace(view.journal, intent=None)))


def _at_once(command: reject.Reject, view: View, decide: Any = reject.decide) -> Any:
    """No earlier call is waited out."""
    return decide(command, msgspec.structs.replace(view, described=view.journal.fence + 1))


PLANTED = {
    "a rejection does not look at the move under way": (
        "a rejection of a version while an up adds it and gives it traffic",
        put(reject, "_holders", _of_what_is_seen),
    ),
    "a rejection does not wait for earlier calls": (
        "a rejection while a killed up's call that gives the version traffic is on its way",
        put(reject, "decide", _at_once),
    ),
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
    limit = nearest(crossing)
    explored = explore(CROSSINGS[crossing](Fencing.DEADLINES), limit=limit, whole=False)
    assert explored.states >= min(FEWEST[crossing], limit)


@pytest.mark.soak
@pytest.mark.parametrize("crossing", sorted(LARGE))
def test_no_order_of_steps_breaks_a_rule_where(crossing):
    assert explore(CROSSINGS[crossing](Fencing.DEADLINES)).states >= FEWEST[crossing]


@pytest.mark.parametrize("mutation", PLANTED)
def test_the_search_finds_that(mutation, monkeypatch):
    crossing, plant = PLANTED[mutation]
    start = CROSSINGS[crossing](Fencing.DEADLINES)
    plant(monkeypatch)
    with pytest.raises(ViolationError):
        explore(start, limit=nearest(crossing))


def test_every_crossing_is_searched():
    assert CROSSINGS.keys() == FEWEST.keys()
