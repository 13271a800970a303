"""The traffic protocol, searched: every order of every step of a few operations, with what may go wrong in between.

`make check` visits the states that the fewest steps lead to, as many as it takes to find every planted mutation
(`test_mutations.py`), and walks on at random to the ends; `make soak` visits all states.
"""

import random

import msgspec
import pytest

from tests.model.scenarios import SCENARIOS, Fencing, an_operator, nearest
from tests.model.search import MOST, Explored, explore, killed, settled, walked
from tests.model.steps import Hooks
from tests.model.world import Actor, World

FEWEST_STATES, FEWEST_ENDS = 4_000, 150  # below these a scenario would no longer say much
WALKS = 400  # random orders, of each scenario
RERUNS = 20  # states, of each scenario, at which everyone is killed
MANY_RERUNS = 400  # of them in `make soak`
DEEPEST = 10_000  # states of a search in `make soak`, the nearest first: some have millions
AWAITING = "a rollback to fewer instances than serve while an up adds a candidate"
# Of one platform alone: no other takes a change back, or has a request for instances that lists weights; and of pods, which are
# another object's than weights, those that were requested are awaited.
ALONE = {
    "an up shifts and is taken back by SageMaker while an operator rolls back": Fencing.DEADLINES,
    "a rollback whose request for instances nobody answered while another rolls back": Fencing.DEADLINES,
    AWAITING: Fencing.SWAPS,
}
# Of those with compare-and-swap these are quickly searched; `make soak` searches the others too.
QUICK = {
    "a rollback while an up adds a candidate",
    AWAITING,
    "two ups of different configs",
    "an up with nothing to do while the console and an operator move traffic",
    "two rollbacks after an up killed with its call on the way",
}
# In these nothing but rollbacks, and what they overtake, moves traffic: calls may even land after their deadline.
LATE = (
    "a rollback while an up adds a candidate",
    "two operators",
    "an up with nothing to do while the console and an operator move traffic",
)
PAIRS = [
    (scenario, fencing)
    for fencing in Fencing
    for scenario in SCENARIOS
    if ALONE.get(scenario, fencing) is fencing
]
EVERY = [pytest.param(scenario, fencing, id=f"{scenario} - {fencing}") for scenario, fencing in PAIRS]
SEARCHES = [
    pytest.param(scenario, fencing, id=f"{scenario} - {fencing}")
    for scenario, fencing in PAIRS
    if fencing is Fencing.DEADLINES or scenario in QUICK
]
# What may go wrong once more than a scenario has it; no other platform than SageMaker takes a change back.
DEEPER = [
    pytest.param(scenario, fencing, fault, id=f"{scenario} - {fencing} - {fault}")
    for scenario, fencing in PAIRS
    for fault in ("crashes", "lost", "foreign", "reverts")
    if fencing is Fencing.DEADLINES or fault != "reverts"
]


@pytest.mark.parametrize(("scenario", "fencing"), SEARCHES)
def test_no_order_of_few_steps_and_no_random_one_breaks_a_rule_and_killed_anywhere_a_rerun_converges(
    scenario, fencing
):
    start, chance = SCENARIOS[scenario](fencing), random.Random(scenario)  # noqa: S311 (a schedule, not a secret)
    near = explore(start, limit=nearest(scenario), whole=False)  # raises where a rule is broken
    assert near.states >= FEWEST_STATES
    orders = walked(start, chance, WALKS)
    ends, sample = (*near.ends, *orders.ends), (*near.sample, *orders.sample)
    explored = Explored(near.states, ends, sample, whole=near.whole)
    assert len(explored.ends) >= FEWEST_ENDS
    assert_every_operation_ends_well_in_some_order_and_is_killed_in_another(start, explored)
    assert_killed_anywhere_a_rerun_converges(explored, chance, RERUNS)


@pytest.mark.soak
@pytest.mark.parametrize(("scenario", "fencing"), EVERY)
def test_no_order_of_steps_and_faults_breaks_a_rule_and_killed_anywhere_a_rerun_converges(scenario, fencing):
    """One search for all that is claimed of a scenario: it is the dear part."""
    start = SCENARIOS[scenario](fencing)
    explored = explore(start)  # raises at the first state that breaks a rule
    assert explored.states >= FEWEST_STATES
    assert len(explored.ends) >= FEWEST_ENDS
    assert_every_operation_ends_well_in_some_order_and_is_killed_in_another(start, explored)
    assert_killed_anywhere_a_rerun_converges(explored, random.Random(scenario), MANY_RERUNS)  # noqa: S311 (as above)


@pytest.mark.soak
@pytest.mark.parametrize(("scenario", "fencing", "fault"), DEEPER)
def test_nor_when_one_more_thing_goes_wrong(scenario, fencing, fault):
    """A further operation is killed or answer lost, someone else moves traffic, or SageMaker takes a change back."""
    start = SCENARIOS[scenario](fencing)
    more = msgspec.structs.replace(start.faults, **{fault: getattr(start.faults, fault) + 1})
    explored = explore(msgspec.structs.replace(start, faults=more), limit=DEEPEST, whole=False)
    assert explored.states >= FEWEST_STATES
    if explored.whole:
        assert_every_operation_ends_well_in_some_order_and_is_killed_in_another(start, explored)
    assert_killed_anywhere_a_rerun_converges(explored, random.Random(scenario), MANY_RERUNS)  # noqa: S311 (as above)


@pytest.mark.parametrize("scenario", LATE)
@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.soak)], ids=["nearest", "all"])
def test_with_compare_and_swap_a_rollback_stands_even_against_calls_sent_after_their_deadline(
    scenario, whole
):
    limit = MOST if whole else nearest(scenario)
    explored = explore(
        SCENARIOS[scenario](Fencing.SWAPS), Hooks(ignores_deadline=True), limit=limit, whole=whole
    )
    assert explored.states >= FEWEST_STATES


def assert_every_operation_ends_well_in_some_order_and_is_killed_in_another(
    start: World, explored: Explored
) -> None:
    outcomes = [[a.outcome for a in end.actors] for end in explored.ends]
    for actor, each in zip(start.actors, zip(*outcomes, strict=True), strict=True):
        assert {"done", "crashed"} <= set(each) or actor.outcome == "crashed"


def assert_killed_anywhere_a_rerun_converges(explored: Explored, chance: random.Random, count: int) -> None:
    """At `count` states, or at all that there are."""
    states = [*explored.sample, *chance.sample(explored.ends, min(count, len(explored.ends)))]
    for world in chance.sample(states, min(count, len(states))):
        reruns = [
            an_operator("operator again"),
            *(again(actor) for actor in world.actors if actor.deploys),
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
