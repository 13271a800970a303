"""The runner: what goes wrong between deciding and observing, and what it does then."""

import msgspec
import pytest

from modeldelivery.release.core.endpoint import Condition
from modeldelivery.release.core.journal import EventKind, IntentKind
from modeldelivery.release.errors import (
    BrokenError,
    BusyError,
    GaveUpError,
    LostError,
    NotSentError,
    RefusedError,
    UnreachableError,
    UnseenError,
)
from tests.fakes.endpoint import an_endpoint
from tests.unit.release.bench import A, B, Bench, C


@pytest.fixture
def bench():
    return Bench()


def test_a_rollback_is_an_intent_one_call_and_an_outcome(bench):
    bench.rollback()
    assert bench.host.calls == [("move", {A: 100, B: 0})]
    assert [j.intent and j.intent.kind for j in bench.store.written] == [IntentKind.ROLLBACK, None]
    assert bench.current == {A: 100, B: 0}


def test_a_conflict_is_read_again_and_decided_again(bench):
    bench.store.faults.append("conflict")
    bench.rollback()
    assert bench.host.calls == [("move", {A: 100, B: 0})]


def test_a_write_whose_answer_was_lost_is_recognised_as_ones_own(bench):
    bench.store.faults += ["lost", "lost"]
    bench.rollback()
    assert bench.host.calls == [("move", {A: 100, B: 0})]
    assert [e.kind for e in bench.store.journal.history if e.operation == "op3"] == [EventKind.ROLLBACK]


def test_a_write_that_never_arrived_is_written_again(bench):
    bench.store.faults.append("unsent")
    bench.rollback()
    assert bench.current == {A: 100, B: 0}


def test_a_move_whose_answer_was_lost_is_not_sent_twice(bench):
    bench.host.faults.append("lost")
    bench.rollback()
    assert bench.host.calls == [("move", {A: 100, B: 0})]


def test_a_move_that_never_arrived_is_sent_again(bench):
    bench.host.faults.append("unsent")
    bench.rollback()
    assert bench.current == {A: 100, B: 0}


def test_a_busy_endpoint_gets_its_call_as_soon_as_it_takes_one(bench):
    bench.host.faults += ["busy", "busy", "busy"]
    bench.rollback()
    assert bench.host.calls == [("move", {A: 100, B: 0})]


def test_a_rejection_is_recorded_before_a_changing_endpoint_can_take_the_call(bench):
    bench.host.endpoint = an_endpoint(
        {A: 0, B: 100},
        condition=Condition.BUSY,
        word="Updating",
        config="v1.0.0+v1.1.0",
        incarnation=bench.host.describe().incarnation,
    )
    with pytest.raises(GaveUpError, match="endpoint is changing"):
        bench.rollback(patience=5)
    assert [r.version for r in bench.store.journal.rejections] == [B]
    assert bench.host.calls == []


def test_it_gives_up_when_patience_is_over_and_a_rerun_goes_on(bench):
    bench.host.faults += ["busy"] * 100
    with pytest.raises(GaveUpError, match="gave up after"):
        bench.rollback(patience=10)
    bench.host.faults.clear()
    assert "rolled back to v1.0.0" in bench.rollback(operation="op4").summary
    assert bench.current == {A: 100, B: 0}


def test_too_late_to_send_the_intent_is_renewed_first(bench):
    read = bench.store.write

    def slow(journal, etag):
        stored = read(journal, etag)
        if len(bench.store.written) == 1:
            bench.time.sleep(30)  # the process stood still after it wrote its intent
        return stored

    bench.store.write = slow
    bench.rollback()
    intents = [j.intent.deadline for j in bench.store.written if j.intent]
    assert len(intents) == 2
    assert intents[1] >= intents[0] + 8
    assert bench.host.calls == [("move", {A: 100, B: 0})]


def test_a_fleet_change_that_took_long_to_prepare_looks_again_before_its_one_call(bench):
    prepare = bench.host.prepare

    def overtaken(*change):
        prepare(*change)
        bench.time.sleep(30)
        bench.rollback(operation="op4")

    bench.host.prepare = overtaken
    with pytest.raises(RefusedError, match="superseded by operator"):
        bench.up("op3", B, (A, B, C))
    assert bench.host.calls == [("move", {A: 100, B: 0})]


