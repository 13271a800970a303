"""Where config demands it, rollbacks were tried lately, and lost nothing."""

import pytest

from modeldelivery.policy.rules.drill import DRILL
from tests.unit.policy.found import STAGING, endpoint, findings, whats


def drilled(stands, *, days=30.0, fallback="v1.0.0"):
    rules = {"rolloutRequired": False, **({"drillWithinDays": days} if days else {})}
    more = {"fallbackAtCheck": fallback} if fallback else {}
    return endpoint("v1.1.0", "v1.0.0", rules=rules, **more, **({"drillAtCheck": stands} if stands else {}))


@pytest.mark.parametrize(
    ("stands", "words"),
    [("failed", "lost requests"), ("old", "is older than 30 days"), ("never", "no drill of flights-prod")],
)
def test_without_a_drill_that_passed_in_time_a_change_is_found(stands, words):
    (finding,) = findings(DRILL, drilled(stands))
    assert words in finding.text
    assert (finding.what, finding.fix.split("`")[1]) == (f"drill {stands}", "modelctl drill --env prod")


def test_it_holds_wherever_config_demands_it_whether_it_protects_or_not():
    assert whats(DRILL, drilled("old"), environment=STAGING) == ["drill old"]


@pytest.mark.parametrize(
    "passes",
    [drilled("passed"), drilled("old", days=None), drilled("never", fallback=None), drilled(None)],
    ids=["passed", "not demanded", "nothing to go back to", "not looked at"],
)
def test_nothing_is_found_otherwise(passes):
    assert whats(DRILL, passes) == []
