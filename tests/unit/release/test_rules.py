"""The nine rules of `resolve`, each against hundreds of random lives (docs/architecture.md, Release semantics)."""

import pytest
from hypothesis import strategies as st

from modeldelivery.release.core import history, weights
from modeldelivery.release.core.journal import EventKind
from modeldelivery.release.core.request import Rules
from modeldelivery.release.core.resolve import Plan, resolve
from modeldelivery.release.errors import RefusedError
from tests.unit.release.lives import DIGESTS, a_request, every, free, situations

pytestmark = pytest.mark.hypothesis  # each claim draws its examples inside


def planned(life, request) -> Plan | None:
    """None when it is refused."""
    try:
        return resolve(request, life.journal, life.endpoint, life.now)
    except RefusedError:
        return None


def rejected(life, version) -> bool:
    """By its name or by its bits."""
    return any(r.version == version or r.digest == DIGESTS[version] for r in life.journal.rejections)


def served(life):
    return [s.version for s in life.journal.served]


def whole(life):
    return [s.version for s in life.journal.served if s.whole is not None]


def holders(life):
    return (
        [v for v, variant in life.endpoint.variants.items() if variant.current > 0] if life.endpoint else []
    )


def as_recorded(life) -> bool:
    """Nobody else moved traffic: this life's weights are the journal's."""
    endpoint = life.endpoint
    return endpoint.incarnation == life.journal.incarnation and weights.same(
        endpoint.current, life.journal.weights
    )


def console(life):
    """The version at the end of the alphabet gets some traffic by hand."""
    life.console(max(DIGESTS), 30)


def shrink(life):
    """Only what config calls live stays."""
    if life.journal.live:
        life.up(a_request(life.journal.live, (life.journal.live,)))


def roll_back(life):
    life.rollback()


def roll_back_and_follow(life):
    """Config then names what the rollback went to."""
    if life.rollback():
        life.up(a_request(weights.main_version(life.journal.weights)))


def without_what_serves(life, request):
    """The same request, with one version that has traffic left out."""
    fleet = tuple(v for v in request.fleet if v not in holders(life)[:1])
    return fleet and a_request(request.live if request.live in fleet else fleet[0], fleet, request.rules)


def moves(life, act) -> list[object]:
    """The calls that move traffic, made by an act."""
    before = len(life.host.calls)
    act()
    return [call for call in life.host.calls[before:] if call[0] == "move"]


def test_rule_1_weights_are_integers_that_sum_to_100_over_the_fleet():
    def claim(life, request):
        plan = planned(life, request)
        if plan is None:
            return False
        assert plan.weights.keys() == set(request.fleet)
        assert all(type(w) is int and 0 <= w <= 100 for w in plan.weights.values())
        return sum(plan.weights.values()) == 100 or not plan.weights

    every(claim, situations())


def test_rule_1_a_version_new_to_the_endpoint_enters_at_zero():
    def claim(life, request):
        life.host.entered.clear()
        life.up(request)
        assert {weight for _, weight in life.host.entered} <= {0}
        return bool(life.host.entered)

    every(claim, situations(free, last=shrink))


def test_rule_2_while_live_is_as_applied_the_journals_weights_stand():
    def claim(life, request):
        plan = planned(life, request)
        if not life.endpoint or not plan or request.live != life.journal.live or not as_recorded(life):
            return False
        if any(rejected(life, v) for v in holders(life)):
            return False  # rule 4
        assert weights.same(plan.weights, life.journal.weights)
        assert not plan.decided
        return True

    every(claim, situations())


def test_rule_2_up_after_a_rollback_leaves_traffic_alone():
    def claim(life, request):
        stands = life.journal.decision.kind is EventKind.ROLLBACK and life.endpoint and as_recorded(life)
        if not stands or request.live != life.journal.live:
            return False
        left = life.endpoint.current
        assert moves(life, lambda: life.up(request)) == []
        assert weights.same(life.endpoint.current, left)
        return True

    every(claim, situations(last=roll_back))


