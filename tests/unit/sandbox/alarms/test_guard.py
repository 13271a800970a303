"""What is refused where an alarm is put, so that no look at it fails later."""

import pytest

from sandbox.alarms.guard import guard
from sandbox.call import Call
from sandbox.refusal import RefusedError

TOPIC = "arn:aws:sns:eu-west-1:111111111111:t"
COMPARED = {
    "AlarmName": "a",
    "ComparisonOperator": "GreaterThanThreshold",
    "EvaluationPeriods": 1,
    "Threshold": 1.0,
}
OF_A_METRIC = {**COMPARED, "Namespace": "n", "MetricName": "m", "Statistic": "Sum", "Period": 60}


def metric(identity, period=60, stat="Sum", **more):
    named = {"Namespace": "n", "MetricName": "m"}
    return {"Id": identity, "MetricStat": {"Metric": named, "Period": period, "Stat": stat}, **more}


def of_queries(*queries):
    return {**COMPARED, "Metrics": list(queries)}


def put(members):
    with guard(Call("monitoring", "PutMetricAlarm", "", "eu-west-1", "query", members), "1", None):
        pass


def without(members, name):
    return {key: value for key, value in members.items() if key != name}


HIDDEN = {"ReturnData": False}
SUM = {"Id": "e", "Expression": "a + b"}


@pytest.mark.parametrize(
    "members",
    [
        OF_A_METRIC,
        {**without(OF_A_METRIC, "Statistic"), "ExtendedStatistic": "p99.9"},
        {**OF_A_METRIC, "AlarmActions": [TOPIC], "OKActions": [TOPIC]},
        of_queries(metric("a")),
        of_queries(SUM, metric("a", **HIDDEN), metric("b", stat="p50", **HIDDEN)),
    ],
)
def test_an_alarm_that_the_sandbox_evaluates_is_taken(members):
    put(members)


@pytest.mark.parametrize(
    ("members", "words"),
    [
        (without(OF_A_METRIC, "Period"), "Period is required with MetricName"),
        (without(OF_A_METRIC, "Threshold"), "Threshold is required with MetricName"),
        (without(of_queries(metric("a")), "Threshold"), "Threshold is required with Metrics"),
        (without(OF_A_METRIC, "Statistic"), "one of Statistic and ExtendedStatistic .* not none of them"),
        (
            {**OF_A_METRIC, "ExtendedStatistic": "p99"},
            "one of Statistic and ExtendedStatistic .* not Statistic and ExtendedStatistic",
        ),
        (of_queries({"Id": "a"}), "one of MetricStat and Expression is required in query 'a'"),
        (of_queries({**metric("a"), "Expression": "1"}), "one of MetricStat and Expression .* 'a'"),
        (
            of_queries({"Id": "a", "MetricStat": {"Metric": {}, "Period": 60, "Stat": "Sum"}}),
            "MetricName is required with MetricStat in query 'a'",
        ),
        (of_queries({"Id": "e", "Expression": "1 + 1"}), "one Period, and these have none"),
        (
            of_queries(SUM, metric("a", 60, **HIDDEN), metric("b", 300, **HIDDEN)),
            "one Period, and these have 60 and 300",
        ),
        (of_queries(metric("a"), metric("b")), "Exactly one element"),
    ],
)
def test_what_aws_requires_of_an_alarm_is_required(members, words):
    with pytest.raises(RefusedError, match=words):
        put(members)


BAND = "LessThanLowerOrGreaterThanUpperThreshold"


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({**OF_A_METRIC, "ComparisonOperator": BAND}, f"does not evaluate ComparisonOperator {BAND}"),
        (
            {**without(of_queries(metric("a")), "Threshold"), "ThresholdMetricId": "a"},
            "does not evaluate ComparisonOperator GreaterThanThreshold with ThresholdMetricId",
        ),
        (
            {**without(OF_A_METRIC, "Statistic"), "ExtendedStatistic": "tm90"},
            "does not compute ExtendedStatistic 'tm90'",
        ),
        (of_queries(metric("a", stat="IQM")), "does not compute Stat in query 'a' 'IQM'"),
        (
            {**OF_A_METRIC, "OKActions": ["arn:aws:automate:eu-west-1:ec2:stop"]},
            "does not carry out the action arn:aws:automate:eu-west-1:ec2:stop",
        ),
    ],
)
def test_what_the_sandbox_does_not_evaluate_or_carry_out_is_refused_by_name(members, words):
    with pytest.raises(RefusedError, match=words):
        put(members)


@pytest.mark.parametrize("name", ["AlarmActions", "OKActions", "InsufficientDataActions"])
def test_an_action_that_is_no_arn_is_refused(name):
    with pytest.raises(RefusedError, match="Invalid arn syntax: tell-me"):
        put({**OF_A_METRIC, name: [TOPIC, "tell-me"]})
