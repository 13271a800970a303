"""`modelctl adopt`: weights that someone else set are recorded as decided."""

import msgspec
import pytest

from modeldelivery.release.core.endpoint import Incarnation
from modeldelivery.release.core.journal import EventKind

from .test_rollback import raises, rollback_by
from .world import LIFE, V1, V2, endpoint, journal, rejection

TAG = "run-0: ada moved all to v1.0.0: S3 is down"


def test_the_observed_weights_become_the_journals(modelctl, world):
    world.hosting.endpoint = endpoint({V1: 1, V2: 3})  # SageMaker's own scale: a share is a weight of the sum

    ended = modelctl("adopt", "--reason", "a look at v1", "--actor", "ada")

    after = world.store.journal
    assert (ended.status, ended.out) == (0, "recorded as decided: v1.0.0 25 %, v2.0.0 75 %\n")
    assert after.weights == {V1: 25, V2: 75}
    assert (after.decision.kind, after.decision.actor, after.decision.reason) == (
        EventKind.ADOPT,
        "ada",
        "a look at v1",
    )
    assert after.history[-1] == after.decision
    assert after.served[-1].version == V2
    assert (after.live, after.rejections) == (V2, ())
    assert world.hosting.calls == []


def test_another_life_of_the_endpoint_is_recorded_as_seen(modelctl, world):
    reborn = Incarnation("arn:endpoint", 2.0)
    world.hosting.endpoint = endpoint({V1: 100, V2: 0}, life=reborn)

    assert modelctl("adopt", "--reason", "made by hand").status == 0
    assert world.store.journal.incarnation == reborn != LIFE


def test_what_is_as_recorded_is_nothing_to_adopt(modelctl, world):
    before = world.store.journal

    ended = modelctl("adopt", "--reason", "just so", "--json")

    assert (ended.status, ended.json["outcome"]) == (0, "already")
    assert world.store.journal == before


@pytest.mark.parametrize(
    ("shown", "sentence"),
    [
        (None, "there is no endpoint"),
        (endpoint(status="Updating"), "the endpoint is Updating"),
        (endpoint(status="Failed"), "the endpoint is Failed"),
        (endpoint({V1: 0, V2: 0}), "no version on the endpoint gets traffic"),
    ],
)
def test_an_endpoint_that_shows_nothing_to_record_is_refused(modelctl, world, shown, sentence):
    before = world.store.journal
    world.hosting.endpoint = shown

    ended = modelctl("adopt", "--reason", "just so")

    assert ended.status == 1
    assert sentence in ended.err
    assert world.store.journal == before


def test_a_pending_move_is_left_to_whoever_finishes_it(modelctl, world):
    world.store.journal = before = journal(intent=rollback_by("run-ada"))
    world.hosting.endpoint = endpoint({V1: 50, V2: 50})

    ended = modelctl("adopt", "--reason", "just so")

    assert ended.status == 1
    assert "a move by ada is under way" in ended.err
    assert world.store.journal == before


def test_the_tag_goes_once_the_journal_knows(modelctl, world):
    world.hosting.endpoint, world.hosting.tag = endpoint({V1: 100, V2: 0}), TAG

    assert modelctl("adopt", "--reason", "S3 was down").status == 0
    assert world.hosting.calls == [("unmark",)]
    assert world.store.journal.weights == {V1: 100, V2: 0}


def test_who_moved_without_the_journal_is_in_it_once_the_tag_is_gone(modelctl, world):
    world.hosting.endpoint, world.hosting.tag = endpoint({V1: 100, V2: 0}), TAG

    modelctl("adopt", "--reason", "S3 was down")

    assert world.store.journal.decision.reason == f"S3 was down (moved without the journal: {TAG})"


def test_it_says_where_a_plain_rollback_goes_from_there(modelctl, world):
    """What was moved away from is not rejected by that, and carried everything before."""
    world.hosting.endpoint, world.hosting.tag = endpoint({V1: 100, V2: 0}), TAG

    ended = modelctl("adopt", "--reason", "S3 was down")

    assert "warning: adopt rejects nothing: from here a plain `modelctl rollback` goes to v2.0.0" in ended.err
    assert modelctl("status", "--json").json["fallback"] == V2


def test_killed_between_record_and_tag_a_rerun_takes_the_tag_away(modelctl, world):
    world.hosting.endpoint, world.hosting.tag = endpoint({V1: 100, V2: 0}), TAG
    unmark, world.hosting.unmark = world.hosting.unmark, raises(KeyboardInterrupt())
    modelctl("adopt", "--reason", "S3 was down")
    recorded = world.store.journal
    world.hosting.unmark = unmark

    ended = modelctl("adopt", "--reason", "S3 was down")

    assert ended.status == 0
    assert world.hosting.tag is None
    assert world.store.journal == recorded


def test_another_move_without_the_journal_meanwhile_keeps_its_tag(modelctl, world):
    world.hosting.endpoint, world.hosting.tag = endpoint({V1: 100, V2: 0}), TAG

    def again():
        world.hosting.tag = "run-9: eve moved all to v2.0.0"

    world.store.faults.extend([again])
    modelctl("adopt", "--reason", "S3 was down")

    assert world.hosting.tag == "run-9: eve moved all to v2.0.0"


def test_a_mark_whose_move_comes_after_the_look_stays(modelctl, world):
    """Whoever left it moves traffic only then: that is not what is recorded."""
    world.hosting.tag = TAG
    marked = world.hosting.marked

    def moves():
        world.hosting.endpoint = endpoint({V1: 1, V2: 0})
        return marked()

    world.hosting.marked = moves

    ended = modelctl("adopt", "--reason", "S3 was down")

    assert (ended.status, world.hosting.tag) == (1, TAG)
    assert "traffic is moved still" in ended.err


def test_a_move_without_the_journal_that_overtook_a_pending_one_closes_it_after_its_last_call(
    modelctl, world
):
    """Everyone else waits for adopt while the tag stands: were it to wait for them, nothing could ever move."""
    pending = rollback_by("run-ada")
    world.store.journal = journal(
        intent=pending, fence=pending.deadline + 5, rejections=(rejection(V2, "sha256:2"),)
    )
    world.hosting.endpoint, world.hosting.tag = endpoint({V1: 100, V2: 0}), TAG

    ended = modelctl("adopt", "--reason", "S3 was down")

    after = world.store.journal
    assert ended.status == 0
    assert world.time.seconds > 4
    assert after.intent is None
    assert [e.kind for e in after.history[-2:]] == [EventKind.CLOSED, EventKind.ADOPT]
    assert after.rejection(V2)


def test_a_rejected_version_that_keeps_traffic_is_warned_of_and_stays_rejected(modelctl, world):
    world.store.journal = journal(rejections=(rejection(V1, "sha256:1"),))
    world.hosting.endpoint = endpoint({V1: 100, V2: 0})

    ended = modelctl("adopt", "--reason", "by hand")

    assert ended.status == 0
    assert "warning: v1.0.0 was rejected by ada" in ended.err
    assert world.store.journal.rejection(V1)


def test_a_move_between_look_and_record_is_not_recorded_unseen(modelctl, world):
    world.hosting.endpoint = endpoint({V1: 20, V2: 80})

    def other():
        world.store.journal = msgspec.structs.replace(world.store.journal, intent=rollback_by("run-ada"))
        world.store.version += 1

    world.store.faults.extend([other])

    assert modelctl("adopt", "--reason", "just so").status == 1
    assert world.store.journal.weights == {V1: 0, V2: 100}
