"""Stored formats outlive programs: what another version wrote is read, used, and written back with no field lost."""

import json
from copy import deepcopy

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from modeldelivery.release import formats, record
from modeldelivery.release.core import history, journal
from modeldelivery.release.core.endpoint import Incarnation
from modeldelivery.release.core.journal import EventKind, IntentKind, Verdict
from modeldelivery.release.errors import UpdateNeededError
from tests.examples import examples
from tests.fakes.endpoint import an_endpoint
from tests.unit.release.lives import A, B, C, D, Life, a_request
from tests.unit.release.stored import golden, journal_store, registry, written

WHERE = "the journal"
LATER = 20_000.0  # seconds after the golden journals' lives ended
MORE = {"colour": {"of": ["another", 1, None]}}


def document(name):
    return json.loads(golden(name))


def body(value):
    return json.dumps(value).encode()


def at(value, path):
    for step in path:
        value = value[step]
    return value


def a_life(stored):
    """The golden journals' endpoint, later: all its traffic goes to C, and a rollback to A was never finished."""
    life = Life(acts=100)  # the ids of its operations are not those of the golden history
    life.time.seconds = LATER
    life.store, bucket = journal_store(stored, life.time)
    life.host.endpoint = an_endpoint(
        {A: 0, B: 0, C: 100},
        config=f"{A}+{B}+{C}",
        incarnation=Incarnation(stored["incarnation"]["arn"], stored["incarnation"]["created"]),
    )
    return life, bucket


def lost(before, after):
    """What was in one document and is not in the other, or is otherwise."""
    if isinstance(before, dict) and isinstance(after, dict):
        return {
            key: lost(value, after.get(key))
            for key, value in before.items()
            if key not in after or lost(value, after[key])
        }
    if isinstance(before, list) and isinstance(after, list):
        return [value for value in before if all(lost(value, each) for each in after)]
    return None if before == after else (before, after)


@pytest.mark.parametrize("name", ["journal-0", "journal-1", "journal-1-attributed"])
def test_a_journal_of_each_schema_is_read_and_written_back_whole(name):
    again = json.loads(journal.encode(journal.decode(golden(name), WHERE)))
    assert again["schema"] == 1
    assert lost(document(name), again) == {}


@pytest.mark.parametrize(
    "name", ["version-0", "version-1", "version-1-samples", "version-1-gates", "version-1-evidence"]
)
def test_a_record_of_each_schema_is_read_and_written_back_whole(name):
    again = json.loads(record.encode(record.decode(golden(name), WHERE)))
    assert again == {"schema": 1, **document(name)}


def test_the_code_before_knew_no_schema_and_none_is_schema_0():
    assert "schema" not in document("journal-0")
    assert "schema" not in document("version-0")


def test_a_journal_of_schema_0_says_what_carried_everything_as_one_of_schema_1_does():
    old, new = (journal.decode(golden(name), WHERE) for name in ("journal-0", "journal-1"))
    assert old.served == new.served
    assert {s.version for s in old.served if s.whole is None} == {D}


@pytest.mark.parametrize("name", ["journal-0", "journal-1", "journal-1-attributed"])
def test_a_journal_of_each_schema_is_rolled_back_with_no_field_lost(name):
    before = document(name)
    life, bucket = a_life(before)
    assert life.rollback() is not None
    after = written(bucket)
    assert life.endpoint.current == {A: 100, B: 0, C: 0}
    assert (after["schema"], after["weights"], after.get("intent")) == (1, {A: 100, B: 0, C: 0}, None)
    assert after["history"][: len(before["history"])] == before["history"]
    assert (
        lost({key: before[key] for key in ("digests", "rejections", "incarnation", "fleet", "live")}, after)
        == {}
    )
    assert {s["version"] for s in after["served"]} == {s["version"] for s in before["served"]}