def test_a_fleet_change_is_prepared_once_however_slow_that_is(bench):
    prepared = []
    prepare = bench.host.prepare

    def slow(*change):
        prepare(*change)
        prepared.append(change[0])
        bench.time.sleep(30)

    bench.host.prepare = slow
    bench.up("op3", B, (A, B, C))
    assert prepared == ["v1.0.0+v1.1.0+v1.2.0"]
    assert bench.store.journal.fleet == (A, B, C)


def test_a_move_that_sagemaker_keeps_taking_back_is_given_up_and_said(bench):
    bench.host.faults += ["reverted"] * 9
    with pytest.raises(BrokenError, match="took the weights 3 times and took them back"):
        bench.rollback()
    assert bench.current == {A: 0, B: 100}


def test_a_fleet_change_that_was_rolled_back_fails_the_up_and_is_not_recorded(bench):
    bench.host.faults.append("reverted")
    with pytest.raises(RefusedError, match="rolled the change of the fleet back"):
        bench.up("op3", B, (A, B, C))
    assert bench.store.journal.fleet == (A, B)
    assert bench.store.journal.intent is None


@pytest.mark.parametrize(
    ("fleet", "told"),
    [
        ((A, B, C), f"if {C} cannot start, `modelctl reject {C} --reason …` keeps it from the next change"),
        ((B,), "`modelctl status` shows where things stand"),
    ],
)
def test_of_a_fleet_change_that_was_rolled_back_it_is_told_how_what_joined_is_kept_away(bench, fleet, told):
    """One that joins by rule would be in the next change too."""
    bench.host.faults.append("reverted")
    with pytest.raises(RefusedError) as refused:
        bench.up("op3", B, fleet)
    assert str(refused.value).endswith(told)


def test_before_its_first_call_a_rollback_reads_the_tag_only_where_the_weights_are_not_explained(bench):
    tagged = bench.host.marked
    bench.host.marked = lambda: (bench.host.calls.append("tag"), tagged())[1]
    bench.rollback()
    assert bench.host.calls[0] == ("move", {A: 100, B: 0})
    bench.console({A: 50, B: 50})
    bench.host.calls.clear()
    bench.rollback(operation="op4")
    assert bench.host.calls[0] == "tag"


def test_a_move_without_the_journal_stands_until_it_is_adopted(bench):
    bench.host.tag = "operator at 03:14"
    with pytest.raises(RefusedError, match="modelctl adopt"):
        bench.up("op3", A)
    assert bench.host.calls == []


def test_a_silent_aws_is_asked_again(bench):
    bench.store.silent = 3
    bench.rollback()
    assert bench.current == {A: 100, B: 0}


def test_an_aws_that_stays_silent_is_unreachable_in_a_sentence(bench):
    bench.store.silent = 100
    with pytest.raises(UnreachableError, match="asked 5 times in vain: GetObject"):
        bench.rollback()


def test_a_second_rollback_says_who_was_first_and_sends_nothing(bench):
    bench.rollback()
    bench.time.sleep(60)
    bench.host.calls.clear()
    done = bench.rollback(operation="op4")
    assert done.already
    assert "already rolled back to v1.0.0 by operator: 5xx" in done.summary
    assert bench.host.calls == []


def test_a_target_with_too_few_instances_is_scaled_before_it_gets_traffic(bench):
    bench.host.scale(B, 3, {A: 0, B: 100})
    bench.host.calls.clear()
    bench.rollback()
    assert [kind for kind, _ in bench.host.calls] == ["scale", "move"]


def test_scaling_is_no_try_of_the_move_and_not_told_as_one(bench):
    bench.host.scale(B, 3, {A: 0, B: 100})
    bench.host.calls.clear()
    bench.host.faults += ["", "reverted", "reverted", "reverted"]
    with pytest.raises(BrokenError, match="took the weights 3 times and took them back"):
        bench.rollback()
    assert [kind for kind, _ in bench.host.calls] == ["scale", "move", "move", "move"]


