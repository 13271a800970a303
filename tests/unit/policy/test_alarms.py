"""Every variant is watched."""

import pytest

from modeldelivery.policy.rules.alarms import ALARMS
from tests.unit.policy.found import endpoint, resource, whats

METRICS = ("Invocation5XXErrors", "ModelLatency")


def alarm(metric, variant, **changed):
    where = {"EndpointName": "flights-prod", "VariantName": variant}
    props = {"namespace": "AWS/SageMaker", "metricName": metric, "dimensions": where, **changed}
    return resource("aws:cloudwatch/metricAlarm:MetricAlarm", f"{variant}-{metric}", **props)


def watched(*variants):
    return [alarm(metric, variant) for variant in variants for metric in METRICS]


def test_an_endpoint_whose_variants_are_all_watched_passes():
    assert whats(ALARMS, endpoint("v1.1.0", "v1.0.0"), *watched("v1-1-0", "v1-0-0")) == []


def test_a_variant_that_nobody_watches_lacks_both():
    found = whats(ALARMS, endpoint("v1.1.0", "v1.0.0"), *watched("v1-1-0"))
    assert found == ["errors of v1-0-0", "latency of v1-0-0"]


@pytest.mark.parametrize(
    "changed",
    [
        {"namespace": "Custom"},
        {"metricName": "CPUUtilization"},
        {"dimensions": {"EndpointName": "flights-prod"}},
        {"dimensions": {"EndpointName": "flights-staging", "VariantName": "v1-0-0"}},
        {"dimensions": None},
    ],
)
def test_an_alarm_on_something_else_does_not_count(changed):
    other = [alarm("Invocation5XXErrors", "v1-0-0", **changed), alarm("ModelLatency", "v1-0-0")]
    assert whats(ALARMS, endpoint("v1.0.0"), *other) == ["errors of v1-0-0"]


def test_an_alarm_by_an_expression_counts():
    metric = alarm("Invocation5XXErrors", "v1-0-0").props
    by_expression = resource(
        "aws:cloudwatch/metricAlarm:MetricAlarm", metricQueries=[{"id": "e"}, {"metric": metric}]
    )
    assert whats(ALARMS, endpoint("v1.0.0"), by_expression, alarm("ModelLatency", "v1-0-0")) == []


def test_a_stack_without_an_endpoint_needs_no_alarm():
    assert whats(ALARMS) == []
