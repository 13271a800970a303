"""Rules of a rollback (docs/architecture.md): where it goes, whom it rejects, when it is already done, what it refuses."""

import re

import msgspec
import pytest

from modeldelivery.release.core.endpoint import Condition
from modeldelivery.release.core.journal import EventKind, IntentKind
from modeldelivery.release.errors import GaveUpError, RefusedError
from tests.unit.release.bench import A, B, Bench, C, Crowd

SOON = 45.0  # seconds for 32 of them; the last waits a lease out


@pytest.fixture
def bench():
    """B serves, A did before, C is a candidate."""
    return Bench((A, B, C))


def whole(bench):
    """The version with all the traffic; none while it is split."""
    having = [v for v, w in bench.current.items() if w]
    return having[0] if len(having) == 1 else None


# --- R1: where it goes


def given_back(bench):
    """The documented way back to what was rolled back from."""
    bench.rollback()
    bench.accept(B)
    bench.again(to=B, keep=True)


def given_twice(bench):
    bench.again(to=C, keep=True)
    bench.again(to=A, keep=True)


def adopted_between(bench):
    bench.rollback(keep=True)
    bench.console({C: 1})
    bench.adopt()


def moved_on_by_up(bench):
    bench.rollback()
    bench.passes()
    bench.up("op4", C, (A, B, C))


def moved_back_by_up(bench):
    bench.rollback()
    bench.accept(B)
    bench.up("op4", C, (A, B, C))
    bench.passes()
    bench.up("op5", B, (A, B, C))


def given_while_it_serves(bench):
    """`--to` names what has all the traffic already, with and without `--keep`."""
    bench.again(to=B)
    assert bench.again(to=B).already
    assert bench.again(to=B, keep=True).already


def split_by_the_console(bench):
    bench.rollback()
    bench.console({A: 60, C: 40})


def asked_for_by_the_console_and_taken_back(bench):
    bench.console({B: 100}, desired={C: 100})


def dead_while_it_gave(bench):
    bench.killed(lambda: bench.again(to=C, keep=True))


def dead_on_its_way_elsewhere(bench):
    """A pending rollback is finished by whoever comes, also where an earlier one still stands."""
    bench.rollback()
    bench.killed(lambda: bench.again(to=C), taken=False)


PASTS = [given_back, given_twice, adopted_between, moved_on_by_up, moved_back_by_up, given_while_it_serves,
         split_by_the_console, asked_for_by_the_console_and_taken_back, dead_while_it_gave,
         dead_on_its_way_elsewhere]  # fmt: skip


@pytest.mark.parametrize("past", PASTS)
def test_r1_a_plain_rollback_that_moves_traffic_goes_to_what_status_calls_the_fallback(bench, past):
    past(bench)
    bench.passes()
    fallback, had = bench.fallback, {v for v, w in bench.current.items() if w}
    assert had != {fallback}

    assert not bench.again().already
    assert (whole(bench), bench.moves[-1][fallback]) == (fallback, 100)
    assert had - {fallback} <= set(bench.rejected)


def test_r1_a_rollback_that_stands_is_where_a_plain_one_stays_even_while_the_fleet_changes(bench):
    """Going on from there would reject the version that an earlier rollback brought back."""
    bench.up("op3", C, (A, B, C))
    bench.rollback(operation="op4")
    bench.killed(lambda: bench.up("op5", C, (B, C)), after="change")

    bench.again()
    assert (whole(bench), bench.rejected) == (B, [C])


def test_r1_what_someone_asked_for_in_vain_does_not_drive_a_rollback_on_from_where_it_stands(bench):
    bench.up("op3", C, (A, B, C))
    bench.rollback(operation="op4")
    bench.console({B: 100}, desired={A: 100})

    bench.again()
    assert (whole(bench), bench.rejected) == (B, [C, A])  # A was to have traffic
    assert bench.endpoint.desired == bench.current


