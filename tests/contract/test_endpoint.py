"""What every Traffic and Fleet does; where they differ by kind, `KINDS` says how."""

from typing import NamedTuple

import pytest

from modeldelivery.release.core import weights
from modeldelivery.release.core.action import CLOCK_STEP
from modeldelivery.release.errors import BusyError, ConflictError
from tests.contract.conftest import A, B, C

ALL_TO_A, ALL_TO_B = {A: 100, B: 0}, {A: 0, B: 100}


class Kind(NamedTuple):
    """Where targets differ.

    Attributes:
        compares: a move's token is compared, and its operation's id kept; else deadlines fence.
        breaks: there is a state in which no change is taken any more; else it says only why the last one came to nothing.
        takes_one_at_a_time: a call while the endpoint is changing is refused.
        counts_with_weights: weights and instances are one object, so that a move may change both.
        busy_while_scaling: it is changing until requested instances are there.
    """

    compares: bool
    breaks: bool = True
    takes_one_at_a_time: bool = True
    counts_with_weights: bool = True
    busy_while_scaling: bool = True


OBJECTS = Kind(
    compares=True,
    breaks=False,
    takes_one_at_a_time=False,
    counts_with_weights=False,
    busy_while_scaling=False,
)
KINDS = {
    "memory": Kind(compares=False),
    "memory, compare-and-swap": Kind(compares=True),
    "AWS in memory": Kind(compares=False),
    "SageMaker": Kind(compares=False),
    "Kubernetes in memory": OBJECTS,
    "Kubernetes": OBJECTS,  # tests/kubernetes/test_contract.py
}


@pytest.fixture
def kind(target):
    return KINDS[target.name]


@pytest.fixture
def compares(kind):
    return kind.compares


@pytest.fixture
def serving(target):
    """A serves, and B is kept warm."""
    target.changed((A, B), ALL_TO_A)
    return target


def test_an_endpoint_that_is_not_there_is_none(target):
    assert target.traffic.describe() is None


def test_one_that_is_being_made_is_busy_and_then_ready_with_its_first_weights(target):
    config = target.fleet.name((A, B))
    target.fleet.prepare(config, (A, B), ALL_TO_A)
    assert target.traffic.describe() is None  # what was prepared serves nothing

    target.fleet.change(config, token="", operation="op-create")

    begun = target.traffic.describe()
    assert begun.busy or begun.config == config  # a quick one is there already
    made = target.settled()
    assert not made.broken
    assert weights.same(made.current, ALL_TO_A)
    assert weights.same(made.desired, ALL_TO_A)
    assert {v.instances for v in made.variants.values()} == {1}
    assert made.config == config


def test_one_that_broke_says_its_word_and_the_remedy(target, kind):
    target.breaks()

    broken = target.settled()

    if not kind.breaks:
        assert (broken.broken, broken.word) == (False, "Accepted")
        assert broken.failure
        return
    assert (broken.broken, broken.busy) == (True, False)
    assert broken.word == "Failed"
    assert broken.remedy


def test_a_move_is_asked_for_first_and_observed_later(serving):
    serving.traffic.move(ALL_TO_B, token=serving.traffic.describe().token, operation="op-move")

    endpoint = serving.traffic.describe()
    assert weights.same(endpoint.desired, ALL_TO_B)
    # Where traffic has moved already the change may not be over yet: what was replaced finishes its requests.
    possible = (ALL_TO_A, ALL_TO_B) if endpoint.busy else (ALL_TO_B,)
    assert any(weights.same(endpoint.current, each) for each in possible)
    assert weights.same(serving.settled().current, ALL_TO_B)


def test_a_move_changes_neither_the_life_nor_the_content_nor_the_instances(serving):
    before = serving.traffic.describe()

    after = serving.moved(ALL_TO_B)

    assert (after.incarnation, after.config) == (before.incarnation, before.config)
    assert [v.instances for v in after.variants.values()] == [v.instances for v in before.variants.values()]


def test_a_call_while_the_endpoint_is_changing_is_taken_only_where_it_says_that_it_takes_changes(
    serving, kind
):
    serving.stays_busy()
    busy = serving.traffic.describe()

    assert busy.busy
    assert busy.takes_none is kind.takes_one_at_a_time
    if not kind.takes_one_at_a_time:
        assert weights.same(serving.moved(ALL_TO_B, operation="op-2").current, ALL_TO_B)
        return
    with pytest.raises(BusyError):
        serving.traffic.move(ALL_TO_B, token=busy.token, operation="op-2")
    with pytest.raises(BusyError):
        serving.traffic.scale(A, 2, ALL_TO_A)
    assert weights.same(serving.settled().current, ALL_TO_A)


