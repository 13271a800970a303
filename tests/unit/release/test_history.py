"""What the journal answers about the past, and what an intent leaves in it."""

import msgspec
import pytest

from modeldelivery.release.core import history, intent
from modeldelivery.release.core.action import Move, Timing, View
from modeldelivery.release.core.endpoint import Incarnation, Variant
from modeldelivery.release.core.journal import (
    Event,
    EventKind,
    Intent,
    IntentKind,
    Journal,
    Rejection,
    Served,
)
from modeldelivery.release.version import Version
from tests.fakes.endpoint import an_endpoint
from tests.fakes.journal import START

A, B, C = Version("v1.0.0"), Version("v1.1.0"), Version("v1.2.0")
LIFE = Incarnation("arn:endpoint", START)


def a_journal(weights, served=(), rejected=(), **changes):
    return Journal(
        incarnation=LIFE,
        weights=weights,
        served=tuple(Served(version=v, since=START, whole=START) for v in served),
        rejections=tuple(
            Rejection(version=v, digest=None, at=START, actor="operator", reason="5xx") for v in rejected
        ),
        **changes,
    )


def a_view(journal, now):
    return View(journal=journal, endpoint=None, now=now, described=now)


def an_intent(source, target, kind=IntentKind.UP, **changes):
    made = Intent(
        operation="op",
        kind=kind,
        actor="ci",
        reason="release.live changed",
        since=START,
        source=source,
        target=target,
        deadline=START + 8,
        fence=START + 3,
    )
    return msgspec.structs.replace(made, **changes)


def test_the_fallback_is_the_last_that_served_before_what_serves():
    assert history.fallback(a_journal({A: 0, B: 0, C: 100}, served=(A, B, C))) == B


def test_the_fallback_is_not_a_rejected_version():
    assert history.fallback(a_journal({A: 0, B: 0, C: 100}, served=(A, B, C), rejected=(B,))) == A


def test_the_fallback_is_not_what_serves_under_another_name():
    journal = a_journal({A: 0, B: 0, C: 100}, served=(A, B, C), digests={B: "sha256:x", C: "sha256:x"})
    assert history.fallback(journal) == A


def test_during_a_move_the_fallback_is_what_the_move_comes_from():
    journal = a_journal({A: 100, B: 0}, served=(B, A), intent=an_intent({A: 100}, {A: 0, B: 100}))
    assert history.fallback(journal) == A


def test_during_a_move_from_a_rejected_version_the_fallback_is_another():
    journal = a_journal(
        {A: 100, B: 0, C: 0}, served=(C, A), rejected=(A,), intent=an_intent({A: 100}, {A: 0, B: 100})
    )
    assert history.fallback(journal) == C


def test_during_a_fleet_change_the_fallback_is_as_before_it():
    journal = a_journal(
        {A: 0, B: 100}, served=(A, B), intent=an_intent({A: 0, B: 100}, {A: 0, B: 100}, IntentKind.FLEET)
    )
    assert history.fallback(journal) == A


def part_only(journal, *versions):
    """The journal, with versions that were seen with a part of the traffic and never with all of it."""
    served = tuple(Served(version=v, since=START + 60) for v in versions)
    return msgspec.structs.replace(journal, served=(*journal.served, *served))


@pytest.mark.parametrize("share", [5, 95])
def test_while_a_candidate_has_a_part_the_fallback_is_the_one_beside_it_that_carried_everything(share):
    journal = part_only(a_journal({A: 0, B: 100 - share, C: share}, served=(A, B)), C)
    assert history.fallback(journal) == B


def test_while_two_that_carried_everything_share_the_fallback_is_the_one_that_did_so_last():
    served = (
        Served(version=A, since=START, whole=START + 9),
        Served(version=B, since=START, whole=START + 5),
    )
    for weights in ({A: 60, B: 40}, {A: 40, B: 60}):
        journal = msgspec.structs.replace(a_journal(weights), served=served)
        assert history.fallback(journal) == A


