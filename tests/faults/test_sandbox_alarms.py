"""An alarm that was just made knows nothing."""

import pytest

pytestmark = pytest.mark.faults


@pytest.fixture
def cloudwatch(sandbox):
    client = sandbox.client("staging", "cloudwatch")
    yield client
    client.delete_alarms(AlarmNames=["errors"])


def put(cloudwatch, threshold):
    cloudwatch.put_metric_alarm(
        AlarmName="errors",
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=threshold,
        ComparisonOperator="GreaterThanThreshold",
    )


def state(cloudwatch):
    return cloudwatch.describe_alarms(AlarmNames=["errors"])["MetricAlarms"][0]["StateValue"]


def test_a_new_alarm_has_insufficient_data(cloudwatch):
    put(cloudwatch, 1)
    assert state(cloudwatch) == "INSUFFICIENT_DATA"


def test_a_changed_alarm_keeps_its_state(cloudwatch):
    put(cloudwatch, 1)
    cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="a test")
    put(cloudwatch, 2)
    assert state(cloudwatch) == "ALARM"
