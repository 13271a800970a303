"""`up` and what others left under way: what an intent did is observed and settled before anything supersedes it."""

from contextlib import suppress

import msgspec
import pytest

from modeldelivery.release.core import up
from modeldelivery.release.core.action import View
from modeldelivery.release.core.intent import foreseen
from modeldelivery.release.core.journal import Event, EventKind, IntentKind
from modeldelivery.release.core.resolve import resolve
from modeldelivery.release.errors import BrokenError, GaveUpError, RefusedError
from tests.fakes.journal import START
from tests.unit.release.bench import A, B, Bench, C


@pytest.fixture
def bench():
    """B serves, A did before, C is a candidate."""
    return Bench((A, B, C))


def serving(bench):
    return {v for v, w in bench.current.items() if w}


def kinds(bench, since=2):
    return [(e.operation, e.kind) for e in bench.journal.history[since:]]


def begun(bench):
    """What the next command finds: the dead one's call was carried out."""
    bench.passes()
    return len(bench.journal.history)


# --- what a dead owner's intent did


def test_a_shift_that_was_killed_after_its_call_is_settled_before_the_next_up_changes_live_back_and_the_fleet(
    bench,
):
    bench.killed(lambda: bench.up("op3", A, (A, B, C)))
    before = begun(bench)
    assert serving(bench) == {A}

    done = bench.up("op4", B, (A, B), shown={A: 0, B: 100}, serving={A: 100})

    assert (serving(bench), done.warnings) == ({B}, ())
    assert kinds(bench, before)[0] == ("op3", EventKind.UP)
    assert EventKind.CLOSED not in {kind for _, kind in kinds(bench, before)}


def test_a_settled_shift_is_no_newer_decision_for_the_up_that_settled_it_and_first_changes_the_fleet():
    bench = Bench((A, B))
    bench.killed(lambda: bench.up("op3", A, (A, B)))
    bench.passes()
    bench.up("op4", B, (A, B, C), shown={A: 0, B: 100, C: 0}, serving={A: 100})
    assert (serving(bench), set(bench.endpoint.variants)) == ({B}, {A, B, C})


UNFINISHED = {
    "a shift": lambda bench: bench.killed(lambda: bench.up("dead", C, (A, B, C))),
    "a fleet change": lambda bench: bench.killed(lambda: bench.up("dead", B, (A, B)), after="change"),
    "a rollback": lambda bench: bench.killed(lambda: bench.rollback(operation="dead")),
    "a rollback that gives": lambda bench: bench.killed(
        lambda: bench.rollback(operation="dead", to=C, keep=True)
    ),
}
LATER = {
    "an up": lambda bench: bench.up("op9", A, (A, B)),
    "a rollback": lambda bench: bench.rollback(operation="op9", to=A, keep=True),
    "a rollback to the fallback": lambda bench: bench.rollback(operation="op9"),
}


@pytest.mark.parametrize("later", LATER)
@pytest.mark.parametrize("dead", UNFINISHED)
def test_what_a_dead_owner_s_intent_did_is_recorded_as_its_own_before_anything_else(bench, dead, later):
    UNFINISHED[dead](bench)
    kind = EventKind(bench.journal.intent.kind)
    before = begun(bench)
    with suppress(RefusedError):  # an `up` never moves over a rollback that it finished
        LATER[later](bench)
    recorded = kinds(bench, before)
    assert recorded[0] == ("dead", kind)
    assert not [event for event in recorded if event == ("dead", EventKind.CLOSED)]
    assert bench.status.divergence == ()


def test_a_shift_whose_call_never_came_is_closed_and_not_taken_for_applied(bench):
    bench.host.faults += ["unsent"] * 20
    with pytest.raises(GaveUpError):
        bench.up("op3", C, (A, B, C), patience=5)
    bench.host.faults.clear()
    before = begun(bench)
    bench.up("op4", B, (A, B, C))
    assert kinds(bench, before) == [("op3", EventKind.CLOSED)]
    assert (serving(bench), bench.journal.live) == ({B}, B)