def test_a_canary_that_was_withdrawn_is_never_the_fallback():
    """What had 5 % a minute ago comes after what carried everything an hour ago."""
    assert history.fallback(part_only(a_journal({A: 0, B: 100, C: 0}, served=(A, B)), C)) == A
    assert history.fallback(part_only(a_journal({B: 100, C: 0}, served=(B,)), C)) is None


def test_a_move_that_comes_from_a_split_has_no_single_version_to_go_back_to():
    moving = an_intent({A: 95, C: 5}, {A: 0, C: 100})
    journal = part_only(a_journal({A: 95, C: 5}, served=(B, A), intent=moving), C)
    assert history.fallback(journal) == A
    assert history.fallback(msgspec.structs.replace(journal, served=journal.served[2:])) is None


def test_a_version_that_had_a_part_has_not_carried_everything_until_it_does():
    split = history.with_served(a_journal({A: 100}, served=(A,)), {A: 95, C: 5}, START + 60)
    assert (history.carried(split, A), history.carried(split, C)) == (True, False)
    split = msgspec.structs.replace(split, weights={A: 95, C: 5})
    whole = history.with_served(split, {A: 0, C: 100}, START + 90)
    assert whole.served[-1] == Served(version=C, since=START + 60, whole=START + 90)


def test_a_version_that_falls_to_a_part_keeps_when_it_last_carried_everything():
    journal = history.with_served(a_journal({A: 100}, served=(A,)), {A: 5, C: 95}, START + 60)
    assert {s.version: s.whole for s in journal.served} == {A: START, C: None}
    assert [s.version for s in journal.served] == [A, C]


def settle(weights, target, kind=IntentKind.UP, served=(A,), **changes):
    """The journal after a move from these weights to the target was observed."""
    move = an_intent(weights, target, kind, reason="errors doubled")
    journal = part_only(a_journal(weights, served=served, intent=move, **changes), C)
    return intent.settled(journal, an_endpoint(target), START + 90)


@pytest.mark.parametrize("kind", [IntentKind.UP, IntentKind.ROLLBACK])
def test_a_canary_whose_traffic_is_taken_back_without_a_verdict_is_withdrawn(kind):
    journal = settle({A: 95, C: 5}, {A: 100, C: 0}, kind)
    assert [(e.operation, e.kind) for e in journal.history] == [
        ("op", EventKind.WITHDRAWN),
        ("op", EventKind(kind)),
    ]
    assert journal.history[0].reason == "v1.2.0: errors doubled"
    assert journal.decision == journal.history[-1]
    assert journal.rejections == ()


@pytest.mark.parametrize(
    ("weights", "target", "changes"),
    [
        ({A: 95, C: 5}, {A: 100, C: 0}, {"rejected": (C,)}),  # that is a verdict
        ({A: 95, C: 5}, {A: 60, C: 40}, {}),  # it goes on
        ({A: 95, C: 5}, {A: 0, C: 100}, {"served": (A,)}),  # it is promoted, and A carried everything before
        ({A: 95, B: 5}, {A: 100, B: 0}, {"served": (B, A)}),  # B carried everything once
    ],
)
def test_nothing_else_counts_as_withdrawn(weights, target, changes):
    journal = settle(weights, target, **changes)
    assert [e.kind for e in journal.history] == [EventKind.UP]


def test_weights_of_a_thousand_to_one_are_a_split():
    """Requests go by w/Σw: a version beside which another has anything does not carry everything."""
    endpoint = an_endpoint({A: 1000, C: 1})
    assert history.explained(a_journal({A: 99, C: 1}), endpoint)
    assert not history.explained(a_journal({A: 100, C: 0}), endpoint)
    assert history.fallback(part_only(a_journal({A: 1000, C: 1}, served=(A,)), C)) == A


def fleet_of(**instances):
    """An endpoint; a version's name, its weight and its running instances."""
    variants = {Version(name.replace("_", ".")): Variant(current=w, desired=w, instances=n, instances_desired=n)
            for name, (w, n) in instances.items()}  # fmt: skip
    return msgspec.structs.replace(an_endpoint({}), variants=variants)


