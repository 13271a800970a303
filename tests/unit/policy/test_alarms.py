"""Every variant is watched."""

import pytest

from modeldelivery.policy.rules.alarms import ALARMS
from modeldelivery.policy.stack import UNKNOWN
from tests.unit.policy.found import endpoint, resource, whats

METRICS = ("Invocation5XXErrors", "InvocationModelErrors", "ModelLatency")
TOPIC = "arn:aws:sns:eu-west-1:222222222222:flights-prod-alarms"


def alarm(metric, variant, **changed):
    where = {"EndpointName": "flights-prod", "VariantName": variant}
    props = {
        "namespace": "AWS/SageMaker",
        "metricName": metric,
        "dimensions": where,
        "alarmActions": [TOPIC],
        **changed,
    }
    return resource("aws:cloudwatch/metricAlarm:MetricAlarm", f"{variant}-{metric}", **props)


def watched(*variants):
    return [alarm(metric, variant) for variant in variants for metric in METRICS]


def test_an_endpoint_whose_variants_are_all_watched_passes():
    assert whats(ALARMS, endpoint("v1.1.0", "v1.0.0"), *watched("v1-1-0", "v1-0-0")) == []


def test_a_variant_that_nobody_watches_lacks_both():
    findings = whats(ALARMS, endpoint("v1.1.0", "v1.0.0"), *watched("v1-1-0"))
    assert findings == ["errors of v1-0-0", "latency of v1-0-0"]


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
    other = [
        alarm(metric, "v1-0-0", **(changed if metric == "Invocation5XXErrors" else {})) for metric in METRICS
    ]
    assert whats(ALARMS, endpoint("v1.0.0"), *other) == ["errors of v1-0-0"]


def test_an_alarm_by_an_expression_counts():
    metrics = [alarm(metric, "v1-0-0").props for metric in METRICS[:2]]
    by_expression = resource(
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        metricQueries=[{"id": "e"}, *({"metric": metric} for metric in metrics)],
        alarmActions=[TOPIC],
    )
    assert whats(ALARMS, endpoint("v1.0.0"), by_expression, alarm("ModelLatency", "v1-0-0")) == []


def test_a_stack_without_an_endpoint_needs_no_alarm():
    assert whats(ALARMS) == []


def test_an_alarm_that_is_blind_to_a_container_that_hangs_does_not_watch_errors():
    blind = [alarm(metric, "v1-0-0") for metric in METRICS if metric != "InvocationModelErrors"]
    assert whats(ALARMS, endpoint("v1.0.0"), *blind) == ["errors of v1-0-0"]


@pytest.mark.parametrize("changed", [{"alarmActions": []}, {"alarmActions": None}, {"actionsEnabled": False}])
def test_an_alarm_must_tell_somebody(changed):
    silent = [alarm(metric, "v1-0-0", **(changed if metric == "ModelLatency" else {})) for metric in METRICS]
    assert whats(ALARMS, endpoint("v1.0.0"), *silent) == ["alarmActions"]


def test_a_topic_that_is_not_known_yet_is_somebody():
    told = [alarm(metric, "v1-0-0", alarmActions=[UNKNOWN]) for metric in METRICS]
    assert whats(ALARMS, endpoint("v1.0.0"), *told) == []
