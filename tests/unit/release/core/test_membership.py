"""Candidates join by rule: who is in the fleet beside the versions that config names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldelivery.release.core.membership import members, newest_first
from modeldelivery.release.core.request import Release
from modeldelivery.release.version import Version
from tests.unit.release.bench import A, B, Bench, C

D = Version("v1.10.0")
RELEASE = Release(live=B, fleet=(B,))


@pytest.fixture
def bench():
    """B serves, A did before, C is a candidate."""
    return Bench((A, B, C))


def fleet(bench, *candidates, release=RELEASE):
    return members(release, candidates, bench.journal, bench.endpoint)


def test_only_versions_above_live_are_candidates_and_the_newest_comes_first():
    assert newest_first(B, [A, B, C, D]) == [D, C]


def test_before_there_is_an_endpoint_the_fleet_is_config_s_and_the_candidates(bench):
    assert members(RELEASE, (D,), bench.journal, None) == (B, D)


def test_what_serves_and_the_fallback_stay_where_config_does_not_name_them(bench):
    assert fleet(bench, release=Release(live=C, fleet=(C,))) == (C, A, B)


def test_a_candidate_leaves_when_a_newer_one_takes_its_place(bench):
    assert fleet(bench, D) == (B, A, D)


def test_a_candidate_that_got_traffic_stays_whatever_is_newer(bench):
    bench.console({B: 90, C: 10})
    assert set(fleet(bench, D)) == {B, C, D}  # while traffic is split, a rollback goes to B


def test_a_candidate_that_is_about_to_get_traffic_stays(bench):
    bench.console({B: 100}, desired={B: 90, C: 10})
    assert set(fleet(bench, D)) == {A, B, C, D}


def test_a_candidate_whose_traffic_is_still_being_taken_away_stays(bench):
    bench.console({B: 90, C: 10}, desired={B: 100})
    assert set(fleet(bench, D)) == {B, C, D}


def test_the_version_that_a_rollback_goes_to_stays_while_it_goes(bench):
    bench.killed(lambda: bench.rollback(to=C, keep=True), taken=False)
    assert C in fleet(bench, D)


@given(st.permutations([A, B, C, D]), st.sampled_from([A, B, C]), st.integers(0, 3))
def test_config_s_versions_come_first_in_their_order_and_nobody_twice(order, live, count):
    bench = Bench((A, B, C))
    release = Release(live=live, fleet=tuple(v for v in order if v in {live, C}))
    result = members(release, newest_first(live, order)[:count], bench.journal, bench.endpoint)
    assert result[: len(release.fleet)] == release.fleet
    assert len(set(result)) == len(result)