@pytest.mark.parametrize(
    ("before", "target", "scaled"),
    [
        ({"v1_0_0": (100, 4), "v1_2_0": (0, 1)}, {A: 95, C: 5}, None),  # one instance in four carried 25 %
        ({"v1_0_0": (100, 4), "v1_2_0": (0, 1)}, {A: 60, C: 40}, (C, 2)),
        ({"v1_0_0": (100, 4), "v1_2_0": (0, 1)}, {A: 0, C: 100}, (C, 4)),
        ({"v1_0_0": (95, 4), "v1_2_0": (5, 1)}, {A: 0, C: 100}, (C, 4)),
        ({"v1_0_0": (5, 1), "v1_2_0": (95, 4)}, {A: 100, C: 0}, (A, 4)),
        ({"v1_0_0": (1000, 4), "v1_2_0": (1, 1)}, {A: 0, C: 100}, (C, 4)),
        ({"v1_0_0": (100, 4), "v1_2_0": (0, 0)}, {A: 95, C: 5}, (C, 1)),
        ({"v1_0_0": (100, 1), "v1_2_0": (0, 1)}, {A: 0, C: 100}, None),
    ],
)
def test_a_version_gets_the_instances_that_its_share_needs_before_it_gets_the_share(before, target, scaled):
    endpoint = fleet_of(**before)
    journal = a_journal(endpoint.current, intent=an_intent(endpoint.current, target, deadline=START + 60))
    view = View(journal=journal, endpoint=endpoint, now=START, described=START)
    action = intent.pursue(view, scale=True)
    assert (action.version, action.instances) == scaled if scaled else isinstance(action, Move)


@pytest.mark.parametrize("journal", [Journal(), a_journal({A: 100}, served=(A,))])
def test_where_nothing_else_has_served_there_is_no_fallback(journal):
    assert history.fallback(journal) is None


def test_what_serves_goes_last_and_the_version_with_most_traffic_very_last():
    journal = history.with_served(a_journal({A: 100}, served=(A, C)), {B: 70, A: 30}, START + 60)
    assert [s.version for s in journal.served] == [C, A, B]


def test_a_version_that_goes_on_serving_keeps_its_since_and_a_new_one_begins_now():
    journal = history.with_served(a_journal({A: 100}, served=(A,)), {A: 50, B: 50}, START + 60)
    assert {s.version: s.since - START for s in journal.served} == {A: 0, B: 60}


def test_a_version_that_serves_again_begins_anew():
    journal = history.with_served(a_journal({A: 0, B: 100}, served=(A, B)), {A: 100, B: 0}, START + 60)
    assert journal.served[-1] == Served(version=A, since=START + 60, whole=START + 60)


@pytest.mark.parametrize(
    ("weights", "explained"),
    [({A: 100, B: 0}, True), ({A: 0, B: 100}, True), ({A: 50, B: 50}, False), ({A: 7.0, B: 0.0}, True)],
)
def test_weights_are_explained_by_the_journal_or_by_either_side_of_its_intent(weights, explained):
    journal = a_journal({A: 100, B: 0}, intent=an_intent({A: 100, B: 0}, {A: 0, B: 100}))
    assert history.explained(journal, an_endpoint(weights)) is explained


def test_a_move_that_was_asked_for_and_is_not_there_yet_must_be_explained_too():
    endpoint = an_endpoint({A: 100, B: 0})
    variants = {v: msgspec.structs.replace(variant, desired=50.0) for v, variant in endpoint.variants.items()}
    moving = msgspec.structs.replace(endpoint, variants=variants)
    assert not history.explained(a_journal({A: 100, B: 0}), moving)


def test_another_incarnation_is_not_explained():
    other = an_endpoint({A: 100}, incarnation=Incarnation("arn:endpoint", START + 1))
    assert not history.explained(a_journal({A: 100}), other)


