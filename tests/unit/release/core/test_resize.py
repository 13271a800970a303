"""A version's instances, asked for by a call of their own: it is fenced like every other, since it lists weights."""

from functools import partial

import msgspec
import pytest

from modeldelivery.release.core import drill, resize, weights
from modeldelivery.release.core.journal import EventKind, Journal
from modeldelivery.release.errors import DamagedError, LostError, RefusedError
from modeldelivery.release.operations.drill import Drilling
from tests.fakes.endpoint import a_runner
from tests.unit.release.bench import A, B, Bench


@pytest.fixture
def bench():
    """B serves, A did before."""
    return Bench()


def left(bench, version=A, had=1):
    """A change of the fleet has left the version's count to a call of its own."""
    bench.store.journal = msgspec.structs.replace(bench.journal, resizes={version: had})


def ask(bench, version=A, instances=3, operation="op7"):
    command = resize.Resize(operation=operation, actor="ci", version=version, instances=instances)
    return bench.run(partial(resize.decide, command), operation=operation)


def resized(bench, version=A, instances=3, operation="op7"):
    left(bench, version)
    return ask(bench, version, instances, operation)


def count(bench, version=A):
    return bench.endpoint.variants[version].instances_desired


def test_a_count_is_an_intent_one_call_and_an_outcome_with_its_receipt(bench):
    before = bench.journal

    resized(bench)

    assert (bench.host.calls, count(bench), bench.current) == ([("scale", {A: 3})], 3, {A: 0, B: 100})
    pending, after = bench.store.written
    assert weights.same(pending.intent.source, pending.intent.target)
    assert (after.intent, after.decision, after.weights) == (None, before.decision, before.weights)
    last = after.history[-1]
    assert (last.kind, last.reason) == (EventKind.UP, "v1.0.0 goes to 3 instances")
    assert len(last.calls) == 1
    assert (pending.resizes, after.resizes) == ({A: 1}, {})


@pytest.mark.parametrize("instances", [1, None], ids=["as asked for", "scaled by its load"])
def test_a_count_that_is_there_is_asked_for_no_more_and_calls_nothing(bench, instances):
    resized(bench, instances=instances)
    assert (bench.host.calls, bench.journal.resizes, bench.journal.intent) == ([], {}, None)


@pytest.mark.parametrize("taken", [True, False])
def test_one_that_was_killed_at_its_call_is_asked_for_by_the_next_one(bench, taken):
    bench.killed(lambda: resized(bench), after="scale", taken=taken)
    bench.passes()
    assert bench.journal.resizes == {A: 1}
    bench.up("op8", B)
    (told,) = [event.kind for event in bench.journal.history if event.operation == "op7"]
    assert told is (EventKind.UP if taken else EventKind.CLOSED)

    ask(bench, operation="op9")

    assert (count(bench), bench.current, bench.journal.resizes) == (3, {A: 0, B: 100}, {})
    assert len(bench.host.calls) == 1


def test_what_a_rollback_gave_a_version_for_its_traffic_is_not_taken_away(bench):
    bench.host.endpoint = scaled(bench, {A: 3, B: 4})
    left(bench, A, had=3)
    bench.rollback(operation="op8")
    assert (count(bench), bench.current) == (4, {A: 100, B: 0})

    with pytest.raises(RefusedError, match="it was given more by whoever moved traffic to it since"):
        ask(bench, instances=2, operation="op9")

    assert (count(bench), bench.journal.resizes) == (4, {})


def test_a_version_that_has_what_it_had_is_brought_down(bench):
    bench.host.endpoint = scaled(bench, {A: 3, B: 4})
    left(bench, B, had=4)

    ask(bench, version=B, instances=2)

    assert (count(bench, B), bench.current) == (2, {A: 0, B: 100})


def scaled(bench, counts):
    variants = {
        v: msgspec.structs.replace(variant, instances=counts[v], instances_desired=counts[v])
        for v, variant in bench.endpoint.variants.items()
    }
    return msgspec.structs.replace(bench.endpoint, variants=variants)


def test_a_process_that_stood_still_after_its_look_does_not_ask_for_the_weights_of_that_time(bench):
    """A rollback was asked for and reported done meanwhile."""
    bench.store.faults.append(lambda: (bench.rollback(operation="op8"), bench.passes()))

    resized(bench)

    assert bench.current == {A: 100, B: 0}
    assert [target for kind, target in bench.host.calls if kind == "move"] == [{A: 100, B: 0}]
    assert count(bench) == 3