@pytest.mark.parametrize("unscaled", [False, True])
@pytest.mark.parametrize("kept", [False, True])
def test_r1_it_gets_there_whatever_becomes_of_a_request_for_instances_that_was_left_behind(
    bench, kept, unscaled
):
    """SageMaker may make such a request again with any call that does not take it back, and then undo both."""
    bench.host.scale(B, 3, bench.current)
    bench.passes()
    scale, move = bench.host.scale, bench.host.move

    def leaves_a_request(version, instances, weights):
        bench.host.faults.append("reverted")
        receipt = scale(version, instances, weights)
        wanted = msgspec.structs.replace(bench.host.aimed.variants[version], instances_desired=instances)
        variants = {**bench.host.aimed.variants, version: wanted}
        bench.host.aimed = msgspec.structs.replace(bench.host.aimed, variants=variants)
        return receipt

    def undone_with_a_request(weights, *, instances=None, **more):
        left = {
            v
            for v, variant in bench.endpoint.variants.items()
            if variant.instances < variant.instances_desired
        }
        if kept and left - set(instances or {}):
            bench.host.faults.append("reverted")
        return move(weights, instances=instances, **more)

    bench.host.scale, bench.host.move = leaves_a_request, undone_with_a_request
    if unscaled:
        bench.host.scale(A, 3, bench.current)
        bench.passes()
    bench.rollback(unscaled=unscaled)
    assert whole(bench) == A
    assert bench.endpoint.variants[A].instances_desired == 1


# --- R2: whom it rejects


@pytest.mark.parametrize(
    "shares", [{A: 1, B: 1000}, {A: 1000, B: 1}, {A: 1, B: 1000, C: 1}, {A: 0.001, B: 0.4}]
)
def test_r2_every_other_version_with_any_traffic_is_rejected(bench, shares):
    bench.console(shares)
    bench.rollback(to=A)
    assert bench.current == {A: 100, B: 0, C: 0}
    assert bench.rejected == sorted(shares.keys() - {A})


def test_r2_what_a_superseded_move_was_to_give_traffic_is_rejected_too(bench):
    bench.killed(lambda: bench.up("op3", C, (A, B, C)))
    bench.rollback(operation="op4")
    assert (whole(bench), bench.rejected) == (B, [C])


def test_r2_a_plain_rollback_after_one_that_kept_moves_nothing_more_and_rejects_what_that_one_left(bench):
    bench.rollback(keep=True)
    assert not bench.again().already
    assert (bench.moves, bench.rejected) == ([], [B])
    assert bench.again().already


def kept_from_a_move_of_up(bench):
    bench.killed(lambda: bench.up("op3", C, (A, B, C)))
    bench.rollback(operation="op4", keep=True)


def kept_from_the_console(bench):
    bench.console({C: 1})
    bench.rollback(keep=True)


def kept_twice_after_a_kill(bench):
    bench.up("op0", C, (A, B, C))
    bench.passes()
    bench.killed(lambda: bench.rollback(keep=True))
    bench.passes()
    bench.again(keep=True)


@pytest.mark.parametrize("kept", [kept_from_a_move_of_up, kept_from_the_console, kept_twice_after_a_kill])
def test_r2_also_what_that_one_left_had_its_traffic_beside_the_journal(bench, kept):
    """Its weights come from B then, and it took the traffic from C all the same."""
    kept(bench)
    assert (whole(bench), bench.rejected) == (B, [])

    assert not bench.again().already
    assert (bench.moves, whole(bench), bench.rejected) == ([], B, [C])
    assert bench.again().already


def test_r2_also_while_the_endpoint_is_busy(bench):
    bench.rollback(keep=True)
    bench.passes()
    idle = bench.endpoint
    bench.host.endpoint = msgspec.structs.replace(idle, condition=Condition.BUSY, word="Updating")
    with pytest.raises(GaveUpError):
        bench.rollback(operation="op4", patience=5)
    bench.host.endpoint = idle
    assert bench.rejected == [B]
    bench.again()
    assert (whole(bench), bench.rejected) == (A, [B])


@pytest.mark.parametrize("target", [A, C])
def test_r2_naming_the_same_version_without_keep_confirms_what_was_kept(bench, target):
    bench.rollback(to=target, keep=True)
    bench.again(to=target)
    assert (bench.moves, whole(bench), bench.rejected) == ([], target, [B])


def test_r2_keep_rejects_nothing_however_often(bench):
    bench.rollback(keep=True)
    assert bench.again(keep=True).already
    assert bench.again(to=A, keep=True).already
    bench.again(to=C, keep=True)
    assert bench.rejected == []


