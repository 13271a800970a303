"""Journal and endpoint as samples: what could not be read has none, and is never a zero."""

import msgspec
import pytest

from modeldelivery.release.core.journal import Drill, DrillMove, Intent, IntentKind
from modeldelivery.release.operations.status import Found, assess
from modeldelivery.release.ports import Stored
from monitoring import release
from tests.unit.release_cli.world import NOW, PLACE, V1, V2, endpoint, journal, rejection


def reading(**changes):
    usual = {"stored": Stored(journal=journal(), etag="1", now=NOW), "endpoint": endpoint()}
    return Found(**usual | changes)


def values(result):
    return {
        (sample.series.name, *sample.values): sample.value
        for sample in release.samples(result, assess(PLACE, result))
    }


def stored(**changes):
    return Stored(journal=journal(**changes), etag="1", now=NOW)


def test_shares_are_of_one_and_intended_and_actual_ones_are_apart():
    shown = values(reading(endpoint=endpoint({V1: 75, V2: 25})))
    assert shown["delivery_weight", V2, "intended"] == 1
    assert shown["delivery_weight", V2, "actual"] == 0.25
    assert shown["delivery_divergence",] >= 1


def test_a_rejected_version_with_traffic_is_two_samples_that_a_rule_can_join():
    shown = values(reading(stored=stored(rejections=(rejection(V2),))))
    assert shown["delivery_rejected", V2] == 1
    assert shown["delivery_weight", V2, "actual"] == 1
    assert shown["delivery_findings", "rejected-serves", "degraded"] == 1


def test_a_hold_is_1_while_live_does_not_serve_and_0_otherwise():
    assert values(reading())["delivery_hold",] == 0
    held = stored(weights={V1: 100, V2: 0}, rejections=(rejection(V2),))
    assert values(reading(stored=held, endpoint=endpoint({V1: 100, V2: 0})))["delivery_hold",] == 1


def test_the_age_of_a_move_is_there_only_while_there_is_one():
    assert ("delivery_intent_age_seconds", "rollback") not in values(reading())
    intent = Intent(
        operation="r", kind=IntentKind.ROLLBACK, actor="ada", reason="bad", since=NOW - 90,
        source={V2: 100}, target={V1: 100, V2: 0}, deadline=NOW, fence=0.0,
    )  # fmt: skip
    assert values(reading(stored=stored(intent=intent)))["delivery_intent_age_seconds", "rollback"] == 90
    assert values(reading())["delivery_decision_age_seconds",] == 60


@pytest.mark.parametrize(
    ("changes", "source", "absent"),
    [
        ({"stored": None, "problems": ("denied",)}, "journal", {"delivery_hold", "delivery_divergence"}),
        (
            {"endpoint": None, "visible": False, "problems": ("denied",)},
            "endpoint",
            {"delivery_divergence", "delivery_endpoint_status"},
        ),
    ],
)
def test_what_cannot_be_read_is_down_and_says_nothing_else(changes, source, absent):
    shown = values(reading(**changes))
    assert shown["delivery_up", source] == 0
    assert absent.isdisjoint({name for name, *_ in shown})
    kind = "intended" if source == "journal" else "actual"
    assert not any(key[0] == "delivery_weight" and key[2] == kind for key in shown)


def test_an_endpoint_that_is_not_there_has_no_status_and_is_no_source_that_is_down():
    result = reading(endpoint=None)
    shown = values(result)
    assert shown["delivery_up", "endpoint"] == 1
    assert "delivery_endpoint_status" not in {name for name, *_ in shown}
    assert shown["delivery_findings", "endpoint-missing", "broken"] == 1


def test_a_stores_clock_that_went_back_makes_no_age_negative():
    back = msgspec.structs.replace(stored(), now=NOW - 3600)
    assert values(reading(stored=back))["delivery_decision_age_seconds",] == 0


def drilled(**changes):
    """Of an hour ago: two rollbacks, nothing lost."""
    usual = Drill(
        operation="d", actor="ada", reason="monthly", since=NOW - 3700, home=V2, away=V1, rounds=1, rate=20,
        moves=tuple(DrillMove(to=v, wrong=w, done=2.0, requests=40) for v, w in ((V1, 0.5), (V2, 1.5))),
        ended=NOW - 3600,
    )  # fmt: skip
    return stored(drill=msgspec.structs.replace(usual, **changes))


def test_the_latest_drill_has_an_age_whether_it_passed_and_what_it_measured():
    shown = values(reading(stored=drilled()))
    assert shown["delivery_drill_age_seconds", "yes"] == 3600
    assert [shown["delivery_drill_seconds", of] for of in ("p50", "p99", "max")] == [0.5, 1.5, 1.5]
    assert ("delivery_drill_age_seconds", "no") in values(reading(stored=drilled(why="interrupted")))


@pytest.mark.parametrize("store", [stored(), drilled(ended=None)])
def test_no_drill_or_one_that_is_not_over_has_no_age(store):
    assert not [name for name, *_ in values(reading(stored=store)) if "drill_age" in name]
