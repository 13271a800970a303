"""A journal that is gone, or that holds what nobody ever stored: a sentence, the way back, a status of its own, and nothing moves."""

import contextlib
import json
from copy import deepcopy

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modeldelivery.release.aws.journal import is_sane
from modeldelivery.release.cli import main
from modeldelivery.release.core import sanity, up
from modeldelivery.release.core.journal import Journal, decode, encode
from modeldelivery.release.core.request import Release, Request
from modeldelivery.release.errors import DamagedError, DeliveryError
from tests.examples import examples
from tests.fakes.endpoint import a_runner
from tests.fakes.journal import START
from tests.unit.release.stored import document, golden, journal_store

from .world import NOW, PLACE, V1, V2, World, endpoint, event, journal, rejection

COMMANDS = {
    "status": (),
    "history": (),
    "rollback": ("--reason", "5xx"),
    "adopt": ("--reason", "5xx"),
    "accept": ("v2.0.0", "--reason", "5xx"),
}
KEY = PLACE.journal_key
NUMBERS = (1e20, -1e20, -1, 0, NOW + 1200, NOW + 30, 2**70, 200)
NOTHING = (
    None,
    "",
    0,
    -1,
    1e20,
    -1e20,
    0.5,
    2**70,
    True,
    [],
    {},
    "v01.0",
    "v9.9.9",
    "\x1b[31m",
    "other",
    [[]],
)
BEGAN = NOW - START
WAIT = sanity.AHEAD + 15.0  # seconds that a deadline which can be true makes anyone wait


def stored(world, plain):
    """The world's journal is this document, in the bucket of the real store; an earlier, sane one is kept there."""
    world.time.seconds = BEGAN
    world.store, bucket = journal_store(plain, world.time)
    bucket.versions[KEY].append(encode(journal()))
    return bucket


def with_intent(**changes):
    intent = {
        "operation": "op",
        "kind": "rollback",
        "actor": "ada",
        "reason": "5xx",
        "since": NOW - 5,
        "source": {V1: 0, V2: 100},
        "target": {V1: 100, V2: 0},
        "deadline": NOW + 3,
        "fence": NOW - 9,
    }
    return {"intent": intent | changes}


INSANE = {
    "a version that is none": ({"live": "latest"}, "live: 'latest' is not a version"),
    "a weight's name": ({"weights": {"v1": 100}}, "weights: 'v1' is not a version"),
    "a time far away": ({"fence": 1e20}, "fence is"),
    "a negative time": (with_intent(since=-1.0), "intent.since is -1.0, which is no time"),
    "a life before time": ({"incarnation": {"arn": "arn", "created": 1e300}}, "incarnation.created is"),
    "an intent without a target": (with_intent(target={}), "intent.target is empty"),
    "an intent to nothing": (with_intent(target={V1: 0, V2: 0}), "intent.target sum to 0, not to 100"),
    "a change of the fleet to nothing": (with_intent(kind="fleet"), "names no config"),
    "weights of nothing": ({"weights": {V1: 0, V2: 0}}, "weights sum to 0, not to 100"),
    "weights too many": ({"weights": {V1: 100, V2: 100}}, "weights sum to 200"),
    "a negative weight": ({"weights": {V1: -100, V2: 200}}, "v1.0.0 -100 is no weight of 0-100"),
    "a deadline far ahead": (with_intent(deadline=NOW + 1200), "intent.deadline is 11"),
    "a drop far ahead": ({"drops_until": NOW + 1200}, "drops_until is"),
    "two rejections of one version": (
        {"rejections": [msgspec.to_builtins(rejection(V1))] * 2},
        "rejections has v1.0.0 twice",
    ),
    "two services of one version": (
        {"served": [{"version": V1, "since": 1.0}] * 2},
        "served has v1.0.0 twice",
    ),
    "a fleet with one twice": ({"fleet": [V1, V1]}, "fleet has v1.0.0 twice"),
    "a fleet too large": ({"fleet": [f"v1.{n}.0" for n in range(11)]}, "fleet has 11 versions"),
    "scaling of less than nothing": (
        {"parked": {V1: {"least": -1, "most": 2}}},
        "parked: v1.0.0 is scaled from -1 to 2 instances",
    ),
    "scaling to less than its least": ({"parked": {V1: {"least": 3, "most": 2}}}, "scaled from 3 to 2"),
    "fewer instances than none": ({"resizes": {V1: -1}}, "resizes: v1.0.0 has -1 instances"),
    "no journal at all": ({"weights": "all"}, "cannot be understood"),
    "a decision of nothing": (
        {"decision": document(Journal(decision=event()))["decision"] | {"target": {}}},
        "decision.target is empty",
    ),
}