def test_a_move_by_what_is_no_longer_so_is_refused_where_tokens_are_compared(serving, compares):
    old = serving.traffic.describe().token
    serving.moved(ALL_TO_B)

    if compares:
        with pytest.raises(ConflictError):
            serving.traffic.move(ALL_TO_A, token=old, operation="op-late")
        assert weights.same(serving.settled().current, ALL_TO_B)
    else:
        serving.traffic.move(ALL_TO_A, token=old, operation="op-late")
        assert weights.same(serving.settled().current, ALL_TO_A)


def test_a_move_to_weights_that_are_right_already_keeps_an_older_one_out_where_tokens_are_compared(
    serving, compares
):
    """A write that changes nothing keeps the object's version: a late call with it would be accepted."""
    before = serving.traffic.describe()

    after = serving.moved(ALL_TO_A, operation="op-seal")

    assert weights.same(after.current, ALL_TO_A)
    assert after.seal == ("op-seal" if compares else None)
    assert (after.token != before.token) is compares
    assert bool(after.token) is compares


def test_the_first_call_of_all_may_scale_a_version_and_moves_no_traffic(serving, kind):
    """SageMaker refuses the first weights call of an endpoint unless it lists every variant."""
    serving.traffic.scale(B, 2, serving.traffic.describe().current)

    if kind.busy_while_scaling:
        scaled = serving.settled()
    else:
        scaled = serving.once(lambda endpoint: endpoint.variants[B].instances == 2)
    assert (scaled.variants[B].instances, scaled.variants[B].instances_desired) == (2, 2)
    assert scaled.variants[A].instances == 1
    assert weights.same(scaled.current, ALL_TO_A)


def test_a_move_may_say_how_many_instances_a_version_is_to_have(serving, kind):
    token = serving.traffic.describe().token
    serving.traffic.move(ALL_TO_B, token=token, operation="op-move", instances={B: 2})

    moved = serving.settled()
    assert weights.same(moved.current, ALL_TO_B)
    requested = {v: variant.instances_desired for v, variant in moved.variants.items()}
    assert requested == {A: 1, B: 2 if kind.counts_with_weights else 1}


def test_a_version_joins_at_zero_and_the_weights_in_force_stand(serving):
    life = serving.traffic.describe().incarnation
    serving.moved(ALL_TO_B)

    joined = serving.changed((A, B, C), {A: 0, B: 100, C: 0})

    assert weights.same(joined.current, {A: 0, B: 100, C: 0})
    assert joined.incarnation == life
    assert joined.config == serving.fleet.name((A, B, C))


def test_a_version_without_traffic_is_dropped(serving):
    dropped = serving.changed((A,), {A: 100})

    assert list(dropped.variants) == [A]


def test_what_was_prepared_twice_is_changed_once(serving):
    config = serving.fleet.name((A, B, C))
    for _ in range(2):
        serving.fleet.prepare(config, (A, B, C), {A: 100, B: 0, C: 0})
    assert sorted(serving.traffic.describe().variants) == [A, B]

    assert sorted(serving.changed((A, B, C), {A: 100, B: 0, C: 0}).variants) == [A, B, C]


def test_a_fleet_is_named_by_its_content(target):
    name = target.fleet.name

    assert name((A, B)) == name((B, A))
    assert len({name((A,)), name((A, B)), target.resized("ml.c6i.large").name((A, B))}) == 3


def test_a_mark_is_kept_over_a_move_until_it_is_taken_away(serving):
    serving.traffic.describe()
    assert serving.traffic.marked() is None

    serving.traffic.mark("op-1: ada moved all to v7.1.0")
    serving.moved(ALL_TO_B)
    assert serving.traffic.marked() == "op-1: ada moved all to v7.1.0"
    serving.traffic.mark("op-2: bob")
    assert serving.traffic.marked() == "op-2: bob"

    serving.traffic.unmark()
    assert serving.traffic.marked() is None


def test_the_lease_of_an_intent_leaves_time_for_its_call(target):
    timing = target.traffic.timing

    assert timing.may_send(deadline=timing.lease, now=0.0)
    assert timing.call + CLOCK_STEP < timing.lease
    assert timing.tries >= 1
