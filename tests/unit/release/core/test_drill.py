"""A drill: rollbacks there and back under load. After it the journal intends what it did before, whoever ended it and wherever it was."""

import msgspec
import pytest

from modeldelivery.release.core import drill, drill_figures, sanity
from modeldelivery.release.core.drill import Command, OvertakenError
from modeldelivery.release.core.drill_figures import Answer, Span
from modeldelivery.release.core.journal import (
    KEPT_DRILLS,
    ClusterPlace,
    DrillMove,
    Event,
    EventKind,
    decode,
    encode,
)
from modeldelivery.release.errors import RefusedError
from modeldelivery.release.operations import drill as operation
from modeldelivery.release.operations.drill import Drilling, Rollbacks
from modeldelivery.release.runner import Runner
from tests.fakes.journal import START
from tests.fakes.sending import FakeSending
from tests.unit.release.bench import A, B, Bench, C, KilledError


@pytest.fixture
def bench():
    """B serves, A did before, C is a candidate."""
    return Bench((A, B, C))


def drilling(bench, operation="drill1", rounds=2, patience=300.0):
    runner = Runner(
        store=bench.store,
        traffic=bench.host,
        clock=bench.time,
        progress=bench.time,
        patience=patience,
        operation=operation,
    )
    command = Command(operation=operation, actor="ada", reason="monthly", rounds=rounds, rate=10)
    return Drilling(command=command, runner=runner)


def drilled(bench, requests=None, **options):
    """A whole one."""
    each = drilling(bench, **options)
    each.end_earlier()
    each.begin()
    return each.measure(requests or FakeSending(bench.time, bench.host))


def intends(journal):
    """What everything that comes after goes by."""
    return (
        journal.weights,
        journal.live,
        journal.fleet,
        journal.rejections,
        journal.served,
        journal.decision,
        journal.intent,
    )


# --- what it leaves


def test_after_a_drill_the_journal_intends_what_it_did_before(bench):
    before = bench.journal
    drilled(bench)
    assert intends(bench.journal) == intends(before)


def test_a_drill_goes_to_the_fallback_and_back_in_each_round(bench):
    drilled(bench, rounds=3)
    assert [next(v for v, w in move.items() if w) for move in bench.moves] == [A, B] * 3


def test_a_drill_is_one_line_of_history_whatever_its_rounds(bench):
    before = bench.journal.history
    drilled(bench, rounds=20)
    assert [event.kind for event in bench.journal.history[len(before) :]] == [EventKind.DRILL]
    assert bench.journal.history[: len(before)] == before


def test_while_a_drill_is_under_way_its_moves_push_no_decision_out(bench):
    drilled(bench, rounds=20)
    longest = max(len(journal.history) for journal in bench.store.written)
    assert longest <= len(bench.journal.history) + 1


def test_the_line_has_the_receipts_of_all_its_calls(bench):
    drilled(bench, rounds=3)
    calls = bench.journal.history[-1].calls
    assert len(calls) == len(set(calls)) == len(bench.moves) == 6


def test_drills_push_only_drills_out(bench):
    before = bench.journal
    event = Event(operation="d", kind=EventKind.DRILL, at=START, actor="a", reason="", source={}, target={})
    after = before
    for _ in range(KEPT_DRILLS + 10):
        after = after.with_event(event)
    assert len(after.history) == len(before.history) + KEPT_DRILLS


def test_a_rollback_that_stood_before_a_drill_stands_after_it(bench):
    """Its decision is the rollback's again: a plain one says `already`, and rejects nothing more."""
    bench.up("op3", C, (A, B, C))
    bench.passes()
    bench.rollback(operation="op4")
    bench.passes()
    drilled(bench)
    bench.passes()
    assert bench.again().already
    assert bench.rejected == [C]


def test_a_drill_is_read_and_written_as_it_is(bench):
    drilled(bench)
    assert decode(encode(bench.journal), "here") == bench.journal


def test_a_journal_with_a_drill_is_sane_at_every_write_of_it(bench):
    drilled(bench)
    faults = [sanity.fault(journal, START + bench.time.seconds) for journal in bench.store.written]
    assert set(faults) == {None}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"home": "latest"}, "drill"),
        ({"since": 1e20}, "drill.since"),
        ({"ended": -1.0}, "drill.ended"),
        ({"moves": (DrillMove(to="one", wrong=0.1, done=0.2, requests=3),)}, "drill"),
    ],
)
def test_a_drill_that_cannot_be_true_makes_no_sane_journal(bench, changes, field):
    drilled(bench)
    broken = msgspec.structs.replace(bench.journal.drill, **changes)
    fault = sanity.fault(msgspec.structs.replace(bench.journal, drill=broken), START + bench.time.seconds)
    assert fault
    assert fault.startswith(field)