@pytest.mark.parametrize("case", INSANE)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_journal_that_cannot_be_true_is_a_sentence_with_the_way_back_and_moves_nothing(
    modelctl, world, command, case
):
    changed, sentence = INSANE[case]
    bucket = stored(world, document(journal()) | changed)

    ended = modelctl(command, *COMMANDS[command])

    assert ended.status == 6
    assert sentence in ended.err + ended.out
    told = " ".join((ended.err + ended.out).split())
    assert f"get-object --bucket {PLACE.registry_bucket} --key {KEY} --version-id 0 kept.json" in told
    assert f"""put-object --bucket {PLACE.registry_bucket} --key {KEY}""" in told
    assert """--if-match '"0"'""" in told
    assert (bucket.written, world.hosting.calls) == ([], [])
    assert world.time.seconds == BEGAN


@pytest.mark.parametrize(
    "lose",
    [lambda b: b.delete(KEY), lambda b: b.objects.update({KEY: (b"{", '"damaged"')})],
    ids=["deleted", "damaged"],
)
def test_a_journal_lost_after_traffic_was_moved_is_not_told_as_if_nothing_was_done(
    modelctl, world, monkeypatch, lose
):
    bucket = stored(world, document(journal()))
    move = world.hosting.move

    def moves_and_loses(*arguments, **named):
        receipt = move(*arguments, **named)
        lose(bucket)
        return receipt

    monkeypatch.setattr(world.hosting, "move", moves_and_loses)

    ended = modelctl("rollback", "--reason", "5xx")

    assert ended.status == 6
    assert world.hosting.calls == [("move", {V1: 100, V2: 0})]
    assert "after this command had recorded its decision there, and traffic may have moved" in ended.err
    assert "nothing was changed" not in ended.err


@pytest.mark.parametrize("command", COMMANDS)
def test_a_deleted_journal_is_not_a_first_life(modelctl, world, command):
    bucket = stored(world, document(journal()))
    bucket.delete(KEY)

    ended = modelctl(command, *COMMANDS[command])

    told = " ".join((ended.err + ended.out).split())
    assert ended.status == 6
    assert "was deleted" in told
    assert "--version-id 0 kept.json" in told
    assert "--if-none-match '*'" in told
    assert (bucket.written, world.hosting.calls) == ([], [])


def test_the_way_back_leads_back(modelctl, world):
    bucket = stored(world, document(journal()))
    bucket.delete(KEY)
    assert modelctl("rollback", "--reason", "5xx").status == 6

    kept = bucket._get_object(
        Bucket=PLACE.registry_bucket, Key=KEY, ExpectedBucketOwner=PLACE.account, VersionId="0"
    )["Body"].read()
    bucket._put_object(Bucket=PLACE.registry_bucket, Key=KEY, Body=kept, ExpectedBucketOwner=PLACE.account)

    assert modelctl("rollback", "--reason", "5xx").status == 0
    assert world.hosting.calls == [("move", {V1: 100, V2: 0})]


def test_an_earlier_version_that_is_no_better_is_not_named(modelctl, world):
    bucket = stored(world, document(journal()) | {"fence": 1e20})
    bucket.versions[KEY] += [encode(journal(fence=1e20)), b"{"]

    assert "--version-id 0 kept.json" in modelctl("rollback", "--reason", "5xx").err


def test_where_versions_cannot_be_listed_the_command_that_lists_them_is_named(modelctl, world):
    bucket = stored(world, document(journal()) | {"fence": 1e20})
    bucket.buckets.clear()
    bucket._get_object = lambda **_: {"Body": _Body(b"{"), "ETag": '"7"'} | bucket._dated

    told = modelctl("rollback", "--reason", "5xx").err

    assert f"`aws s3api list-object-versions --bucket {PLACE.registry_bucket} --prefix {KEY}`" in told
    assert """--version-id VERSION kept.json""" in told


class _Body(bytes):
    def read(self):
        return bytes(self)


# --- an endpoint of this stack, and no journal


@pytest.fixture
def lost(world):
    """The journal and all its versions are gone; v2.0.0, which it rejected, is what config names."""
    world.store.journal, world.store.version = Journal(), 0
    world.hosting.endpoint = endpoint({V1: 100, V2: 0})
    world.hosting.owned = f"s3://{PLACE.registry_bucket}/{KEY}"
    return world


@pytest.mark.parametrize("arguments", [(), ("--to", "v2.0.0"), ("--to", "v2.0.0", "--keep")])
def test_a_rollback_without_the_journal_that_the_endpoint_names_moves_nothing(modelctl, lost, arguments):
    ended = modelctl("rollback", "--reason", "5xx", *arguments)

    assert ended.status == 6
    assert (
        f"the endpoint names s3://{PLACE.registry_bucket}/{KEY} as its journal, and there is none"
        in ended.err
    )
    assert (lost.store.written, lost.hosting.calls) == ([], [])


@pytest.mark.usefixtures("lost")
def test_status_says_that_the_journal_is_missing(modelctl):
    ended = modelctl("status")

    assert ended.status == 6
    assert "as its journal, and there is none" in ended.out
    assert "modelctl adopt" in ended.out


