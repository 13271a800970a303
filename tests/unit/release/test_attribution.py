"""Who did it: the caller as the platform knows them, and receipts of calls, in history; neither delays nor fails anything."""

import msgspec
import pytest

from modeldelivery.release.core import accept
from modeldelivery.release.core.attribution import Attribution, attributed
from modeldelivery.release.core.journal import Event, EventKind, Journal, Rejection
from modeldelivery.release.runner import MOMENT
from tests.fakes.caller import FakeCaller
from tests.unit.release.bench import A, B, Bench, C


class Attributed(Bench):
    """Each run may be told whom the platform takes it for."""

    def up(self, operation, live, fleet=(A, B), caller=None):
        self.caller = caller
        return super().up(operation, live, fleet)

    def rollback(self, operation="rollback-1", caller=None):
        self.caller = caller
        return super().rollback(operation=operation, actor="ada")

    def accept(self, caller=None):
        self.caller = caller
        command = accept.Accept(operation="accept-1", actor="ada", reason="mended", version=B)
        return self.run(lambda view: accept.decide(command, view), operation=command.operation)

    def told(self, operation):
        return [event for event in self.journal.history if event.operation == operation]


@pytest.fixture
def bench():
    return Attributed()


def test_a_rollbacks_outcome_has_its_caller_and_the_receipt_of_its_call(bench):
    caller = FakeCaller()

    bench.rollback(caller=caller)

    (event,) = bench.told("rollback-1")
    assert (event.actor, event.caller, event.calls) == ("ada", caller.arn, ("receipt-1",))
    assert bench.store.journal.decision == event


def test_the_caller_is_asked_for_after_the_weights_call(bench):
    caller = FakeCaller(on_ask=lambda: list(bench.host.calls))

    bench.rollback(caller=caller)

    assert caller.requests == [[("move", {A: 100, B: 0})]]


def test_the_caller_is_asked_for_while_the_platform_is_still_at_work(bench):
    bench.host.slow = 30.0
    caller = FakeCaller(on_ask=lambda: bench.time.seconds)
    begun = bench.time.seconds

    bench.rollback(caller=caller)

    assert caller.requests[0] - begun < 30 <= bench.time.seconds - begun


def test_a_line_that_another_wrote_is_not_signed_with_the_caller_of_whoever_closes_it():
    def line(operation, kind):
        return Event(
            operation=operation,
            kind=kind,
            at=1.0,
            actor=operation,
            reason="r",
            source={A: 100},
            target={A: 100},
        )

    after = Journal(history=(line("up-1", EventKind.CLOSED), line("adopt-1", EventKind.ADOPT)))

    written = attributed(Journal(), after, Attribution(operation="adopt-1", caller="arn:of:ada"))

    assert [event.caller for event in written.history] == [None, "arn:of:ada"]


def test_a_caller_that_is_never_known_fails_nothing_and_delays_no_call(bench):
    begun = bench.time.seconds
    bench.rollback(caller=FakeCaller())
    usual = bench.time.seconds - begun
    other = Attributed()
    silent = FakeCaller(arn=None, on_ask=lambda: list(other.host.calls))
    begun = other.time.seconds

    other.rollback(caller=silent)

    assert other.time.seconds - begun == usual
    assert silent.requests == [[("move", {A: 100, B: 0})]]
    assert silent.waited == [MOMENT]
    (event,) = other.told("rollback-1")
    assert (event.caller, event.calls) == (None, ("receipt-1",))


def test_what_moves_nothing_has_its_caller_too(bench):
    caller = FakeCaller()
    journal = bench.store.journal
    rejected = Rejection(version=B, digest=None, at=1.0, actor="ada", reason="5xx")
    bench.store.journal = msgspec.structs.replace(journal, rejections=(rejected,))

    bench.accept(caller)

    assert [event.caller for event in bench.told("accept-1")] == [caller.arn]


def test_each_phase_of_up_has_the_receipts_of_its_own_calls(bench):
    bench.up("up-3", C, fleet=(B, C), caller=FakeCaller())

    told = [(event.kind, event.calls) for event in bench.told("up-3")]
    assert told == [
        (EventKind.FLEET, ("receipt-1",)),
        (EventKind.UP, ("receipt-2",)),
        (EventKind.FLEET, ("receipt-3",)),
    ]


def test_a_call_whose_answer_was_lost_has_no_receipt(bench):
    bench.host.faults.append("lost")

    bench.rollback(caller=FakeCaller())

    assert [event.calls for event in bench.told("rollback-1")] == [()]


def test_whoever_finishes_anothers_rollback_leaves_receipts_and_does_not_sign_for_it(bench):
    def dies():
        raise KeyboardInterrupt

    bench.host.faults.append(dies)
    with pytest.raises(KeyboardInterrupt):
        bench.rollback(caller=FakeCaller())
    bench.host.faults.clear()
    bench.time.sleep(60)

    bench.up("up-3", B, caller=FakeCaller(arn="arn:of:ci"))

    (event,) = bench.told("rollback-1")
    assert (event.actor, event.caller, event.calls) == ("ada", None, ("receipt-1",))


def test_lines_of_earlier_operations_stay_as_they_are(bench):
    bench.rollback(caller=FakeCaller())
    before = bench.told("rollback-1")

    bench.accept(FakeCaller(arn="arn:of:bob"))

    assert bench.told("rollback-1") == before
    assert {event.caller for event in bench.told("op2")} == {None}
