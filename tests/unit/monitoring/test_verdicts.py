"""Verdicts on the versions of an endpoint as samples: what is too few to judge has none that looks like a good one."""

from datetime import timedelta

import pytest
from msgspec import structs

from modeldelivery.release.errors import UnreachableError
from modeldelivery.release.verdicts import Verdicts
from monitoring import verdicts
from tests.fakes.verdicts import FakeVerdicts
from tests.unit.release.test_verdicts import AT, V1, V2, WEEK, drift, quality

JUDGED = Verdicts().with_drift(V1, drift("moved")).with_drift(V2, drift()).with_quality(V2, quality())


def shown(stored, *versions, later=timedelta(0), since=None):
    """`since`: when each version began to serve."""
    serving = dict.fromkeys(versions, since and since.timestamp())
    samples = verdicts.samples(FakeVerdicts(stored), serving, (AT + later).timestamp())
    return {(each.series.name, *each.values): each.value for each in samples}


def test_each_version_on_the_endpoint_has_its_own_and_others_have_none():
    both = shown(JUDGED, V1, V2)
    assert both["delivery_drift", V1, "temp", "moved"] == both["delivery_drift", V2, "temp", "drift"] == 1.5
    assert both["delivery_drift_rows", V1] == 6000
    assert {name for name, version, *_ in shown(JUDGED, V1) if version != V1} == set()
    assert shown(Verdicts(), V1, V2) == {}


def test_quality_has_its_value_its_bounds_and_what_it_is_held_against():
    of = shown(JUDGED, V2)
    bounds = {name[-1]: value for name, value in of.items() if name[0] == "model_quality"}
    assert bounds == {"value": 0.65, "low": 0.6, "high": 0.7, "reference": 0.71}
    assert (of["model_quality_worse", V2], of["model_quality_cases", V2]) == (1, 28_000)
    nothing_before = structs.replace(
        quality(), measures=(structs.replace(quality().measures[0], reference=None),)
    )
    assert ("model_quality", V2, "auc", "overall", "reference") not in shown(
        Verdicts().with_quality(V2, nothing_before), V2
    )


def test_too_few_rows_and_labels_are_no_figures_of_a_good_model():
    few = (
        Verdicts()
        .with_drift(V1, structs.replace(drift("unjudged"), rows=7, columns=()))
        .with_quality(V1, structs.replace(quality("too-few"), cases=3, measures=()))
    )
    names = {name for name, *_ in shown(few, V1)}
    assert names == {
        *("delivery_drift_rows", "model_quality_cases"),
        *("delivery_verdict_age_seconds", "delivery_verdict_overdue_seconds"),
    }


def test_a_verdict_is_late_two_windows_after_the_last_one():
    in_time, late = (shown(JUDGED, V2, later=2 * WEEK + timedelta(seconds=more)) for more in (0, 5))
    assert (
        in_time["delivery_verdict_overdue_seconds", V2, "drift"],
        late["delivery_verdict_overdue_seconds", V2, "drift"],
    ) == (0, 5)
    assert late["delivery_verdict_age_seconds", V2, "drift"] == (2 * WEEK).total_seconds() + 5
    assert shown(JUDGED, V2, later=-WEEK)["delivery_verdict_age_seconds", V2, "drift"] == 0


OVERDUE = "delivery_verdict_overdue_seconds"


def test_a_version_that_nobody_judged_is_late_where_others_were_judged():
    only = Verdicts().with_drift(V1, drift())
    in_time, late = (
        shown(only, V1, V2, since=AT, later=2 * WEEK + timedelta(seconds=more)) for more in (0, 5)
    )
    assert (in_time[OVERDUE, V2, "drift"], late[OVERDUE, V2, "drift"]) == (0, 5)
    assert ("delivery_verdict_age_seconds", V2, "drift") not in late
    assert (OVERDUE, V2, "quality") not in late  # for that nobody was ever judged
    assert (OVERDUE, V2, "drift") not in shown(only, V1, V2, later=3 * WEEK)  # it never served


def test_a_version_that_serves_again_is_not_late_for_the_time_in_which_it_did_not():
    again = AT + 20 * WEEK
    soon, late = (shown(JUDGED, V2, since=again, later=(20 + weeks) * WEEK) for weeks in (1, 3))
    assert (soon[OVERDUE, V2, "drift"], late[OVERDUE, V2, "drift"]) == (0, WEEK.total_seconds())


def test_what_cannot_be_read_is_an_error_of_this_source():
    with pytest.raises(UnreachableError):
        list(verdicts.samples(FakeVerdicts(fails=UnreachableError("denied")), {V1: None}, AT.timestamp()))