def test_r2_no_version_is_rejected_by_a_rollback_to_the_same_bits(bench):
    bench.store.journal = msgspec.structs.replace(
        bench.journal, digests={A: "sha256:a", B: "sha256:b", C: "sha256:b"}
    )
    with pytest.raises(
        RefusedError, match=r"v1\.2\.0 has the same bits as v1\.1\.0, which this would reject"
    ):
        bench.rollback(to=C)
    bench.rollback(to=C, keep=True)
    with pytest.raises(
        RefusedError, match=r"v1\.2\.0 has the same bits as v1\.1\.0, which this would reject"
    ):
        bench.again(to=C)


# --- R3: when it is already done


@pytest.mark.parametrize("accepted", [False, True])
def test_r3_while_what_it_went_back_to_serves_a_second_one_is_already_done(bench, accepted):
    bench.rollback()
    if accepted:
        bench.accept(B)
    done = bench.again()
    assert (done.already, bench.moves, whole(bench)) == (True, [], A)
    assert "already rolled back to v1.0.0 by operator: 5xx" in done.summary


def test_r3_it_names_the_way_on_from_there(bench):
    bench.rollback(to=C)
    assert bench.again().summary.endswith("From there the fallback is v1.0.0: --to v1.0.0")


@pytest.mark.parametrize("trace", [{A: 1000.0, B: 1.0}, {A: 1.0, B: 1e-6}, {A: 1000.0, C: 1.0}])
def test_r3_a_trace_of_traffic_elsewhere_is_not_already_done(bench, trace):
    bench.rollback()
    bench.console(trace)
    assert not bench.again().already
    assert bench.current == {A: 100, B: 0, C: 0}
    assert {v for v in trace if v != A} <= set(bench.rejected)


def test_r3_naming_what_serves_already_moves_and_rejects_nothing(bench):
    """It is recorded, so that an `up` beside it does not move on over it."""
    bench.again(to=B)
    assert (bench.moves, bench.rejected) == ([], [])
    assert (bench.journal.decision.kind, bench.again(to=B).already) == (EventKind.ROLLBACK, True)


def test_r3_one_that_took_traffic_from_nothing_leaves_the_fallback_to_a_plain_one(bench):
    bench.killed(lambda: bench.up("op3", B, (A, B)), after="change")
    bench.again(to=B)
    bench.again()
    assert whole(bench) == A


def test_r3_one_whose_target_was_rejected_since_is_not_already_done(bench):
    bench.rollback()
    taken = msgspec.structs.replace(bench.journal.rejections[0], version=A, digest="sha256:a")
    bench.store.journal = msgspec.structs.replace(bench.journal, rejections=(taken,))
    bench.again()
    assert whole(bench) == B


# --- R4: what it refuses


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"to": "v9.0.0"}, r"v9\.0\.0 is not on the endpoint \(there: v1\.0\.0, v1\.1\.0, v1\.2\.0\)"),
        ({"to": C}, r"v1\.2\.0 was rejected by ada: again; first `modelctl accept v1\.2\.0"),
        ({}, "no version that may serve has carried everything here"),
    ],
)
def test_r4_a_target_that_may_or_can_not_serve_is_refused_and_nothing_is_recorded(bench, options, sentence):
    bench.again(to=C, keep=True)
    bench.again(to=A)
    served = () if not options else bench.journal.served
    decision = msgspec.structs.replace(bench.journal.decision, kind=EventKind.UP)
    bench.store.journal = before = msgspec.structs.replace(bench.journal, served=served, decision=decision)
    with pytest.raises(RefusedError, match=sentence):
        bench.rollback(operation="op9", **options)
    assert bench.journal == before


def test_r4_a_target_without_an_instance_is_refused(bench):
    variants = {
        **bench.endpoint.variants,
        A: msgspec.structs.replace(bench.endpoint.variants[A], instances=0),
    }
    bench.host.endpoint = msgspec.structs.replace(bench.endpoint, variants=variants)
    with pytest.raises(RefusedError, match="has no running instance"):
        bench.rollback()
    assert (bench.moves, bench.rejected) == ([], [])


# --- R5: what it supersedes, and what becomes of one that is superseded


def test_r5_one_that_was_superseded_never_comes_back(bench):
    """Not even when a third superseded the second meanwhile, so that the last event of history is another's."""

    move = bench.host.move

    def then_others(*args, **more):
        move(*args, **more)
        bench.host.move = move
        for operation, target in (("op4", C), ("op5", A)):
            bench.rollback(operation=operation, actor="ada", to=target, keep=True)
        bench.host.calls.clear()

    bench.host.move = then_others
    with pytest.raises(RefusedError, match="superseded by ada"):
        bench.rollback(to=C, keep=True)
    assert (whole(bench), bench.moves) == (A, [])