@pytest.mark.parametrize("name", ["journal-0", "journal-1"])
def test_a_rollback_that_a_machine_of_each_schema_left_is_finished_by_up(name):
    life, bucket = a_life(document(name))
    assert life.up(a_request(C, (A, B, C))) is not None
    assert life.endpoint.current == {A: 100, B: 0, C: 0}
    assert [event["kind"] for event in written(bucket)["history"]][-1] == "rollback"


class EventBefore(formats.Record, frozen=True, kw_only=True):
    """A line of history as the version read it that did not know who did it."""

    operation: str
    kind: EventKind


class JournalBefore(formats.Document, frozen=True, kw_only=True):
    decision: EventBefore | None = None
    history: tuple[EventBefore, ...] = ()


def test_who_did_it_is_kept_by_a_reader_that_does_not_know_of_it():
    stored = golden("journal-1-attributed")
    before = formats.decode(stored, JournalBefore, WHERE)

    assert lost(document("journal-1-attributed"), json.loads(formats.encode(before))) == {}


class RecordBefore(formats.Document, frozen=True, kw_only=True):
    """A version's record as the version read it that knew of no samples."""

    version: str


def test_samples_are_kept_by_a_reader_that_does_not_know_of_them():
    before = formats.decode(golden("version-1-samples"), RecordBefore, WHERE)

    assert json.loads(formats.encode(before)) == document("version-1-samples")


def test_source_and_evidence_are_kept_by_a_reader_that_does_not_know_of_them():
    before = formats.decode(golden("version-1-evidence"), RecordBefore, WHERE)

    assert json.loads(formats.encode(before)) == document("version-1-evidence")


def test_source_and_evidence_of_a_record_are_read():
    read = record.decode(golden("version-1-evidence"), WHERE)

    assert read.source.commit == "0123456789abcdef0123456789abcdef01234567"
    assert read.source.execution.endswith(":pipeline/flights-staging/execution/abcdefghijkl")
    assert read.evidence == {"evaluation.json": "sha256:" + "3" * 64, "validation.json": "sha256:" + "4" * 64}


def test_who_did_it_is_read():
    read = journal.decode(golden("journal-1-attributed"), WHERE)

    assert read.decision.caller == "arn:aws:sts::111111111111:assumed-role/deploy/run-7"
    assert read.decision.calls == ("5f8b3c1e-0d7a-4a43-9a53-6c2f1e9b7d10",)
    assert {e.caller for e in journal.decode(golden("journal-1"), WHERE).history} == {None}


def with_more(stored):
    """A journal in which a newer version wrote a field more at every level."""
    stored = deepcopy(stored) | {"schema": 7}
    parts = [stored, stored["incarnation"], stored["intent"], stored["decision"]]
    for part in (*parts, *stored["rejections"], *stored["served"], *stored["history"]):
        part.update(MORE)
    return stored


def test_fields_of_a_newer_version_are_kept_through_a_rollback_at_every_level():
    before = with_more(document("journal-1"))
    life, bucket = a_life(before)
    assert life.rollback() is not None
    after = written(bucket)
    kept = (after, after["incarnation"], *after["rejections"], *after["served"])
    assert all(MORE.items() <= part.items() for part in kept)
    assert after["history"][: len(before["history"])] == before["history"]
    assert after["schema"] == 7


def test_fields_of_a_pending_intent_are_kept_by_whoever_finishes_it():
    life, bucket = a_life(with_more(document("journal-1")))
    life.up(a_request(C, (A, B, C)))
    intents = [intent for each in bucket.written if (intent := json.loads(each).get("intent"))]
    assert intents
    assert all(MORE.items() <= intent.items() for intent in intents)


def test_an_incarnation_with_a_field_more_is_still_the_same_life():
    stored = journal.decode(body(with_more(document("journal-1"))), WHERE)
    there = an_endpoint({A: 100}, incarnation=Incarnation(stored.incarnation.id, stored.incarnation.created))
    assert history.same_life(stored, there)
    assert history.life(stored, there) == stored.incarnation