def test_a_settled_move_records_weights_live_and_what_serves():
    journal = a_journal({A: 100, B: 0}, served=(A,), intent=an_intent({A: 100}, {A: 0, B: 100}, live=B))
    settled = intent.settled(journal, an_endpoint({A: 0, B: 100}), START + 5)
    assert (settled.intent, settled.live, settled.weights) == (None, B, {A: 0, B: 100})
    assert settled.served[-1] == Served(version=B, since=START + 5, whole=START + 5)
    assert settled.decision == settled.history[-1]


def test_a_settled_rollback_leaves_live_as_applied():
    journal = a_journal(
        {A: 0, B: 100}, live=B, intent=an_intent({B: 100}, {A: 100, B: 0}, IntentKind.ROLLBACK)
    )
    assert intent.settled(journal, an_endpoint({A: 100, B: 0}), START).live == B


def test_a_settled_fleet_change_says_nothing_about_traffic():
    change = an_intent({A: 100}, {A: 100, B: 0}, IntentKind.FLEET, fleet=(A, B), config="new")
    journal = a_journal({A: 100}, served=(A,), intent=change)
    settled = intent.settled(journal, an_endpoint({A: 0, B: 100}), START)
    assert settled.fleet == (A, B)
    assert (settled.weights, settled.served, settled.decision) == (journal.weights, journal.served, None)


def test_a_closed_intent_keeps_its_rejections_and_moves_nothing():
    journal = a_journal({A: 100}, rejected=(B,), intent=an_intent({A: 100}, {B: 100}))
    closed = intent.closed(journal, START, "its owner is gone")
    assert (closed.intent, closed.weights, closed.rejections) == (None, {A: 100}, journal.rejections)
    assert closed.history[-1].kind is EventKind.CLOSED
    assert "not moved: its owner is gone" in closed.history[-1].reason


def test_an_opened_intent_closes_the_one_it_supersedes():
    journal = a_journal({A: 100}, intent=an_intent({A: 100}, {B: 100}))
    opened = intent.opened(
        journal, an_intent({A: 100}, {A: 100}, IntentKind.ROLLBACK, operation="other"), START
    )
    assert opened.intent.operation == "other"
    assert [(e.operation, e.kind) for e in opened.history] == [("op", EventKind.CLOSED)]


def test_the_fence_never_goes_back():
    journal = a_journal({A: 100}, fence=START + 100)
    assert intent.opened(journal, an_intent({A: 100}, {B: 100}), START).fence == START + 100


def test_what_a_superseded_fleet_change_drops_is_remembered_until_its_deadline():
    change = an_intent({A: 100}, {A: 100}, IntentKind.FLEET, drops=(B,), config="new")
    journal = intent.opened(a_journal({A: 100, B: 0}), change, START)
    superseded = intent.opened(journal, an_intent({A: 100}, {A: 100}, operation="other"), START + 1)
    assert intent.dropping_until(superseded, B, START + 8) == START + 8
    assert intent.dropping_until(superseded, B, START + 9) is None


def test_a_renewed_intent_has_time_to_send_and_its_old_fence():
    journal = intent.opened(a_journal({A: 100}), an_intent({A: 100}, {B: 100}), START)
    renewed = intent.renewed(a_view(journal, START + 20))
    assert not Timing().may_send(journal.intent.deadline, START + 20)
    assert Timing().may_send(renewed.intent.deadline, START + 20)
    assert renewed.intent.fence == journal.intent.fence
    assert renewed.history == journal.history


def test_a_deadline_is_never_before_an_earlier_one():
    assert intent.lease(a_view(a_journal({A: 100}, fence=START + 100), START)) == START + 100


def test_a_rejection_follows_the_bits_to_another_name():
    journal = Journal(
        digests={A: "sha256:x", B: "sha256:x", C: "sha256:y"},
        rejections=(Rejection(version=A, digest="sha256:x", at=START, actor="operator", reason="5xx"),),
    )
    assert journal.rejection(B) is not None
    assert journal.rejection(C) is None


def test_history_is_bounded():
    event = Event(operation="op", kind=EventKind.UP, at=START, actor="ci", reason="", source={}, target={})
    journal = Journal()
    for _ in range(600):
        journal = journal.with_event(event)
    assert len(journal.history) == 500