@pytest.mark.usefixtures("lost")
@pytest.mark.parametrize("command", ["history", "accept"])
def test_what_is_not_in_a_journal_that_is_missing_is_not_said_never_to_have_been(modelctl, command):
    ended = modelctl(command, *COMMANDS[command])

    assert (ended.status, ended.out) == (6, "")
    assert "as its journal, and there is none" in ended.err


def test_the_emergency_command_works_without_it(modelctl, lost):
    assert modelctl("rollback", "--reason", "5xx", "--without-journal", "--to", "v2.0.0").status == 4
    assert lost.hosting.calls[-1] == ("move", {V1: 0, V2: 1})


def test_where_no_copy_is_left_adopt_begins_a_new_one_and_says_what_is_not_in_it(modelctl, lost):
    ended = modelctl("adopt", "--reason", "the bucket was lost")

    assert ended.status == 0
    assert "the journal begins here" in ended.err
    assert lost.store.journal.weights == {V1: 100, V2: 0}


def goes_up(world, live):
    command = up.Up(
        operation="up-9",
        actor="ci",
        request=Request(release=Release(live=live, fleet=(V2, V1)), digests={V1: "sha256:1", V2: "sha256:2"}),
        shown=None,
        serving=None,
        config=lambda _: "config",
    )
    return a_runner(world.store, world.hosting, world.time).run(lambda view: up.decide(command, view))


def test_up_gives_nothing_to_a_live_version_whose_rejection_was_lost_with_the_journal(lost):
    with pytest.raises(DamagedError, match="and there is none"):
        goes_up(lost, V2)
    assert (lost.store.written, lost.hosting.calls) == ([], [])


def test_after_the_adopt_that_began_the_journal_up_leaves_the_traffic_where_it_is(modelctl, lost):
    modelctl("adopt", "--reason", "the bucket was lost")

    goes_up(lost, V2)

    assert lost.hosting.calls == []
    assert lost.store.journal.live == V2
    goes_up(lost, V1)
    assert lost.hosting.endpoint.current == {V1: 100, V2: 0}


def test_an_endpoint_that_names_no_journal_has_none_to_lose(modelctl, lost):
    lost.hosting.owned = None

    assert modelctl("rollback", "--reason", "5xx", "--to", "v2.0.0").status == 0


# --- any journal


def place(draw, value):
    """A container in a document and one of its keys: the upper ones as often as all those below them."""
    keys = sorted(value) if isinstance(value, dict) else range(len(value))
    key = draw(st.sampled_from(keys))
    inner = value[key]
    if isinstance(inner, dict | list) and inner and draw(st.integers(0, 3)):
        return place(draw, inner)
    return value, key


def another(draw, value):
    """A number for a number, mostly: what is of another kind is refused by its kind."""
    number = isinstance(value, int | float) and draw(st.integers(0, 3))
    return deepcopy(draw(st.sampled_from(NUMBERS if number else NOTHING)))


@st.composite
def mutated(draw):
    """A journal as programs of two times stored it, or as one is amid a move; with up to three places changed."""
    plain = json.loads(draw(st.sampled_from([golden("journal-0"), golden("journal-1"), encode(journal())])))
    if draw(st.booleans()):
        plain |= with_intent()
    for _ in range(draw(st.integers(1, 3))):
        where, key = place(draw, plain)
        match draw(st.sampled_from(["replace", "replace", "remove", "repeat", "rename"])):
            case "remove":
                del where[key]
            case "repeat" if isinstance(where, list):
                where.append(where[key])
            case "rename" if isinstance(where, dict):
                where[draw(st.sampled_from(["v1", "", "v1.2.3.4", "v1.0.0", "colour"]))] = where.pop(key)
            case _:
                where[key] = another(draw, where[key])
    return plain


@given(mutated(), st.sampled_from(sorted(COMMANDS)))
@settings(max_examples=examples(300))
def test_whatever_a_journal_holds_a_command_ends_soon_with_a_sentence(plain, command):
    world = World()
    stored(world, plain)

    status = main([command, "--env", "prod", *COMMANDS[command]], opens=world.opens)

    assert status in {0, 1, 3, 6}
    assert world.time.seconds - BEGAN < WAIT
    if status in {1, 6} and command == "rollback":
        assert world.hosting.calls == []


@given(mutated())
@settings(max_examples=examples(150))
def test_whatever_a_journal_holds_up_ends_soon_with_a_sentence(plain):
    world = World()
    stored(world, plain)

    with contextlib.suppress(DeliveryError):
        goes_up(world, V2)
    assert world.time.seconds - BEGAN < WAIT


@given(st.binary(max_size=64) | st.integers(1, 400).map(lambda depth: b"[" * depth + b"]" * depth))
@settings(max_examples=examples(100))
def test_any_bytes_are_a_journal_or_they_are_not(body):
    assert is_sane(body, NOW) in {True, False}
    assert is_sane(b'{"colour": ' + body + b"}", NOW) in {True, False}


@pytest.mark.parametrize("name", ["journal-0", "journal-1"])
def test_a_journal_of_any_time_is_sane(name):
    read = decode(golden(name), "")
    latest = read.intent.since

    assert sanity.fault(read, latest) is None