def test_fields_of_a_newer_version_are_kept_when_a_record_is_completed():
    """Also those of the digests."""
    before = document("version-1") | MORE | {"schema": 7}
    before["digests"] |= MORE
    del before["package_arn"]
    adapter, bucket = registry("v1.1.0", before)
    entry = adapter.entry("v1.1.0")
    adapter.write(msgspec.structs.replace(entry.record, package_arn="arn:package"), entry.etag)
    assert written(bucket) == before | {"package_arn": "arn:package"}


@pytest.mark.parametrize("path", [("intent",), ("decision",), ("history", 0)])
def test_a_word_that_a_newer_version_knows_is_kept(path):
    stored = document("journal-1")
    at(stored, path)["kind"] = "rollout"
    at(stored, path)["verdict"] = "doubts"
    read = journal.decode(body(stored), WHERE)
    part = read.intent if path == ("intent",) else read.decision if path == ("decision",) else read.history[0]
    assert part.kind in {IntentKind.OTHER, EventKind.OTHER}
    assert part.verdict is Verdict.OTHER
    assert lost(stored, json.loads(journal.encode(read))) == {}


def test_words_of_a_pending_intent_go_with_it_into_history():
    stored = document("journal-1")
    stored["intent"]["verdict"] = "doubts"
    life, bucket = a_life(stored)
    life.up(a_request(C, (A, B, C)))
    last = written(bucket)["history"][-1]
    assert (last["kind"], last["verdict"]) == ("rollback", "doubts")


def test_a_move_of_a_kind_that_is_not_known_is_superseded_by_a_rollback_and_not_taken_for_one():
    stored = document("journal-1")
    stored["intent"]["kind"] = "rollout"
    life, bucket = a_life(stored)
    assert life.rollback() is not None
    assert [event["kind"] for event in written(bucket)["history"]][-2:] == ["closed", "rollback"]


WRONG = [
    *("", "[]", "{", "null", '"text"', "5", '{"a": NaN}', '{"fence": Infinity}', '{"fence": 1e400}', '{"new": 1e400}'),
    '{"fence": "1"}',
    '{"fence": 1' + "0" * 400 + "}",
    '{"schema": "1"}',
    '{"schema": null}',
    '{"schema": 1.5}',
    '{"schema": true}',
    '{"requires": "all"}',
    '{"requires": null}',
    '{"requires": [1]}',
    '{"weights": {"v1.0.0": 1.5}}',
    '{"weights": []}',
    '{"live": 1.1}',
    '{"intent": []}',
    '{"intent": {}}',
    '{"served": {}}',
    '{"served": ["v1.0.0"]}',
    '{"history": [[]]}',
    '{"rejections": null}',
    '{"incarnation": "arn"}',
    '{"a": ' + "[" * 100_000 + "]" * 100_000 + "}",
    b'{"a": "\xff"}',
    b'{"\xff": 1}',
]  # fmt: skip


@pytest.mark.parametrize("stored", WRONG, ids=range(len(WRONG)))
def test_what_is_no_journal_is_a_sentence_and_nothing_else(stored):
    with pytest.raises(msgspec.DecodeError):
        journal.decode(stored if isinstance(stored, bytes) else stored.encode(), WHERE)


@pytest.mark.parametrize("kind", [None, 5, [], {}, True])
@pytest.mark.parametrize("path", [("intent",), ("decision",), ("history", 0)])
def test_a_kind_that_is_no_word_is_a_sentence(path, kind):
    stored = document("journal-1")
    at(stored, path)["kind"] = kind
    with pytest.raises(msgspec.DecodeError, match="kind"):
        journal.decode(body(stored), WHERE)


@pytest.mark.parametrize(
    "change",
    [{"digests": {}}, {"digests": {"image": "x", "model": "y", "data": "z"}}, {"metrics": []}, {"image": 1}],
)
def test_what_is_no_record_is_a_sentence_and_nothing_else(change):
    with pytest.raises(msgspec.DecodeError):
        record.decode(body(document("version-1") | change), WHERE)


