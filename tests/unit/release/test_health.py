"""What of an endpoint is not as it should be: each condition is found, named for scripts, and says what to type."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldelivery.release.core.endpoint import Condition, Incarnation
from modeldelivery.release.core.journal import Drill, EventKind, Intent, IntentKind, Journal
from modeldelivery.release.operations.health import LONG, UNATTENDED, Code, Grade, Observed, findings
from tests.unit.release_cli.world import NOW, V1, V2, V3, endpoint, event, journal, rejection


def observed(result=None, **more):
    usual = {"journal": journal(), "endpoint": result or endpoint(), "unscaled": frozenset(), "now": NOW}
    return Observed(**usual | more)


def codes(*arguments, **more):
    return [finding.code for finding in findings(observed(*arguments, **more))]


def with_instances(result, version, running, wanted):
    changed = msgspec.structs.replace(result.variants[version], instances=running, instances_desired=wanted)
    return msgspec.structs.replace(result, variants={**result.variants, version: changed})


def changed(result, **more):
    return msgspec.structs.replace(result, **more)


def pending(kind=IntentKind.UP, deadline=NOW - UNATTENDED - 1):
    return Intent(
        operation="up-9",
        kind=kind,
        actor="ci",
        reason="live changed",
        since=NOW - 900,
        source={V1: 100},
        target={V1: 0, V2: 100},
        deadline=deadline,
        fence=0.0,
    )


def left_by_a_drill(ago=900):
    """Half-way: V1 serves in the place of V2, by a rollback of the drill's."""
    then = NOW - ago
    gone = event(EventKind.ROLLBACK, operation="drill-1-0", target={V1: 100, V2: 0}, actor="ada")
    moved = msgspec.structs.replace(gone, at=then, source={V2: 100})
    drill = Drill(
        operation="drill-1", actor="ada", reason="monthly", since=then, home=V2, away=V1, rounds=5, rate=20,
        decision=journal().decision, served=journal().served,
    )  # fmt: skip
    return journal(weights={V1: 100, V2: 0}, decision=moved, drill=drill)