def test_a_rollback_that_kept_stands_against_the_config_of_the_shift_that_it_settled(bench):
    bench.killed(lambda: bench.up("op3", C, (A, B, C)))
    bench.passes()
    bench.rollback(operation="op4", keep=True)
    bench.passes()

    done = bench.up("op5", C, (A, B, C))

    assert (serving(bench), bench.rejected) == ({B}, [])
    assert any("operator decided otherwise" in warning for warning in done.warnings)


def test_a_rollback_that_kept_stands_against_the_config_of_a_shift_that_was_still_on_its_way(bench):
    bench.host.slow = 5.0
    bench.killed(lambda: bench.up("op3", C, (A, B, C)))
    bench.rollback(operation="op4", keep=True)
    bench.passes()
    bench.up("op5", C, (A, B, C))
    assert serving(bench) == {B}


def test_a_move_without_the_journal_stands_against_the_config_of_the_shift_that_it_overtook(bench):
    bench.killed(lambda: bench.up("op3", C, (A, B, C)))
    bench.passes()
    bench.host.tag = "op9: ada moved all to v1.0.0: S3 is down"
    bench.console({A: 100})
    bench.adopt()
    bench.host.tag = None
    bench.passes()

    bench.up("op5", C, (A, B, C))
    assert serving(bench) == {A}


def test_a_fleet_change_that_a_move_without_the_journal_overtook_is_recorded_as_carried_out(bench):
    bench.killed(lambda: bench.up("op3", B, (A, B)), after="change")
    bench.passes()
    bench.host.tag = "op9: ada moved all to v1.0.0: S3 is down"
    bench.console({A: 100})
    bench.adopt()
    bench.host.tag = None
    assert bench.journal.fleet == (A, B)
    assert bench.status.divergence == ()


def test_what_the_next_up_shows_before_it_acts_is_what_it_then_does(bench):
    """A preview reads the journal as the `up` will: what a dead one did counts."""
    bench.killed(lambda: bench.up("op3", A, (A, B, C)))
    bench.passes()
    assert foreseen(bench.journal, bench.endpoint).live == A


def test_an_up_that_stood_still_over_its_first_look_does_not_move_over_a_rollback_of_that_time(bench):
    """Its answer came too late to be acted on, and tells all the same what was decided when the `up` began."""
    read = bench.store.read

    def stands_still():
        stored = read()
        bench.store.read = read
        bench.time.sleep(60)
        bench.rollback(operation="op4", actor="ada", to=B)
        return stored

    bench.store.read = stands_still
    with pytest.raises(RefusedError, match="ada decided"):
        bench.up("op3", A, (A, B, C))
    assert serving(bench) == {B}


# --- the tag, after the intent


def test_an_up_that_stood_still_between_the_tag_and_its_intent_moves_nothing_over_a_tag(bench):
    write = bench.store.write

    def stands_still_first(*args):
        bench.store.write = write
        bench.time.sleep(3)
        bench.host.tag = "op9: ada moved all to v1.0.0: S3 is down"
        return write(*args)

    bench.store.write = stands_still_first
    with pytest.raises(RefusedError, match="ada moved all to"):
        bench.up("op3", C, (A, B, C))
    assert bench.host.calls == []


@pytest.mark.parametrize("kind", ["move", "change"])
def test_every_call_of_an_up_is_preceded_by_a_look_at_the_tag_after_the_intent_was_written(bench, kind):
    order = []
    store, host = bench.store, bench.host
    for port, name in ((store, "write"), (host, "marked"), (host, "move"), (host, "change")):
        call = getattr(port, name)
        setattr(port, name, _noting(order, name, call))
    bench.up("op3", C, (B, C))
    for place in [number for number, name in enumerate(order) if name == kind]:
        assert order[place - 1] == "marked"


def _noting(order, name, call):
    def noted(*args, **more):
        order.append(name)
        return call(*args, **more)

    return noted


# --- a Desired left behind


