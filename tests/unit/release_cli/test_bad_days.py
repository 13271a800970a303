"""Whatever AWS does on a bad day: traffic moves, or the status says truly that it did not."""

import random

import msgspec
import pytest

from modeldelivery.release.aws.environment import AwsEndpoint
from modeldelivery.release.cli import main
from modeldelivery.release.cli.context import Context
from modeldelivery.release.core.endpoint import Incarnation
from modeldelivery.release.core.journal import Event, EventKind, Intent, IntentKind, Journal, Served
from modeldelivery.release.errors import Exit
from modeldelivery.release.naming import variant_name
from tests.fakes.bad_day import TROUBLES, BadDay
from tests.fakes.journal import START
from tests.fakes.registry import FakeRegistry
from tests.fakes.scaling import FakeScaling

from .world import PLACE, V1, V2

NAME, KEY = PLACE.endpoint, PLACE.journal_key
EARLIER, BEGINS = 900.0, 1000.0  # seconds; everything before is long past
MIXES = 200  # in `make check`; a thousand in `make soak`
MOVED = {"v1-0-0": 100.0, "v2-0-0": 0.0}


def a_mix(seed):
    """Up to four troubles; one that each command has is not one of them."""
    chance = random.Random(seed)  # noqa: S311 - chance, no secret
    return frozenset(chance.sample(TROUBLES, chance.randint(1, 4)))


def a_day(seed, troubles):
    """v2.0.0 serves on three instances, v1.0.0 served before and is kept warm on one; on some days an `up` is on its way."""
    day = BadDay(id=PLACE.account, seed=seed, troubles=troubles, began=BEGINS + seed % 3, seconds=BEGINS)
    life = Incarnation(day.arn("endpoint", NAME), START)
    moved = Event(
        operation="up-1", kind=EventKind.UP, at=START + EARLIER, actor="ci", reason="live changed",
        source={V1: 100, V2: 0}, target={V1: 0, V2: 100},
    )  # fmt: skip
    journal = Journal(
        incarnation=life,
        live=V2,
        fleet=(V1, V2),
        weights={V1: 0, V2: 100},
        digests={V1: "sha256:1", V2: "sha256:2"},
        served=(
            Served(version=V1, since=START, whole=START),
            Served(version=V2, since=START + EARLIER, whole=START + EARLIER),
        ),
        decision=moved,
        history=(moved,),
    )
    day.keeps(PLACE.registry_bucket, KEY, journal)
    day.serves(NAME, {variant_name(V1): 0, variant_name(V2): 100}, {variant_name(V1): 1, variant_name(V2): 3})
    if seed % 2:
        overtakes(day, journal)
    return day


def overtakes(day, journal):
    """An `up` has just sent its move to v2.0.0, and died: its call may show, or be taken back, later."""
    now = START + BEGINS
    intent = Intent(
        operation="up-2", kind=IntentKind.UP, actor="ci", reason="live changed", since=now, source={V1: 100, V2: 0},
        target={V1: 0, V2: 100}, deadline=now + 8, fence=now - 50, live=V2,
    )  # fmt: skip
    first = Event(
        operation="up-1",
        kind=EventKind.CREATE,
        at=START,
        actor="ci",
        reason="made",
        source={},
        target={V1: 100},
    )
    journal = msgspec.structs.replace(
        journal,
        live=V1,
        weights={V1: 100, V2: 0},
        served=journal.served[:1],
        decision=first,
        history=(first,),
        intent=intent,
        fence=intent.deadline,
    )
    day.keeps(PLACE.registry_bucket, KEY, journal)
    day.serves(NAME, {variant_name(V1): 100, variant_name(V2): 0}, {variant_name(V1): 3, variant_name(V2): 3})
    sent_at = day.chance.uniform(0, 2.9)  # a call is sent only if its time-outs end before the deadline
    day.seconds += sent_at
    day.began, began = 0.0, day.began
    day._update_endpoint_weights_and_capacities(
        NAME,
        [{"VariantName": "v1-0-0", "DesiredWeight": 0.0}, {"VariantName": "v2-0-0", "DesiredWeight": 100.0}],
    )
    day.began = max(began, day.seconds)
    day.accepted.clear()


def modelctl(day, *arguments):
    endpoint = AwsEndpoint(account=day.account, name=NAME, bucket=PLACE.registry_bucket, key=KEY)

    def opens(options):
        return Context(
            place=PLACE,
            store=endpoint.store,
            traffic=endpoint.traffic,
            registry=FakeRegistry(),
            scaling=FakeScaling(),
            clock=day,
            progress=day,
            actor="ada",
            operation="run-1" if "again" not in arguments else "run-2",
            patience=options.timeout,
        )

    return main(["rollback", "--env", "prod", "--reason", *arguments], opens=opens)


def false_status(day, status, before):
    """What is false of a status; nothing of a true one."""
    journal, truth = day.journal(KEY), day.truth(NAME)
    recorded = journal.intent is not None or journal.decision.operation == "run-1"
    moves = [call for call in day.accepted if not any("DesiredInstanceCount" in each for each in call)]
    if status is Exit.DONE and (truth != MOVED or journal.intent or not journal.rejection(V2)):
        return f"done, and the endpoint does {truth}"
    if status is Exit.NOT_MOVED and not recorded:
        return "recorded, and nothing is"
    if status in {Exit.REFUSED, Exit.UNREACHABLE} and (journal != before or moves):
        return "nothing was changed, and something was"
    if status not in {Exit.DONE, Exit.NOT_MOVED, Exit.REFUSED, Exit.UNREACHABLE}:
        return "no status of a rollback"
    return None


def judged(seed, troubles):
    """The status of a rollback on that day, when it is true and a rerun on a better day moves the traffic."""
    day = a_day(seed, troubles)
    before = day.journal(KEY)
    status = Exit(modelctl(day, "5xx"))
    wrong = false_status(day, status, before)
    assert wrong is None, f"seed {seed}, {sorted(troubles)}: status {status.value}: {wrong}"
    day.troubles = frozenset()
    assert modelctl(day, "again") == Exit.DONE, f"seed {seed}, {sorted(troubles)}: and no rerun moves it"
    assert day.truth(NAME) == MOVED
    return status


@pytest.mark.parametrize("mixes", [MIXES, pytest.param(1000, marks=pytest.mark.soak)])
def test_on_hundreds_of_bad_days_traffic_moves_or_the_status_says_truly_that_it_did_not(mixes):
    ended = [judged(seed, a_mix(seed)) for seed in range(mixes)]

    assert ended.count(Exit.DONE) > mixes * 0.8


@pytest.mark.parametrize("trouble", ["quota", "no capacity", "stale", "lost connects"])
def test_no_single_trouble_keeps_traffic_from_moving(trouble):
    assert {judged(seed, frozenset({trouble})) for seed in range(25)} == {Exit.DONE}


def test_s3_away_for_twenty_seconds_once_it_has_begun_is_waited_out():
    for seed in range(2, 60, 6):  # the trouble begins two seconds after the command
        assert judged(seed, frozenset({"S3 away"})) is Exit.DONE