def test_rule_3_a_changed_live_that_may_serve_gets_everything():
    def claim(life, request):
        plan = planned(life, request)
        if not holders(life) or not plan or request.live == life.journal.live or rejected(life, request.live):
            return False
        if request.rules.rollout_required and request.live not in whole(life):
            return False  # rule 6
        foreign = not as_recorded(life)
        assert plan.weights[request.live] == 100
        assert plan.decided
        assert any("someone else" in warning for warning in plan.warnings) or not foreign
        return True

    every(claim, situations())


def test_rule_3_a_forbidden_live_counts_as_applied_so_accept_alone_moves_nothing():
    def claim(life, request):
        barred = [v for v in DIGESTS if rejected(life, v) and v != life.journal.live]
        if not holders(life) or not barred:
            return False
        request = a_request(barred[0], rules=request.rules)
        if life.up(request) is None or any(rejected(life, v) for v in holders(life)):
            return False
        assert life.journal.live == request.live
        assert moves(life, lambda: life.accept(request.live)) == []
        assert moves(life, lambda: life.up(request)) == []
        return True

    every(claim, situations(last=roll_back_and_follow))


def test_rule_4_a_rejected_digest_set_gets_nothing_while_another_that_served_is_there():
    def claim(life, request):
        plan = planned(life, request)
        endpoint = life.endpoint
        if not plan or not life.journal.rejections:
            return False
        there = list(endpoint.variants) if endpoint else request.fleet
        proven = [v for v in there if not rejected(life, v) and v in {*served(life), *holders(life)}]
        given = [v for v, w in plan.weights.items() if w > 0 and rejected(life, v)]
        assert not given or not proven
        assert not given or any("may serve" in warning for warning in plan.warnings)
        return True

    every(claim, situations(last=roll_back))


def test_rule_4_up_says_who_rejected_live_and_what_to_type():
    def claim(life, request):
        plan = planned(life, request)
        if not plan or not rejected(life, request.live):
            return False
        told = " ".join(plan.warnings)
        assert "rejected by operator: 5xx" in told
        assert not holders(life) or f"modelctl accept {request.live}" in told
        return True

    every(claim, situations(last=roll_back))


def test_rule_4_no_config_lifts_a_rejection():
    def claim(life, request):
        before = life.journal.rejections
        life.up(request)
        assert life.journal.rejections == before
        return bool(before)

    every(claim, situations(last=roll_back))


def test_rule_5_a_version_with_traffic_is_dropped_only_when_live_moved_its_traffic():
    def claim(life, request):
        request = without_what_serves(life, request)
        if not request or not holders(life):
            return False
        plan = planned(life, request)
        moved = plan is not None and (plan.decided or any(rejected(life, v) for v in holders(life)))
        assert plan is None or moved or not as_recorded(life)
        assert plan is None or not request.rules.separate_drop
        return True

    every(claim, situations())


def test_rule_5_traffic_is_moved_and_observed_before_its_version_is_dropped():
    def claim(life, request):
        request = without_what_serves(life, request)
        if not request or not holders(life):
            return False
        life.up(request)  # the endpoint in memory refuses to drop a version that has traffic
        return set(life.endpoint.variants) == set(request.fleet)

    every(claim, situations(free))


def test_rule_6_with_rollout_required_live_becomes_only_what_has_served():
    def claim(life, request):
        plan = planned(life, request)
        if not plan or not served(life):
            return False
        if request.live not in served(life):
            # An endpoint that is gone is an outage: rule 8 starts a new one on the last that served.
            begins = not life.endpoint and rejected(life, request.live)
            assert not plan.decided or (begins and plan.weights.get(request.live) == 0)
        return request.live != life.journal.live

    every(claim, situations(st.just(Rules(rollout_required=True))))


def split_by_hand(life):
    """A version that never carried everything gets 5 %, and that is recorded as decided."""
    never = [v for v in sorted(life.endpoint.variants) if v not in whole(life)] if life.endpoint else []
    if never and holders(life):
        life.console(never[0], 5)
        life.adopt()