# --- what it measures


def test_wrong_answers_end_when_traffic_has_moved_and_done_comes_after(bench):
    bench.host.slow = 2.0
    latest = drilled(bench)
    assert len(latest.moves) == 4
    assert all(1.5 < move.wrong < 4.0 and move.wrong <= move.done for move in latest.moves)
    assert drill_figures.passed(latest)


def test_every_request_belongs_to_one_rollback_or_came_before_the_first(bench):
    requests = FakeSending(bench.time, bench.host)
    first = bench.time.seconds + operation.WATCHED
    latest = drilled(bench, requests)
    after = [answer for answer in requests.answers if answer.started >= first - 1e-6]
    assert sum(move.requests for move in latest.moves) == len(after)


def test_a_round_that_lost_requests_is_the_last_and_traffic_is_back(bench):
    before = bench.journal
    latest = drilled(bench, FakeSending(bench.time, bench.host, fails=lambda number: number > 12), rounds=5)
    assert len(latest.moves) == 1
    assert latest.moves[0].lost > 0
    assert latest.why == operation.LOST
    assert not drill_figures.passed(latest)
    assert intends(bench.journal) == intends(before)
    assert bench.current[B] == 100


def span(**changes):
    usual = Span(to=A, variant="v1-0-0", requested=10.0, done=12.0, until=13.0)
    return msgspec.structs.replace(usual, **changes)


def test_an_answer_of_the_version_left_to_a_request_sent_after_done_is_late():
    sent = {9.9: "v1-1-0", 10.1: "v1-1-0", 11.9: "v1-0-0", 12.1: "v1-1-0", 13.1: "v1-1-0"}
    answers = [Answer(at, at + 0.5, 200, variant) for at, variant in sent.items()]
    move = drill_figures.measured(span(), answers)
    assert (move.late, move.requests) == (1, 3)


def test_the_last_wrong_answer_counts_when_it_came_not_when_it_was_asked():
    answers = [Answer(10.5, 11.75, 200, "v1-1-0"), Answer(11.0, 11.1, 200, "v1-0-0")]
    assert drill_figures.measured(span(), answers).wrong == 1.75


@pytest.mark.parametrize("status", [0, 424, 503, 302])
def test_whatever_is_not_answered_2xx_is_lost_and_is_no_wrong_answer(status):
    move = drill_figures.measured(span(), [Answer(10.5, 12.5, status), Answer(11.0, 11.1, 200, "v1-0-0")])
    assert (move.lost, move.wrong) == (1, 0.0)


def test_a_percentile_is_a_value_that_was_measured():
    figures = drill_figures.figures([0.1 * n for n in range(1, 41)])
    assert (figures.p50, figures.p99, figures.max) == pytest.approx((2.0, 4.0, 4.0))


# --- what it refuses


def split(bench):
    bench.console({A: 50, B: 50})
    bench.adopt()


def moved_by_the_console(bench):
    bench.console({A: 100})


def alone(bench):
    bench.up("op3", B, (B, C))


def changing(bench):
    bench.host.looks = 100
    bench.killed(lambda: bench.up("op3", B, (A, B)), after="change")


def pending(bench):
    bench.killed(bench.rollback, taken=False)


def marked(bench):
    bench.host.tag = "bob: S3 is down"


def stopped(bench):
    variants = bench.host.endpoint.variants
    none = msgspec.structs.replace(variants[A], instances=0)
    bench.host.endpoint = msgspec.structs.replace(bench.host.endpoint, variants={**variants, A: none})


def on_a_cluster(bench):
    place = ClusterPlace(server="https://cluster", namespace="models", route="flights")
    bench.store.journal = msgspec.structs.replace(bench.journal, place=place)


def gone(bench):
    bench.host.endpoint = None


@pytest.mark.parametrize(
    ("past", "sentence"),
    [
        (split, "traffic is split"),
        (moved_by_the_console, "traffic was moved by someone else"),
        (alone, "a drill takes two versions that have carried everything"),
        (changing, "ci is at work"),
        (pending, "operator is at work"),
        (marked, "without the journal"),
        (stopped, "no running instance"),
        (gone, "there is no endpoint"),
        (on_a_cluster, "this environment is on a cluster"),
    ],
)
def test_where_a_drill_would_lie_it_is_refused_and_nothing_is_written(bench, past, sentence):
    past(bench)
    bench.store.written.clear()
    bench.host.calls.clear()
    with pytest.raises(RefusedError, match=sentence):
        drilled(bench)
    assert (bench.store.written, bench.host.calls) == ([], [])


