"""`modelctl drill`: what it refuses, what it says, and the statuses with which it ends."""

import json
from contextlib import nullcontext

import msgspec
import pytest

from modeldelivery.release.core.journal import EventKind
from modeldelivery.release.core.probes import Answer
from tests.fakes.sending import FakeSending
from tests.fakes.variants import echoing

from .world import V1, V2, rejection

SAMPLES = json.dumps([{"content_type": "text/csv", "body": "1,2"}])


def refusing(_):
    return Answer(status=400, body=b"no such column")


@pytest.fixture
def world(world, tmp_path, monkeypatch):
    """A project whose stack `prod` protects nothing, and variants that answer."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("name: model-delivery\nconfig: {model: flights}\n")
    protects(tmp_path, "false")
    (tmp_path / "samples.json").write_text(SAMPLES)
    world.variants.containers = {V1: echoing, V2: echoing}
    return world


def protects(folder, value):
    (folder / "Pulumi.prod.yaml").write_text(f"config: {{model-delivery:protect: {value}}}\n")


@pytest.fixture
def drill(modelctl, world):  # noqa: ARG001 - the world of the command
    return lambda *more: modelctl("drill", "--samples", "samples.json", *more)


def test_a_drill_ends_with_0_and_its_figures(drill, world):
    ended = drill("--rounds", "2")
    assert (ended.status, sum(note.startswith("round ") for note in world.time.notes)) == (0, 4)
    assert "4 rollbacks, last wrong answer after" in ended.out
    assert "0 of " in ended.out
    assert world.store.journal.history[-1].kind is EventKind.DRILL


def test_a_drill_for_machines_has_each_rollback_and_the_percentiles(drill):
    detail = drill("--rounds", "2", "--json").json["detail"]
    assert [move["to"] for move in detail["moves"]] == [V1, V2, V1, V2]
    assert detail["wrong"].keys() == {"p50", "p99", "max"}
    assert (detail["lost"], detail["late"]) == (0, 0)
    assert detail["requests"] == sum(move["requests"] for move in detail["moves"])


def test_lost_requests_end_it_with_a_status_of_their_own(drill, world):
    world.streams = lambda *_: nullcontext(FakeSending(world.time, world.hosting, lambda n: n > 12))
    ended = drill()
    assert ended.status == 7
    assert "requests were lost" in ended.err
    assert world.hosting.endpoint.current[V2] == 100


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("true", "prod protects what it holds"),
        ("yes please", "is not known here"),
        (None, "is not known here"),
    ],
)
def test_where_callers_may_be_real_it_takes_a_reason(drill, world, tmp_path, value, sentence):
    if value is None:
        (tmp_path / "Pulumi.prod.yaml").unlink()
    else:
        protects(tmp_path, value)
    before = world.store.journal
    ended = drill()
    assert (ended.status, world.store.journal, world.hosting.calls) == (1, before, [])
    assert sentence in ended.err
    assert "--anyway" in ended.err


def test_the_reason_why_it_may_be_stands_in_history(drill, world, tmp_path):
    protects(tmp_path, "true")
    assert drill("--rounds", "1", "--anyway", "callers were told").status == 0
    assert "(anyway: callers were told)" in world.store.journal.history[-1].reason


def test_a_version_that_does_not_answer_what_would_be_sent_is_named_before_anything_moves(drill, world):
    world.variants.containers[V1] = refusing
    ended = drill()
    assert (ended.status, world.hosting.calls, world.store.journal.drill) == (1, [], None)
    assert f"{V1} answers 400 to what the drill would send (no such column)" in ended.err


def test_both_versions_are_asked_by_their_variants(drill, world):
    drill("--rounds", "1")
    assert [version for version, _ in world.variants.calls] == [V2, V1]


def test_a_drill_that_stopped_half_way_says_what_to_type(drill, world):
    world.hosting.faults.extend(["", "refused", "refused", "refused", "refused"])
    ended = drill()
    assert ended.status == 3
    assert "modelctl drill --end --env prod --model flights" in ended.err
    assert world.hosting.endpoint.current[V1] == 100


def test_one_that_was_left_is_ended_by_hand(drill, modelctl, world):
    before = world.store.journal
    world.hosting.faults.extend(["", "refused", "refused", "refused", "refused"])
    drill()
    world.hosting.faults.clear()
    status = modelctl("status")
    assert "modelctl drill --end" in status.out
    ended = modelctl("drill", "--end")
    assert (ended.status, world.hosting.endpoint.current[V2]) == (0, 100)
    assert world.store.journal.decision == before.decision
    assert modelctl("drill", "--end").out.startswith("no drill is to be ended")


def test_status_shows_the_latest_drill(drill, modelctl):
    drill("--rounds", "1")
    shown = modelctl("status")
    assert "drill: " in shown.out
    assert f"{V2} ⇄ {V1} by bob@operator: 2 rollbacks" in shown.out
    latest = modelctl("status", "--json").json["drill"]
    assert (latest["passed"], latest["open"], latest["lost"]) == (True, False, 0)


def test_a_healthy_drill_is_no_finding(drill, modelctl):
    drill("--rounds", "1")
    assert modelctl("status", "--check").status == 0


def test_history_counts_the_calls_of_a_drill_that_made_many(drill, modelctl):
    drill("--rounds", "4")
    shown = modelctl("history", "--limit", "1")
    assert "8 requests (--json names them)" in shown.out
    assert len(modelctl("history", "--limit", "1", "--json").json[0]["calls"]) == 8


def test_a_serving_version_that_is_rejected_is_no_place_to_come_back_to(drill, world):
    world.store.journal = msgspec.structs.replace(world.store.journal, rejections=(rejection(V2),))
    ended = drill()
    assert (ended.status, world.hosting.calls) == (1, [])
    assert "nothing could give it its traffic back" in ended.err


@pytest.mark.parametrize(("option", "value"), [("--rounds", "0"), ("--rounds", "51"), ("--rate", "201")])
def test_more_than_a_drill_takes_is_refused_with_what_it_takes(drill, option, value):
    ended = drill(option, value)
    assert ended.status == 2
    assert "write a whole number" in ended.err
