"""Autoscaling knows every variant, and never takes away what it runs on."""

import pytest

from modeldelivery.policy.rules.scaling import SCALING
from modeldelivery.policy.stack import UNKNOWN
from tests.unit.policy.found import endpoint, not_known, resource, whats


def target(variant, low=2.0, high=8.0):
    return resource(
        "aws:appautoscaling/target:Target",
        variant,
        resourceId=f"endpoint/flights-prod/variant/{variant}",
        minCapacity=low,
        maxCapacity=high,
    )


def test_targets_that_keep_what_the_variants_run_on_pass():
    assert whats(SCALING, endpoint("v1.1.0", "v1.0.0"), target("v1-1-0"), target("v1-0-0", 3.0)) == []


def test_a_minimum_below_the_instances_is_found():
    assert whats(SCALING, endpoint("v1.0.0", count=3), target("v1-0-0")) == ["min 2 below 3"]


def test_a_maximum_below_the_minimum_is_found():
    assert whats(SCALING, endpoint("v1.0.0"), target("v1-0-0", 4.0, 3.0)) == ["max 3 below min 4"]


def test_a_variant_without_a_target_is_found():
    assert whats(SCALING, endpoint("v1.1.0", "v1.0.0"), target("v1-1-0")) == ["no target for v1-0-0"]


@pytest.mark.parametrize("bounds", [(UNKNOWN, 8.0), (2.0, UNKNOWN)])
def test_bounds_that_are_not_known_yet_are_said_to_be(bounds):
    assert not_known(SCALING, endpoint("v1.0.0"), target("v1-0-0", *bounds)) == ["minCapacity, maxCapacity"]
