"""The search itself: what it remembers changes nothing of what it sees."""

import random

import pytest

from tests.model.crossings import CROSSINGS
from tests.model.decisions import Decisions
from tests.model.keys import Keys
from tests.model.scenarios import SCENARIOS, Fencing
from tests.model.search import explore
from tests.model.steps import successors

WORLDS = SCENARIOS | CROSSINGS


@pytest.mark.parametrize("name", ["two operators", "a move without the journal while an operator rolls back"])
def test_a_decision_that_is_remembered_is_the_one_that_would_be_made(name):
    chance = random.Random(name)  # noqa: S311 (a schedule, not a secret)
    keys, remembered = Keys(), Decisions()
    for _ in range(60):
        world = WORLDS[name](Fencing.DEADLINES)
        while not world.ended and (steps := list(successors(world, decisions=remembered))):
            anew = list(successors(world))
            assert [(label, keys.of(after)) for label, after in steps] == [
                (label, keys.of(after)) for label, after in anew
            ]
            world = chance.choice(steps)[1]
            if chance.random() < 1 / 100:
                break


def test_a_search_ends_where_it_is_told_to_and_says_whether_it_saw_all():
    start = SCENARIOS["two ups of different configs"](Fencing.DEADLINES)
    assert not explore(start, limit=2_000, whole=False).whole
    with pytest.raises(RuntimeError, match="more than 2000 states"):
        explore(start, limit=2_000)