def retains(bench, what):
    """The platform's fleet change keeps what its versions have, or what they were to have; and so does a scaling."""
    change = bench.host.change

    def changes(*args, **more):
        change(*args, **more)
        if what == "desired":
            wanted = {v: variant.desired for v, variant in bench.host.endpoint.variants.items()}
            kept = {
                v: msgspec.structs.replace(
                    variant, current=wanted.get(v, variant.current), desired=wanted.get(v, 0.0)
                )
                for v, variant in bench.host.aimed.variants.items()
            }
            bench.host.aimed = msgspec.structs.replace(bench.host.aimed, variants=kept)

    bench.host.change = changes


@pytest.mark.parametrize("what", ["current", "desired"])
@pytest.mark.parametrize("fleet", [(A, B), (B, C), (B,)])
@pytest.mark.parametrize("left", [A, C])
def test_a_fleet_change_neither_drops_nor_feeds_what_an_earlier_move_asked_for_in_vain(
    bench, left, fleet, what
):
    retains(bench, what)
    bench.console({B: 100}, desired={left: 100})
    bench.up("op3", B, fleet)
    assert (serving(bench), set(bench.endpoint.variants)) == ({B}, set(fleet))
    assert bench.endpoint.desired == bench.current


def test_an_up_that_moves_nothing_takes_back_what_was_asked_for_in_vain_and_decides_nothing_by_it(bench):
    bench.rollback()
    bench.passes()
    decision, weights = bench.journal.decision, bench.journal.weights
    bench.console({A: 100}, desired={C: 100})
    bench.up("op4", B, (A, B, C))
    assert bench.endpoint.desired == bench.current == {A: 100, B: 0, C: 0}
    assert (bench.journal.decision, bench.journal.weights) == (decision, weights)
    assert bench.again().already


def test_where_it_cannot_be_taken_back_the_fleet_stays_as_it_is(bench):
    bench.console({B: 100}, desired={C: 100})
    bench.host.faults += ["reverted"] * 9
    with pytest.raises(BrokenError, match="took the weights 3 times and took them back"):
        bench.up("op3", B, (A, B))
    assert set(bench.endpoint.variants) == {A, B, C}


# --- what an up says that was overtaken


def overtaken(bench, live, fleet, *, before=None, after=None):
    """An `up` beside which a rollback runs: before it prepares a fleet change, or after a call of it was taken."""
    name = before or after
    call = getattr(bench.host, name)

    def then(*args, **more):
        if after:
            call(*args, **more)
        setattr(bench.host, name, call)
        bench.time.sleep(9)
        bench.rollback(operation="op4", actor="ada", keep=True)
        if before:
            call(*args, **more)

    setattr(bench.host, name, then)
    with pytest.raises(RefusedError) as refused:
        bench.up("op3", live, fleet)
    return str(refused.value)


def test_an_up_whose_fleet_change_was_overtaken_before_its_call_says_that_nothing_was_changed(bench):
    told = overtaken(bench, B, (A, B), before="prepare")
    assert "superseded by ada" in told
    assert "Nothing else was changed" in told


def test_an_up_whose_fleet_change_was_taken_before_it_was_overtaken_says_what_became_of_it(bench):
    bench.host.slow = 30.0
    told = overtaken(bench, B, (A, B), after="change")
    assert "its change of the fleet to v1.0.0, v1.1.0 was carried out" in told
    assert "Nothing else" not in told
    assert bench.endpoint.config == f"{A}+{B}"


def test_a_fleet_change_that_a_rollback_overtook_while_it_was_carried_out_is_not_taken_for_someone_else_s(
    bench,
):
    bench.host.slow = 30.0
    overtaken(bench, B, (A, B), after="change")
    bench.passes()
    assert (bench.journal.fleet, bench.status.divergence) == ((A, B), ())


def test_a_look_that_grew_old_in_a_pause_says_nothing_of_what_became_of_a_call(bench):
    """Taken just after the call, when SageMaker may not show it yet, and acted on minutes later."""
    bench.host.stale = 8.0
    change, marked, pauses = bench.host.change, bench.host.marked, []

    def changes(*args, **more):
        pauses.append(200)
        return change(*args, **more)

    def slow():
        while pauses:
            bench.time.sleep(pauses.pop())
        return marked()

    bench.host.change, bench.host.marked = changes, slow
    bench.up("op3", B, (A, B))
    assert bench.endpoint.config == f"{A}+{B}"
    assert bench.time.seconds > 200


