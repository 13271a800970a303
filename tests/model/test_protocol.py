"""The traffic protocol, searched: every order of every step of a few operations, with what may go wrong in between."""

import functools
import random

import msgspec
import pytest

from tests.model.scenarios import SCENARIOS, an_operator
from tests.model.search import Explored, explore, killed, settled
from tests.model.world import Actor, World

FEWEST_STATES, FEWEST_ENDS = 4_000, 150  # below these a scenario would no longer say much
RERUNS = 40  # states, of each scenario, at which everyone is killed


@functools.cache
def explored(scenario: str) -> Explored:
    return explore(SCENARIOS[scenario])


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_no_order_of_steps_and_faults_breaks_a_rule(scenario):
    seen = explored(scenario)
    assert seen.states >= FEWEST_STATES
    assert len(seen.ends) >= FEWEST_ENDS


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_operation_ends_well_in_some_order_and_is_killed_in_another(scenario):
    outcomes = [[a.outcome for a in end.actors] for end in explored(scenario).ends]
    for actor, each in zip(SCENARIOS[scenario].actors, zip(*outcomes, strict=True), strict=True):
        assert {"done", "crashed"} <= set(each) or actor.outcome == "crashed"


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_killed_anywhere_a_rerun_converges(scenario):
    chance = random.Random(scenario)  # noqa: S311 (a schedule, not a secret)
    seen = explored(scenario)
    states = [*seen.sample, *chance.sample(seen.ends, RERUNS)]
    for world in chance.sample(states, RERUNS):
        reruns = [
            an_operator("operator again"),
            *(again(actor) for actor in world.actors if not actor.operator),
        ]
        chance.shuffle(reruns)  # whoever comes first finds what the dead have left
        after = settled(killed(world), reruns, chance)
        assert {a.outcome for a in after.actors[len(world.actors) :]} <= {"done", "already", "refused"}
        assert_nothing_left(after, chance)


def again(actor: Actor) -> Actor:
    """The same `up` typed again: its preview is fresh, so it shows what is."""
    name = f"{actor.name} again"
    return Actor(
        name=name, goal=msgspec.structs.replace(actor.goal, operation=name, shown=None, serving=None)
    )


def assert_nothing_left(world: World, chance: random.Random) -> None:
    """A rollback asked once more has nothing to do, or nowhere to go; either way nothing is under way."""
    after = settled(world, [an_operator("operator once more")], chance)
    once_more = after.actors[-1].outcome
    assert once_more in {"done", "already", "refused"}
    if once_more != "refused":
        assert after.journal.intent is None
        assert dict(after.host.current) == dict(after.host.desired)