def test_rule_6_a_version_that_only_ever_had_a_part_of_the_traffic_has_not_finished_a_rollout():
    def claim(life, _):
        part = [v for v in served(life) if v not in whole(life) and not rejected(life, v)]
        part = [v for v in part if v != life.journal.live]
        if not part or not holders(life):
            return False
        required = Rules(rollout_required=True)
        plan = planned(life, a_request(part[0], rules=required))
        assert plan is not None
        assert not plan.decided
        assert any("has not finished a rollout here" in warning for warning in plan.warnings)
        return True

    every(claim, situations(free, last=split_by_hand))


def test_rule_6_what_carried_everything_once_may_be_live_again():
    def claim(life, _):
        fit = [v for v in whole(life) if v != life.journal.live and not rejected(life, v)]
        if not fit or not holders(life):
            return False
        plan = planned(life, a_request(fit[0], rules=Rules(rollout_required=True)))
        assert plan is not None
        assert plan.decided
        return True

    every(claim, situations(free))


def test_no_rollback_by_itself_goes_to_a_version_that_never_carried_everything():
    def claim(life, _):
        fallback = history.fallback(life.journal, life.endpoint)
        assert fallback is None or fallback in whole(life)
        return fallback is not None and len(whole(life)) < len(served(life))

    every(claim, situations(last=split_by_hand))


def test_rule_7_traffic_that_nobody_recorded_is_left_and_said():
    def claim(life, request):
        plan = planned(life, request)
        if not holders(life) or not plan or request.live != life.journal.live or as_recorded(life):
            return False
        if any(rejected(life, v) for v in holders(life)):
            return False  # rule 4
        assert weights.same(plan.weights, life.endpoint.current)
        assert any("someone else" in warning for warning in plan.warnings)
        return True

    every(claim, situations(last=console))


def test_rule_7_adopt_records_it_moves_nothing_and_lifts_no_rejection():
    def claim(life, _):
        if not holders(life) or as_recorded(life):
            return False
        rejections = life.journal.rejections
        assert moves(life, life.adopt) == []
        assert as_recorded(life)
        assert life.journal.rejections == rejections
        return True

    every(claim, situations(last=console))


def test_rule_8_a_new_endpoint_starts_on_live_or_on_the_last_that_served_and_is_not_rejected():
    def claim(life, request):
        life.lost()
        plan = planned(life, request)
        fit = [v for v in served(life) if v in request.fleet and not rejected(life, v)]
        if rejected(life, request.live):
            assert plan is None or plan.weights[fit[-1]] == 100
            assert (plan is None) == (not fit)
            return True
        assert plan is not None
        assert plan.weights[request.live] == 100
        return False

    every(claim, situations(free, last=roll_back))


def test_rule_8_another_incarnation_keeps_its_own_weights_and_the_old_rejections():
    def claim(life, request):
        rejections = life.journal.rejections
        first = request.live
        life.remade((first, *[v for v in DIGESTS if v != first]))
        plan = planned(life, a_request(life.journal.live))
        assert life.journal.rejections == rejections
        assert plan is not None
        assert plan.weights[first] == 100 or rejected(life, first)
        return bool(rejections)

    every(claim, situations(last=roll_back))


def test_rule_9_the_fleet_does_not_change_while_what_serves_is_younger_than_its_bake():
    def claim(life, request):
        if not holders(life) or not served(life):
            return False
        age = life.now - life.journal.served[-1].since
        changes = set(request.fleet) != set(life.endpoint.variants)
        if age >= 600 or not changes:
            return False
        assert planned(life, request) is None
        return True

    every(claim, situations(st.just(Rules(bake_seconds=600))))


def test_up_again_changes_nothing():
    def claim(life, request):
        if life.up(request) is None:
            return False
        journal, calls = life.journal, len(life.host.calls)
        assert life.up(request) is not None
        assert life.journal == journal
        assert len(life.host.calls) == calls
        return True

    every(claim, situations())