# --- somebody else


def begun(bench):
    """A drill whose first move is done: A serves, in the place of B."""
    each, requests = drilling(bench), FakeSending(bench.time, bench.host)
    each.begin()
    rollbacks = Rollbacks(requests)
    each._moved(rollbacks, A)
    assert bench.current[A] == 100
    return lambda: each._moved(rollbacks, B)


def test_a_plain_rollback_during_a_drill_goes_where_it_would_have_gone_and_rejects_what_served(bench):
    goes_back = begun(bench)
    bench.rollback(operation="op9", actor="bob")
    assert (bench.current[A], bench.rejected) == (100, [B])
    with pytest.raises(OvertakenError, match="bob decided"):
        goes_back()
    assert bench.current[A] == 100


def overtaken_at(bench, nth, port, decides, *, first):
    """A drill during which somebody else decides: before or after its nth write of the journal, or call."""
    each, requests, calls = drilling(bench), FakeSending(bench.time, bench.host), []
    each.begin()
    name = "write" if port is bench.store else "move"
    call = getattr(port, name)

    def overtaken(*args, **more):
        calls.append(name)
        if len(calls) != nth:
            return call(*args, **more)
        setattr(port, name, call)
        if first:
            decides()
        answer = call(*args, **more)
        if not first:
            decides()
        return answer

    setattr(port, name, overtaken)
    return each.measure(requests)


@pytest.mark.parametrize("nth", range(1, 9))
@pytest.mark.parametrize("first", [True, False])
def test_a_rollback_at_any_write_of_a_drill_stands_and_ends_it(bench, nth, first):
    latest = overtaken_at(
        bench, nth, bench.store, lambda: bench.rollback(operation="op9", actor="bob"), first=first
    )
    assert bench.journal.decision.operation == "op9"
    assert (bench.current[A], bench.rejected) == (100, [B])
    assert "bob" in latest.why
    assert bench.journal.history[-1].kind is EventKind.DRILL


@pytest.mark.parametrize("nth", range(1, 5))
def test_a_rollback_after_any_call_of_a_drill_stands_and_ends_it(bench, nth):
    latest = overtaken_at(
        bench, nth, bench.host, lambda: bench.rollback(operation="op9", actor="bob"), first=False
    )
    assert bench.journal.decision.operation == "op9"
    assert (bench.current[A], bench.rejected) == (100, [B])
    assert (len(latest.moves), "bob" in latest.why) == (nth - 1, True)


def test_an_up_that_changes_the_fleet_meanwhile_is_let_through_and_the_drill_goes_on(bench):
    before = bench.journal.decision
    each, requests = drilling(bench, rounds=1), FakeSending(bench.time, bench.host)
    each.begin()
    bench.host.looks = 5
    bench.killed(lambda: bench.up("op9", B, (A, B)), after="change")
    bench.time.on_wait.append(lambda: bench.up("op10", B, (A, B)))
    latest = each.measure(requests)
    assert (latest.why, bench.current, bench.journal.decision) == ("", {A: 0, B: 100}, before)
    assert not [event for event in bench.journal.history if "superseded by ada" in event.reason]


def test_an_up_during_a_drill_leaves_its_traffic_alone(bench):
    begun(bench)
    bench.up("op9", B, (A, B, C))
    assert bench.current[A] == 100


def test_another_drill_waits_for_the_signs_of_life_of_one_that_is_under_way(bench):
    begun(bench)
    sign = drill.last_sign(bench.journal, bench.journal.drill)
    waited = bench.time.seconds
    drilling(bench, "drill2").end_earlier()
    assert START + bench.time.seconds > sign + bench.host.timing.lease
    assert bench.time.seconds > waited
    assert (bench.journal.drill.operation, bench.journal.drill.ended is None) == ("drill1", False)


# --- killed


def kill_points():
    """Every write of the journal and every move of a drill of two rounds, before and after it was carried out."""
    bench = Bench((A, B, C))
    drilled(bench)
    writes = [("write", nth) for nth in range(len(bench.store.written))]
    moves = [("move", nth) for nth in range(len(bench.moves))]
    return [(*point, ran) for point in writes + moves for ran in (False, True)]