def test_now_means_before_scaling(bench):
    bench.host.scale(B, 3, {A: 0, B: 100})
    bench.host.calls.clear()
    bench.rollback(unscaled=True)
    assert [kind for kind, _ in bench.host.calls] == ["move"]


@pytest.mark.parametrize(
    ("fault", "sentence"), [("refused", "limit is 2 instances"), ("reverted", "did not start them")]
)
def test_traffic_moves_with_a_warning_where_the_target_gets_no_instances(bench, fault, sentence):
    bench.host.scale(B, 3, {A: 0, B: 100})
    bench.host.calls.clear()
    bench.host.faults.append(fault)

    done = bench.rollback()

    assert bench.current == {A: 100, B: 0}
    assert [kind for kind, _ in bench.host.calls if kind == "move"] == ["move"]
    (warning,) = done.warnings
    assert "v1.0.0 serves on 1 of the 3 instances that its traffic needs" in warning
    assert sentence in warning


def test_up_moves_traffic_without_instances_too(bench):
    bench.host.scale(B, 3, {A: 0, B: 100})
    bench.host.faults.append("refused")

    assert any("1 of the 3 instances" in warning for warning in bench.up("op3", A).warnings)
    assert bench.current == {A: 100, B: 0}


@pytest.mark.parametrize("error", [NotSentError, BusyError, LostError])
def test_instances_are_requested_for_a_bounded_time(bench, error):
    bench.host.scale(B, 3, {A: 0, B: 100})

    def never(*_):
        raise error("UpdateEndpointWeightsAndCapacities")

    bench.host.scale = never
    before = bench.time.seconds

    done = bench.rollback()

    assert bench.current == {A: 100, B: 0}
    assert bench.time.seconds - before < bench.host.timing.scaling + 15
    assert "no more within 60 s" in done.warnings[0]


def test_a_request_for_instances_is_no_try_of_the_move(bench):
    bench.host.scale(B, 3, {A: 0, B: 100})
    bench.host.calls.clear()
    bench.host.faults += ["", "reverted", "reverted"]

    bench.rollback()

    assert [kind for kind, _ in bench.host.calls] == ["scale", "move", "move", "move"]
    assert bench.current == {A: 100, B: 0}


def test_enough_instances_are_no_warning(bench):
    bench.host.scale(B, 3, {A: 0, B: 100})

    assert bench.rollback().warnings == ()
    assert any("`modelctl rollback --now`" in note for note in bench.time.notes)


def test_one_that_gives_up_while_instances_start_names_the_way_without_them(bench):
    bench.host.scale(B, 3, {A: 0, B: 100})
    bench.host.describe()
    bench.host.describe()
    bench.host.slow = 10_000.0

    with pytest.raises(GaveUpError, match=r"gave up after .*: with `modelctl rollback --now`"):
        bench.rollback(patience=100)


@pytest.mark.parametrize("seconds", [1, 5, 20])
def test_an_accepted_change_that_is_not_shown_yet_was_not_rolled_back(bench, seconds):
    bench.host.stale = seconds

    bench.up("op3", B, (A, B, C))
    assert bench.store.journal.fleet == (A, B, C)
    bench.up("op4", A, (A, B, C))
    bench.time.sleep(seconds)
    bench.rollback(operation="op5", to=B)

    assert bench.current == {A: 0, B: 100, C: 0}
    assert [kind for kind, _ in bench.host.calls] == ["fleet", "move", "move"]


def test_what_is_not_found_right_after_it_was_made_is_asked_for_again(bench):
    prepare, change = bench.host.prepare, bench.host.change
    visible_at = bench.time.seconds + 12

    def unseen(call):
        def asks(*args, **more):
            if bench.time.seconds < visible_at:
                raise UnseenError("Could not find model")
            call(*args, **more)

        return asks

    bench.host.prepare, bench.host.change = unseen(prepare), unseen(change)
    bench.up("op3", B, (A, B, C))
    assert bench.store.journal.fleet == (A, B, C)


def test_what_stays_unfound_is_said_after_half_a_minute(bench):
    def never(*_):
        raise UnseenError("Could not find model")

    bench.host.prepare = never
    before = bench.time.seconds
    with pytest.raises(UnreachableError, match=r"Could not find model, for 3\d s"):
        bench.up("op3", B, (A, B, C))
    assert bench.time.seconds - before < 40