IMPAIRED = changed(
    endpoint(), word="UpdateRollbackFailed", remedy="bring it to one configuration", failure="no capacity"
)
CONDITIONS = {
    "Failed": (endpoint(status="Failed", failure="no capacity"), {}, Code.BROKEN, Grade.BROKEN),
    "OutOfService": (endpoint(status="OutOfService"), {}, Code.BROKEN, Grade.BROKEN),
    "serves a mix": (IMPAIRED, {}, Code.IMPAIRED, Grade.DEGRADED),
    "updating for long": (
        changed(endpoint(status="Updating"), modified=NOW - LONG - 1),
        {},
        Code.SLOW,
        Grade.DEGRADED,
    ),
    "the last change failed": (endpoint(failure="/ping"), {}, Code.CHANGE_FAILED, Grade.NOTICE),
    "nothing runs what serves": (with_instances(endpoint(), V2, 0, 2), {}, Code.NO_INSTANCE, Grade.BROKEN),
    "nothing runs the fallback": (with_instances(endpoint(), V1, 0, 2), {}, Code.NO_INSTANCE, Grade.DEGRADED),
    "too few run": (with_instances(endpoint(), V2, 1, 2), {}, Code.FEW_INSTANCES, Grade.DEGRADED),
    "nothing scales it": (endpoint(), {"unscaled": frozenset({V1})}, Code.UNSCALED, Grade.DEGRADED),
    "the fallback is away": (
        endpoint({V2: 100}),
        {"journal": journal(fleet=(V2,))},
        Code.FALLBACK_AWAY,
        Grade.DEGRADED,
    ),
    "no journal": (endpoint(), {"journal": Journal(), "recorded": False}, Code.NO_JOURNAL, Grade.DEGRADED),
    "a move without the journal": (endpoint(), {"mark": "ada moved it"}, Code.UNRECORDED, Grade.DEGRADED),
    "made again": (endpoint(life=Incarnation("arn:endpoint", 2.0)), {}, Code.RECREATED, Grade.DEGRADED),
    "traffic of others": (endpoint({V1: 30, V2: 70}), {}, Code.FOREIGN_TRAFFIC, Grade.DEGRADED),
    "a fleet of others": (endpoint({V1: 0, V2: 100, V3: 0}), {}, Code.FOREIGN_FLEET, Grade.DEGRADED),
    "a move taken back": (endpoint(desired={V1: 100, V2: 0}), {}, Code.LEFT_BEHIND, Grade.DEGRADED),
    "a rejected version serves": (
        endpoint(),
        {"journal": journal(rejections=(rejection(V2),))},
        Code.REJECTED_SERVES,
        Grade.DEGRADED,
    ),
    "a drill that nobody carries on": (
        endpoint({V1: 100, V2: 0}),
        {"journal": left_by_a_drill()},
        Code.DRILL,
        Grade.DEGRADED,
    ),
    "a move that nobody carries on": (
        endpoint(),
        {"journal": journal(intent=pending())},
        Code.UNFINISHED,
        Grade.DEGRADED,
    ),
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_each_condition_is_found_alone_with_what_to_type(name):
    result, more, code, grade = CONDITIONS[name]

    (only,) = findings(observed(result, **more))

    assert (only.code, only.grade) == (code, grade)
    assert only.remedy
    assert only.text == f"{only.sentence}: {only.remedy}"


def test_an_endpoint_that_is_gone_is_found():
    (only,) = findings(Observed(journal=journal(), endpoint=None, now=NOW))
    assert (only.code, only.grade) == (Code.MISSING, Grade.BROKEN)
    assert findings(Observed(journal=journal(), endpoint=None, visible=False, now=NOW)) == ()


def test_a_first_endpoint_whose_up_was_killed_before_it_made_one_is_found():
    born = Journal(intent=pending(IntentKind.CREATE))
    (only,) = findings(Observed(journal=born, endpoint=None, now=NOW))
    assert (only.code, only.remedy) == (Code.UNFINISHED, "`pulumi up` settles it")
    under_way = Journal(intent=pending(IntentKind.CREATE, deadline=NOW))
    assert findings(Observed(journal=under_way, endpoint=None, now=NOW)) == ()


def test_every_code_is_some_conditions():
    assert {code for _, _, code, _ in CONDITIONS.values()} | {Code.MISSING} == set(Code)


def test_a_healthy_endpoint_has_nothing_to_find():
    assert codes() == []


def test_what_never_was_has_nothing_to_find():
    assert findings(Observed(journal=Journal(), recorded=False, endpoint=None, now=NOW)) == ()


QUIET = {
    "a change within its time": (changed(endpoint(status="Updating"), modified=NOW - LONG), {}),
    "instances that come while a change goes on": (with_instances(endpoint(status="Updating"), V1, 0, 2), {}),
    "targets that are made again after a change": (
        endpoint(status="Updating"),
        {"unscaled": frozenset({V1, V2})},
    ),
    "a move whose owner may still act": (
        endpoint(),
        {"journal": journal(intent=pending(deadline=NOW - UNATTENDED))},
    ),
    "a drill that may still be under way": (
        endpoint({V1: 100, V2: 0}),
        {"journal": left_by_a_drill(ago=60)},
    ),
    "a move that waits for the platform": (
        endpoint(status="Updating"),
        {"journal": journal(intent=pending())},
    ),
    "a version scaled to nothing on purpose": (with_instances(endpoint(), V1, 0, 0), {}),
    "the first version, which has no way back": (
        endpoint({V1: 100}),
        {"journal": journal(live=V1, fleet=(V1,), weights={V1: 100}, served=journal().served[:1])},
    ),
    "autoscaling that nobody asked": (endpoint(), {"unscaled": None}),
}


@pytest.mark.parametrize("name", QUIET)
def test_what_is_as_it_should_be_is_no_finding(name):
    result, more = QUIET[name]
    assert codes(result, **more) == []


def test_a_mix_that_a_failed_change_left_is_nobody_elses_doing():
    """The versions of both fleets are there, and what the change took away is made again after the next."""
    mixed = changed(endpoint({V1: 0, V2: 100, V3: 0}), word="UpdateRollbackFailed", remedy="mend it")
    assert codes(mixed, unscaled=frozenset({V3})) == [Code.IMPAIRED]


@given(st.sets(st.sampled_from(sorted(CONDITIONS)), min_size=2), st.floats(min_value=0, max_value=1e6))
def test_several_conditions_at_once_are_told_the_worst_first_and_in_the_same_words_later(names, later):
    """A preview's warnings are compared with the update's: the same finding is the same sentence."""
    more = {key: value for name in sorted(names) for key, value in CONDITIONS[name][1].items()}
    last = CONDITIONS[max(names)][0]
    whole = observed(last, **more)

    told = findings(whole)

    grades = [list(Grade).index(finding.grade) for finding in told]
    assert grades == sorted(grades)
    again = msgspec.structs.replace(whole, now=whole.now + later)
    assert {finding.text for finding in told} <= {finding.text for finding in findings(again)}


def test_a_condition_that_this_program_does_not_grade_would_be_noticed():
    """Whatever the platform's remedy is for, it is told: an adapter's new condition needs no change here."""
    assert all(codes(changed(endpoint(), condition=each, remedy="mend it")) for each in Condition)