def test_a_rollback_that_comes_meanwhile_outwaits_a_call_that_was_not_answered(bench):
    """It lands after the move, and gives the version that was left its traffic back."""
    late = []

    def scale(version, instances, shares):  # noqa: ARG001
        late.append((bench.time.seconds + 6, shares))
        raise KeyboardInterrupt

    describe = bench.host.describe

    def lands():
        while late and bench.time.seconds >= late[0][0] and not bench.host.endpoint.busy:
            bench.console(late.pop()[1])
        return describe()

    bench.host.scale, bench.host.describe = scale, lands
    with pytest.raises(KeyboardInterrupt):
        resized(bench)
    bench.rollback(operation="op8", unscaled=True)
    bench.passes()
    assert (late, bench.current) == ([], {A: 100, B: 0})


def test_a_move_without_the_journal_is_not_written_over(bench):
    bench.store.faults.append(lambda: setattr(bench.host, "tag", "ada moved all to v1.0.0"))
    with pytest.raises(RefusedError, match="moved without the journal"):
        resized(bench)
    assert (bench.host.calls, bench.journal.intent) == ([], None)


def test_where_the_journal_is_gone_that_is_said(bench):
    bench.store.journal, bench.host.owned = Journal(), "s3://registry/journal.json"
    with pytest.raises(
        DamagedError, match=r"names s3://registry/journal\.json as its journal, and there is none"
    ):
        ask(bench)
    assert bench.host.calls == []


def test_what_somebody_else_is_at_comes_first(bench):
    bench.killed(bench.rollback, taken=False)
    with pytest.raises(RefusedError, match=r"operator is at work \(rollback: 5xx\)"):
        resized(bench)


def test_one_that_is_overtaken_says_by_whom(bench):
    def overtaken(*_):
        bench.host.scale = scale
        bench.rollback(operation="op8", unscaled=True)
        raise LostError("no answer")

    scale, bench.host.scale = bench.host.scale, overtaken
    with pytest.raises(RefusedError):
        resized(bench)
    assert bench.current == {A: 100, B: 0}


def test_a_rollback_that_was_carried_out_is_done_though_a_count_is_asked_for_beside_it(bench):
    """Its outcome is stored and the answer lost; when it reads again there is an intent that moves nothing."""
    bench.store.faults.extend([lambda: None, "lost"])
    bench.time.on_wait.extend(
        [lambda: None, lambda: bench.killed(lambda: resized(bench), after="scale", taken=False)]
    )
    assert bench.rollback(operation="op8").summary == "rolled back to v1.0.0"
    assert bench.journal.intent.reason == "v1.0.0 goes to 3 instances"


def test_a_drill_is_not_overtaken_by_a_count(bench):
    """Else it would end where it is, with the fallback in the place of what served."""
    runner = a_runner(bench.store, bench.host, bench.time, operation="drill1")
    command = drill.Command(operation="drill1", actor="ada", reason="monthly", rounds=1, rate=10)
    Drilling(command=command, runner=runner).begin()
    bench.killed(lambda: resized(bench), after="scale", taken=False)
    assert bench.journal.intent
    assert drill.under_way(bench.journal)


def test_a_version_that_left_meanwhile_needs_none(bench):
    resized(bench, version="v1.2.0")
    assert (bench.host.calls, bench.journal.resizes) == ([], {})


def test_a_request_that_the_platform_refuses_is_closed_with_why(bench):
    bench.host.faults.append("refused")
    with pytest.raises(RefusedError, match="account-level service limit"):
        resized(bench)
    assert (bench.journal.intent, bench.journal.history[-1].kind) == (None, EventKind.CLOSED)
    assert bench.journal.resizes == {A: 1}


def test_a_request_that_is_left_behind_and_not_in_force_is_made_again(bench):
    left_behind = msgspec.structs.replace(bench.endpoint.variants[A], instances_desired=3)
    bench.host.endpoint = msgspec.structs.replace(
        bench.endpoint, variants={**bench.endpoint.variants, A: left_behind}
    )

    resized(bench)

    assert (bench.endpoint.variants[A].instances, bench.journal.resizes) == (3, {})


def test_a_request_that_is_accepted_and_undone_is_closed_with_why(bench):
    bench.host.faults.append("reverted")
    bench.host.endpoint = msgspec.structs.replace(bench.endpoint, failure="no capacity")
    with pytest.raises(RefusedError, match="no capacity"):
        resized(bench)
    assert (bench.journal.intent, bench.host.calls) == (None, [("scale", {A: 3})])