def test_a_target_of_the_same_bits_is_refused_unless_nothing_is_rejected(bench):
    same = {A: "sha256:a", B: "sha256:a"}
    bench.store.journal = msgspec.structs.replace(bench.store.journal, digests=same)
    with pytest.raises(
        RefusedError, match=r"v1\.0\.0 has the same bits as v1\.1\.0, which this would reject"
    ):
        bench.rollback(to=A)
    assert bench.rollback(to=A, keep=True)


def test_a_silence_of_seconds_ends_no_wait_that_has_begun(bench):
    bench.host.faults.append("busy")
    busy = bench.host.describe

    def falls_silent():
        bench.host.describe = busy
        bench.store.silent = 12
        return busy()

    bench.host.describe = falls_silent
    bench.rollback()
    assert bench.store.silent == 0
    assert bench.current == {A: 100, B: 0}


def silent_for(bench, seconds):
    """From now on no connection is made, for so many seconds."""
    end = bench.time.seconds + seconds
    describe = bench.host.describe

    def describes():
        if bench.time.seconds < end:
            raise NotSentError("sagemaker:DescribeEndpoint flights-prod: no connection")
        return describe()

    bench.host.describe = describes


@pytest.mark.parametrize("seconds", [1, 20, 50])
def test_a_wait_of_minutes_survives_connections_that_are_not_made(bench, seconds):
    bench.host.looks = 100  # SageMaker takes its time
    move = bench.host.move

    def then_silence(*args, **more):
        move(*args, **more)
        silent_for(bench, seconds)

    bench.host.move = then_silence
    bench.rollback()
    assert bench.current == {A: 100, B: 0}
    assert any("no connection" in why for why, _ in bench.time.waits)


def test_an_operation_that_has_begun_says_what_stands_when_nothing_answers_for_a_minute(bench):
    move = bench.host.move

    def then_silence(*args, **more):
        move(*args, **more)
        silent_for(bench, 1000)

    bench.host.move = then_silence
    with pytest.raises(UnreachableError, match=r"no connection\. So for 6\d s; what is recorded stands: run"):
        bench.rollback()


def test_a_first_look_that_makes_no_connection_soon_says_so(bench):
    silent_for(bench, 1000)
    before = bench.time.seconds
    with pytest.raises(UnreachableError, match="asked 5 times in vain: sagemaker:DescribeEndpoint"):
        bench.rollback()
    assert bench.time.seconds - before < 10


@pytest.mark.parametrize(("error", "answered"), [(NotSentError, True), (BusyError, True), (LostError, False)])
def test_only_a_call_that_may_have_gone_out_is_still_on_its_way(bench, error, answered):
    """Whoever comes next waits for the deadline of a call that may still arrive, and for no other."""
    move = bench.host.move

    def fails_once(*_, **__):
        bench.host.move = move
        raise error("UpdateEndpointWeightsAndCapacities")

    bench.host.move = fails_once
    before = bench.store.journal.fence
    bench.up("op3", A)
    assert bench.current == {A: 100, B: 0}
    assert (bench.store.journal.fence == before) is answered


def test_a_request_for_instances_that_was_not_answered_is_outwaited_before_a_rollback_says_done(bench):
    """It asks for the weights of its time: landing after the move, it gives the version that was left its traffic back."""
    bench.host.scale(B, 3, bench.current)
    bench.passes()
    late = []

    def scale(version, instances, weights):
        """On its way; meanwhile autoscaling starts the instances."""
        there = bench.host.endpoint.variants
        running = msgspec.structs.replace(there[version], instances=instances, instances_desired=instances)
        variants = {**there, version: running}
        bench.host.endpoint = msgspec.structs.replace(bench.host.endpoint, variants=variants)
        late.append((bench.time.seconds + 6, weights))
        raise LostError("no answer")

    describe = bench.host.describe

    def lands():
        while late and bench.time.seconds >= late[0][0] and not bench.host.endpoint.busy:
            bench.console(late.pop()[1])
        return describe()

    bench.host.scale, bench.host.describe = scale, lands
    bench.rollback()
    bench.passes()
    assert (late, bench.current) == ([], {A: 100, B: 0})
