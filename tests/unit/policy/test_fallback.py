"""Where the environment protects, there is always a version to go back to."""

import pytest

from modeldelivery.policy.finding import Level
from modeldelivery.policy.rules.fallback import FALLBACK, FIRST_VERSION
from tests.unit.policy.found import STAGING, endpoint, findings, route, whats


def test_two_versions_are_enough():
    both = endpoint("v1.1.0", "v1.0.0")
    assert whats(FALLBACK, both) == whats(FIRST_VERSION, both) == []


@pytest.mark.parametrize(
    "properties",
    [
        {"servingAtCheck": {"v1.1.0": 100.0, "v1.0.0": 0.0}},  # dropped by this change
        {"servingAtCheck": {"v1.0.0": 100.0}},  # replaced by this change
        {"servingAtCheck": {"v1.1.0": 100.0}, "fallbackAtCheck": "v1.0.0"},  # dropped by an earlier one
    ],
)
def test_leaving_out_the_version_to_go_back_to_is_found(properties):
    (finding,) = findings(FALLBACK, endpoint("v1.1.0", **properties))
    assert "keep v1.0.0 in `model-delivery:release.fleet` of Pulumi.prod.yaml" in finding.fix
    assert whats(FIRST_VERSION, endpoint("v1.1.0", **properties)) == []


@pytest.mark.parametrize("properties", [{}, {"servingAtCheck": {}}, {"servingAtCheck": {"v1.1.0": 100.0}}])
def test_the_very_first_version_is_only_advised_about(properties):
    first = endpoint("v1.1.0", **properties)
    assert whats(FALLBACK, first) == []
    assert whats(FIRST_VERSION, first) == ["first version"]
    assert FIRST_VERSION.level is Level.ADVISORY


def test_an_environment_that_does_not_protect_needs_no_fallback():
    alone = endpoint("v1.1.0", servingAtCheck={"v1.0.0": 100.0})
    assert (
        whats(FALLBACK, alone, environment=STAGING) == whats(FIRST_VERSION, alone, environment=STAGING) == []
    )


def test_a_route_needs_a_version_to_go_back_to_as_an_endpoint_does():
    assert whats(FALLBACK, route("v1.1.0", servingAtCheck={"v1.1.0": 100.0, "v1.0.0": 0.0})) == [
        "one version"
    ]
    assert whats(FALLBACK, route("v1.1.0", "v1.0.0")) == []