def killed_at(bench, call, nth, *, ran):
    """The process ends at its nth write or move."""
    port = bench.store if call == "write" else bench.host
    carried_out, calls = getattr(port, call), []

    def dies(*args, **more):
        calls.append(call)
        if len(calls) == nth + 1:
            if ran:
                carried_out(*args, **more)
            raise KilledError
        return carried_out(*args, **more)

    setattr(port, call, dies)
    requests = FakeSending(bench.time, bench.host)
    with pytest.raises(KilledError):
        drilled(bench, requests)
    setattr(port, call, carried_out)
    bench.time.sleep = requests.sleep


@pytest.mark.parametrize(("call", "nth", "ran"), kill_points())
def test_killed_anywhere_the_next_drill_ends_it_first_and_the_journal_intends_what_it_did(
    bench, call, nth, ran
):
    before = bench.journal
    killed_at(bench, call, nth, ran=ran)
    latest = drilled(bench, operation="drill2")
    assert (latest.operation, latest.why, len(latest.moves)) == ("drill2", "", 4)
    assert intends(bench.journal) == intends(before)
    kinds = [event.kind for event in bench.journal.history[len(before.history) :]]
    assert set(kinds) == {EventKind.DRILL}
    assert bench.current[B] == 100


@pytest.mark.parametrize(("call", "nth", "ran"), kill_points())
def test_killed_anywhere_status_says_what_stands_and_what_to_type(bench, call, nth, ran):
    killed_at(bench, call, nth, ran=ran)
    bench.passes(600)
    left = drill.under_way(bench.journal)
    codes = [finding.code for finding in bench.status.findings if "drill" in finding.remedy]
    assert codes == ([] if left is None else ["drill-unfinished"])


@pytest.mark.parametrize(("call", "nth", "ran"), kill_points())
def test_killed_anywhere_a_plain_rollback_goes_to_the_fallback_and_rejects_what_served(bench, call, nth, ran):
    killed_at(bench, call, nth, ran=ran)
    bench.again()
    assert (bench.current[A], bench.rejected) == (100, [B])


def test_a_drill_that_is_interrupted_goes_back_before_it_ends(bench):
    before = bench.journal

    def interrupts():
        raise KeyboardInterrupt

    bench.host.faults.append(interrupts)
    latest = drilled(bench)
    assert latest.why == operation.INTERRUPTED
    assert intends(bench.journal) == intends(before)


# A drill that is interrupted on its way back from the first rollback: one more move is opened, carried out and noted, then its end.
@pytest.mark.parametrize(
    ("port", "nth", "first"),
    [("write", 4, True), ("write", 4, False), ("write", 5, True), ("move", 3, False)],
)
def test_a_rollback_while_an_interrupted_drill_goes_back_stands_and_ends_it(bench, port, nth, first):
    def interrupts():
        raise KeyboardInterrupt

    bench.host.faults.extend(["", interrupts])
    latest = overtaken_at(
        bench,
        nth,
        bench.store if port == "write" else bench.host,
        lambda: bench.rollback(operation="op9", actor="bob"),
        first=first,
    )
    assert bench.journal.decision.operation == "op9"
    assert (bench.current[A], bench.rejected) == (100, [B])
    assert (latest.ended is None, "bob" in latest.why) == (False, True)
    assert bench.journal.history[-1].kind is EventKind.DRILL
    assert not [event for event in bench.journal.history if event.operation.startswith("drill1-")]


def test_a_rollback_while_a_killed_drill_is_ended_stands_and_ends_it(bench):
    begun(bench)
    calls, move = [], bench.host.move

    def overtaken(*args, **more):
        calls.append(args)
        answer = move(*args, **more)
        if len(calls) == 1:
            bench.rollback(operation="op9", actor="bob")
        return answer

    bench.host.move = overtaken
    drilling(bench, "drill2").end_earlier()
    assert (bench.journal.decision.operation, bench.current[A]) == ("op9", 100)
    assert (bench.journal.drill.ended is None, "bob" in bench.journal.drill.why) == (False, True)


def test_traffic_is_given_back_before_requests_that_hang_are_waited_for(bench):
    requests = FakeSending(bench.time, bench.host)
    serving, settled = [], requests.settled

    def waits():
        serving.append(dict(bench.current))
        return settled()

    def interrupts():
        raise KeyboardInterrupt

    requests.settled = waits
    bench.host.faults.extend(["", interrupts])
    latest = drilled(bench, requests)
    assert (latest.why, serving[-1]) == (operation.INTERRUPTED, {A: 0, B: 100, C: 0})
    assert [(move.to, move.lost, move.late) for move in latest.moves] == [(A, 0, 0)]