def test_r5_nor_does_one_that_the_journal_no_longer_knows(bench):
    """An earlier copy of the journal was put back while it waited, and somebody has decided since."""
    copy, move = bench.journal, bench.host.move

    def then_put_back(*args, **more):
        move(*args, **more)
        bench.host.move = move
        bench.store.journal, bench.store.version = copy, bench.store.version + 1
        bench.rollback(operation="op4", actor="ada", to=C, keep=True)
        bench.host.calls.clear()

    bench.host.move = then_put_back
    with pytest.raises(RefusedError, match="the journal no longer knows this rollback"):
        bench.rollback()
    assert (whole(bench), bench.moves) == (C, [])


@pytest.mark.parametrize("seed", range(3))
def test_r5_of_many_rollbacks_to_two_targets_one_stands_and_the_others_soon_say_who_came_after_them(seed):
    crowd = Crowd(seed, (A, B, C))
    targets = {f"run-{n}": (A, C)[n % 2] for n in range(32)}

    ends = crowd.at_once(
        **{
            name: lambda name=name, to=to: crowd.rollback(operation=name, actor=name, to=to, keep=True)
            for name, to in targets.items()
        }
    )

    stands = crowd.journal.decision.operation
    assert crowd.journal.intent is None
    assert whole(crowd) == targets[stands]
    assert "rolled back to" in ends[stands][0].summary
    lost = [end for name, (end, _) in ends.items() if name != stands]
    for end in lost:
        assert getattr(end, "already", False) or re.search(r"superseded by run-|since then run-", str(end))
    assert max(seconds for _, seconds in ends.values()) < SOON
    closed = [e for e in crowd.journal.history if e.kind is EventKind.CLOSED]
    assert len({e.operation for e in closed}) == len(closed) <= 32


# --- R6: a move without the journal


def marks(bench, text="op9: ada moved all to v1.2.0: S3 is down"):
    bench.host.tag = text
    bench.console({C: 100})


@pytest.mark.parametrize("wait", [0, 1, 2])
def test_r6_a_running_rollback_reads_the_tag_after_every_wait_and_never_moves_over_it(bench, wait):
    bench.host.faults += ["busy"] * (wait + 1)
    bench.time.on_wait.extend([*[lambda: None] * wait, lambda: marks(bench)])
    with pytest.raises(RefusedError, match="ada moved all to"):
        bench.rollback()
    assert (bench.moves, whole(bench)) == ([], C)
    assert bench.journal.intent.kind is IntentKind.ROLLBACK


def test_r6_nor_one_that_stood_still_between_its_look_and_its_call(bench):
    write = bench.store.write

    def then_stands_still(*args):
        stored = write(*args)
        bench.store.write = write
        bench.time.sleep(30)
        marks(bench)
        return stored

    bench.store.write = then_stands_still
    with pytest.raises(RefusedError, match="ada moved all to"):
        bench.rollback()
    assert whole(bench) == C


def test_r6_nor_one_that_stood_still_before_it_wrote_its_intent(bench):
    write = bench.store.write

    def stands_still_first(*args):
        bench.store.write = write
        bench.time.sleep(30)
        marks(bench)
        return write(*args)

    bench.store.write = stands_still_first
    with pytest.raises(RefusedError, match="ada moved all to"):
        bench.rollback()
    assert whole(bench) == C


def test_r6_nor_is_an_outcome_recorded_over_it(bench):
    move = bench.host.move

    def then_marked(*args, **more):
        move(*args, **more)
        bench.host.tag = "op9: ada moved all to v1.0.0: S3 is down"

    bench.host.move = then_marked
    with pytest.raises(RefusedError, match="modelctl adopt"):
        bench.rollback()
    assert bench.journal.intent is not None


def test_r6_the_first_call_of_a_rollback_that_nothing_contends_with_asks_for_no_tag(bench):
    order = []
    store, host = bench.store, bench.host
    for port, name in (
        (store, "read"),
        (store, "write"),
        (host, "describe"),
        (host, "marked"),
        (host, "move"),
    ):
        call = getattr(port, name)
        setattr(
            port, name, lambda *a, call=call, name=name, **more: (order.append(name), call(*a, **more))[1]
        )
    bench.rollback()
    assert order[:4] == ["read", "describe", "write", "move"]
