"""What a newer version wrote and requires to be known: every command says to update, and writes nothing."""

import json

import pytest

from modeldelivery.release.cli.exit import STATUSES
from modeldelivery.release.errors import Exit
from tests.fakes.journal import START
from tests.fakes.time import FakeTime
from tests.unit.release.stored import document, journal_store, registry

from .world import NOW, V1, V2, journal

REQUIRES = {"requires": ["rollouts"]}
COMMANDS = [
    ("status",),
    ("history",),
    ("rollback", "--reason", "5xx"),
    ("accept", V2, "--reason", "fixed"),
    ("adopt", "--reason", "was me"),
]


@pytest.fixture
def bucket(world):
    """The world's journal, as a newer version would have written it."""
    world.store, bucket = journal_store(document(journal()) | REQUIRES)
    return bucket


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_command_refuses_a_journal_that_requires_what_is_not_known(modelctl, world, bucket, command):
    ended = modelctl(*command)
    assert ended.status == 1
    assert Exit.REFUSED in STATUSES[command[0]]
    assert ended.err.startswith("modelctl: the journal s3://")
    assert "requires rollouts, which this one does not know: update modelctl" in ended.err
    assert ended.out == ""
    assert (bucket.written, world.hosting.calls) == ([], [])


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_with_json_the_refusal_is_one_document(modelctl, bucket, command):
    ended = modelctl(*command, "--json")
    assert (ended.json["outcome"], ended.json["exit"]) == ("refused", 1)
    assert ended.json["hint"].startswith("update modelctl")
    assert bucket.written == []


def test_a_dry_run_of_a_rollback_refuses_it_too(modelctl, bucket):
    ended = modelctl("rollback", "--reason", "5xx", "--dry-run")
    assert ended.status == 1
    assert "update modelctl" in ended.err
    assert bucket.written == []


def test_register_refuses_a_record_that_requires_what_is_not_known(register, world):
    register()
    stored, _ = world.registry.records[V1]
    world.registry, bucket = registry(V1, document(stored) | REQUIRES)
    ended = register()
    assert ended.status == 1
    assert "the record s3://" in ended.err
    assert "update modelctl" in ended.err
    assert bucket.written == []


def test_a_journal_without_requirements_is_no_obstacle_however_new_it_is(modelctl, world):
    stored = document(journal()) | {"schema": 99, "colour": "blue"}
    world.store, bucket = journal_store(stored, FakeTime(NOW - START))
    assert modelctl("rollback", "--reason", "5xx").status == 0
    assert json.loads(bucket.written[-1])["colour"] == "blue"