@pytest.mark.parametrize("look", [{"lagging": True, "answered": True}, {"lagging": False, "answered": False}])
def test_an_up_whose_fleet_change_may_have_been_taken_and_is_not_shown_does_not_say_that_nothing_was_changed(
    bench, look
):
    closed = Event(
        operation="op3",
        kind=EventKind.CLOSED,
        at=0.0,
        actor="ci",
        reason="not moved: superseded by ada",
        source={A: 0, B: 100, C: 0},
        target={A: 0, B: 100},
    )
    view = View(
        journal=bench.journal.with_event(closed), endpoint=bench.endpoint, now=0.0, described=0.0, **look
    )
    with pytest.raises(RefusedError) as refused:
        up.decide(bench.an_up("op3", B, (A, B)), view)
    assert "its change of the fleet may still be carried out" in str(refused.value)
    assert "Nothing else" not in str(refused.value)


def test_an_up_whose_shift_was_overtaken_says_that_its_fleet_was_changed(bench):
    bench = Bench((A, B))
    told = overtaken(bench, C, (A, B, C), after="move")
    assert "this `up` had changed the fleet to v1.0.0, v1.1.0, v1.2.0" in told
    assert "Nothing else" not in told


# --- history


@pytest.mark.parametrize("kind", [kind for kind in EventKind if kind is not EventKind.OTHER])
def test_no_number_of_events_of_one_kind_pushes_out_those_of_another(bench, kind):
    before = [e for e in bench.journal.history if e.kind is not kind]
    journal = bench.journal
    event = msgspec.structs.replace(journal.history[-1], kind=kind, operation="many")
    for _ in range(1_100):
        journal = journal.with_event(event)
    assert [e for e in journal.history if e.kind is not kind] == before
    assert 100 <= sum(e.kind is kind for e in journal.history) <= 500


def test_of_one_kind_the_newest_are_kept_in_their_order(bench):
    journal = bench.journal
    for number in range(700):
        event = msgspec.structs.replace(
            journal.history[-1], kind=EventKind.ACCEPT, operation=f"accept {number}"
        )
        journal = journal.with_event(event)
    accepted = [e.operation for e in journal.history if e.kind is EventKind.ACCEPT]
    assert accepted == [f"accept {number}" for number in range(200, 700)]
    assert journal.history[: len(bench.journal.history)] == bench.journal.history


def test_a_pending_intent_that_moves_nothing_is_no_decision(bench):
    bench.console({B: 100}, desired={C: 100})
    bench.killed(lambda: bench.up("op3", B, (A, B, C)))
    assert bench.journal.intent.kind is IntentKind.UP
    decision = bench.journal.decision
    begun(bench)
    bench.up("op4", B, (A, B, C))
    assert (bench.journal.intent, bench.journal.decision) == (None, decision)


@pytest.mark.parametrize(
    ("live", "fleet", "refuge"),
    [(B, (B, C), C), (A, (A, B, C), A)],
    ids=["the last that served is gone", "it joins by the same change"],
)
def test_a_rejected_version_on_an_endpoint_that_others_made_gives_its_traffic_to_the_last_that_served_and_is_there(
    live, fleet, refuge
):
    bench = Bench((A, B, C))
    bench.up("op3", C, (A, B, C))
    bench.up("op4", A, (A, B, C))
    bench.reject(B)
    bench.host.endpoint = None
    bench.host.prepare("elsewhere", (B, C), {B: 100, C: 0})
    bench.host.change("elsewhere")
    bench.passes()
    request = bench.an_up("preview", live, fleet).request
    now = START + bench.time.seconds
    assert resolve(request, bench.journal, bench.endpoint, now).weights[refuge] == 100

    bench.up("op5", live, fleet, serving={B: 100})

    assert serving(bench) == {refuge}