@pytest.mark.parametrize("decode", [journal.decode, record.decode])
def test_an_entry_of_requires_that_is_not_known_says_to_update(decode):
    name = "journal-1" if decode is journal.decode else "version-1"
    with pytest.raises(UpdateNeededError, match="requires rollouts, shadow") as refused:
        decode(body(document(name) | {"requires": ["shadow", "rollouts"]}), WHERE)
    assert "update modelctl" in refused.value.hint


@pytest.mark.parametrize("act", ["rollback", "adopt", "accept", "up"])
def test_a_journal_that_requires_what_is_not_known_refuses_every_operation_and_stays_as_it_is(act):
    life, bucket = a_life(document("journal-1") | {"requires": ["rollouts"]})
    arguments = {"up": (a_request(A, (A, B, C)),), "accept": (C,)}.get(act, ())
    with pytest.raises(UpdateNeededError):
        getattr(life, act)(*arguments)
    assert (bucket.written, life.host.calls) == ([], [])


def test_what_a_newer_version_requires_is_nothing_when_it_requires_nothing():
    life, bucket = a_life(document("journal-1") | {"schema": 7, "requires": []})
    assert life.rollback() is not None
    assert written(bucket)["schema"] == 7


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
objects = st.dictionaries(st.text(max_size=8), values, max_size=4)
often = settings(max_examples=examples(400))
LEVELS = [
    (),
    ("incarnation",),
    ("intent",),
    ("decision",),
    ("rejections", 0),
    ("served", 0),
    ("served", -1),
    ("history", 0),
    ("history", -1),
    ("parked", "v1.0.0"),
]
PARKED = {"v1.0.0": {"least": 1, "most": 2, "policies": [{"PolicyName": "p"}]}}


def exactly(value):
    """With 1, 1.0 and true apart, which Python takes for equal."""
    return json.dumps(value, sort_keys=True)


@often
@given(st.sampled_from(LEVELS), objects)
@example((), {"others": {"others": {}}})
@example(("intent",), {"others": 1, "schema": 2, "requires": ["x"]})
@example(("served", 0), {"big": 10**30, "small": -(10**30), "zero": -0.0, "one": 1.0})
def test_any_object_mixed_into_any_level_of_a_journal_is_kept(level, more):
    stored = document("journal-1") | {"parked": deepcopy(PARKED)}
    part = at(stored, level)
    fields = {
        *part,
        *("requires", "schema", "drops", "resizes") * (not level),
        *("live", "config", "drops", "fleet", "instances", "holder", "caller", "calls"),
    }
    mixed = {key: value for key, value in more.items() if key not in fields | {"verdict", "whole"}}
    part |= mixed
    again = json.loads(journal.encode(journal.decode(body(stored), WHERE)))
    assert exactly(again) == exactly(stored)


@often
@given(st.sampled_from([(), ("digests",)]), objects)
def test_any_object_mixed_into_any_level_of_a_record_is_kept(level, more):
    stored = document("version-1")
    part = at(stored, level)
    part |= {
        key: value
        for key, value in more.items()
        if key not in {*part, "requires", "schema", "samples", "gates"}
    }
    again = json.loads(record.encode(record.decode(body(stored), WHERE)))
    assert exactly(again) == exactly(stored)


def paths(value, path=()):
    """Every place in a document."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        yield from paths(each, (*path, key))


@often
@given(st.sampled_from([path for path in paths(document("journal-1")) if path]), values)
def test_any_value_at_any_place_of_a_journal_is_read_the_same_again_or_is_a_sentence(path, value):
    stored = document("journal-1")
    *outer, last = path
    at(stored, outer)[last] = value
    try:
        read = journal.decode(body(stored), WHERE)
    except (msgspec.DecodeError, UpdateNeededError):
        return
    assert journal.decode(journal.encode(read), WHERE) == read
