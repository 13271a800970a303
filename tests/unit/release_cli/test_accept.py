"""`modelctl accept`: lifts the rejection of a version's bits, and nothing else."""

import msgspec
import pytest

from modeldelivery.release.core.journal import EventKind
from modeldelivery.release.errors import LostError

from .world import V1, V2, V3, journal, rejection


@pytest.fixture
def rolled_back(world):
    """v2.0.0 is rejected; v3.0.0 is the same bits, v1.0.0 is rejected for other reasons."""
    world.store.journal = journal(
        digests={V1: "sha256:1", V2: "sha256:2", V3: "sha256:2"},
        rejections=(rejection(V1, "sha256:1"), rejection(V2, "sha256:2")),
    )
    return world.store


def test_the_rejection_is_lifted_by_a_journal_write_and_traffic_stays(modelctl, world, rolled_back):
    before = rolled_back.journal

    ended = modelctl("accept", "v2.0.0", "--reason", "it was the weather", "--actor", "ada")

    after = rolled_back.journal
    assert ended.status == 0
    assert [r.version for r in after.rejections] == [V1]
    assert (after.weights, after.decision) == (before.weights, before.decision)
    assert world.hosting.calls == []
    last = after.history[-1]
    assert (last.kind, last.actor, last.reason) == (EventKind.ACCEPT, "ada", "v2.0.0: it was the weather")


@pytest.mark.usefixtures("rolled_back")
def test_it_prints_the_command_that_gives_traffic(modelctl):
    ended = modelctl("accept", "v2.0.0", "--reason", "it was the weather")

    assert "next: modelctl rollback --env prod --model flights --to v2.0.0 --keep --reason …" in ended.out


def test_accepting_the_same_bits_under_another_name_lifts_it_too(modelctl, rolled_back):
    assert modelctl("accept", "v3.0.0", "--reason", "same bits").status == 0
    assert rolled_back.journal.rejection(V2) is None


def test_a_rejection_of_unknown_bits_is_lifted_by_its_name(modelctl, rolled_back):
    rolled_back.journal = journal(digests={}, rejections=(rejection(V2, None),))

    assert modelctl("accept", "v2.0.0", "--reason", "fine").status == 0
    assert rolled_back.journal.rejections == ()


def test_a_version_that_is_not_rejected_is_refused_with_those_that_are(modelctl, world):
    world.store.journal = before = journal(rejections=(rejection(V1, "sha256:1"),))

    ended = modelctl("accept", "v2.0.0", "--reason", "fine")

    assert ended.status == 1
    assert "v2.0.0 is not rejected" in ended.err
    assert "(rejected: v1.0.0)" in ended.err
    assert world.store.journal == before


def test_someone_elses_write_in_between_is_kept(modelctl, rolled_back):
    def other():
        rolled_back.journal = msgspec.structs.replace(rolled_back.journal, live=V1)
        rolled_back.version += 1

    rolled_back.faults.append(other)

    assert modelctl("accept", "v2.0.0", "--reason", "fine").status == 0
    assert rolled_back.journal.live == V1
    assert rolled_back.journal.rejection(V2) is None


def test_a_write_that_was_carried_out_without_an_answer_is_recognised(modelctl, rolled_back):
    write = rolled_back.write

    def lost(journal, etag):
        rolled_back.write = write
        write(journal, etag)
        raise LostError("s3:PutObject")

    rolled_back.write = lost

    assert modelctl("accept", "v2.0.0", "--reason", "fine").status == 0
    assert [e.kind for e in rolled_back.journal.history].count(EventKind.ACCEPT) == 1


def test_a_rejection_is_lifted_where_there_is_no_endpoint(modelctl, world, rolled_back):
    world.hosting.endpoint = None

    assert modelctl("accept", "v2.0.0", "--reason", "fine").status == 0
    assert rolled_back.journal.rejection(V2) is None
