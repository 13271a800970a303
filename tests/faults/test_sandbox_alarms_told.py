"""A model that dies or hangs makes the components' own alarm go off, and whoever subscribed gets a message."""

import json
import threading
import time

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from components.alarm_topic import topic_policy
from components.alarms import error_rate
from components.key import key_policy

pytestmark = pytest.mark.faults

ACCOUNT, REGION = "111111111111", "eu-west-1"
PERIOD = (
    10  # seconds; CloudWatch evaluates such alarms as often as it takes the component's minutes three times
)


class Pager:
    """A topic as the component makes it, an alarm that names it, and a queue that subscribed."""

    def __init__(self, sandbox, name):
        self._client = lambda service: sandbox.client("staging", service)
        self.name = name
        key = self._client("kms").create_key(Policy=json.dumps(key_policy(ACCOUNT, REGION)))["KeyMetadata"][
            "Arn"
        ]
        self.topic = self.make_topic(name, key, topic_policy(ACCOUNT, REGION, name))
        self.queue = self.subscribe(self.topic)

    def make_topic(self, name, key, policy=None):
        attributes = {"KmsMasterKeyId": key, **({"Policy": json.dumps(policy)} if policy else {})}
        return self._client("sns").create_topic(Name=name, Attributes=attributes)["TopicArn"]

    def subscribe(self, topic):
        sqs = self._client("sqs")
        url = sqs.create_queue(QueueName=topic.rpartition(":")[2])["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        self._client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        return url

    def watch(self, endpoint, *topics):
        where = {"EndpointName": endpoint, "VariantName": endpoint}
        self._client("cloudwatch").put_metric_alarm(
            AlarmName=self.name,
            Metrics=[as_sent(query) for query in error_rate(where)],
            EvaluationPeriods=1,
            Threshold=0.01,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="missing",
            AlarmActions=list(topics),
        )

    def told(self, queue, deadline=0.0):
        """The next message of a queue; None when there is none in time."""
        end = time.monotonic() + deadline
        while True:
            response = self._client("sqs").receive_message(QueueUrl=queue).get("Messages", [])
            if response or time.monotonic() > end:
                break
            time.sleep(0.5)
        return json.loads(json.loads(response[0]["Body"])["Message"]) if response else None

    def remove(self):
        self._client("cloudwatch").delete_alarms(AlarmNames=[self.name])


def as_sent(query):
    """A query of the program as CloudWatch's API takes it, by shorter periods."""
    if "expression" in query:
        return {"Id": query["id"], "Expression": query["expression"], "ReturnData": query["return_data"]}
    metric = query["metric"]
    dimensions = [{"Name": name, "Value": value} for name, value in metric["dimensions"].items()]
    named = {"Namespace": metric["namespace"], "MetricName": metric["metric_name"], "Dimensions": dimensions}
    return {
        "Id": query["id"],
        "MetricStat": {"Metric": named, "Period": PERIOD, "Stat": metric["stat"]},
        "ReturnData": False,
    }


@pytest.fixture
def pager(sandbox, request):
    made = Pager(sandbox, request.node.name.replace("_", "-")[:60])
    yield made
    made.remove()


def served(hosting, name, **behaviour):
    hosting.model(name, **behaviour)
    hosting.config(name, {name: 1})
    return hosting.endpoint(name, name)


class Clients:
    """Invokes an endpoint all the time; what it answers does not matter."""

    def __init__(self, hosting, endpoint):
        self._hosting, self._endpoint, self._ended = hosting, endpoint, threading.Event()
        self.failed = 0

    def __enter__(self):
        self._threads = [threading.Thread(target=self._run) for _ in range(2)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _run(self):
        while not self._ended.wait(0.25):
            try:
                self._hosting.invoke(self._endpoint)
            except (
                ClientError,
                ReadTimeoutError,
            ):  # boto3 gives up after the minute that SageMaker gives a model
                self.failed += 1


def test_a_container_that_dies_is_told_by_the_alarm_to_who_subscribed(hosting, pager):
    """Its 5XX alone would never tell: a container that ends answers nothing."""
    not_allowed = pager.make_topic(f"{pager.name}-aws", "alias/aws/sns")
    silent = pager.subscribe(not_allowed)
    endpoint = served(hosting, "dies", dies=True)
    pager.watch(endpoint, not_allowed, pager.topic)

    with Clients(hosting, endpoint) as clients:
        messages = pager.told(pager.queue, deadline=300)

    assert clients.failed
    assert messages is not None, "nobody was told"
    assert (messages["AlarmName"], messages["NewStateValue"]) == (pager.name, "ALARM")
    assert messages["OldStateValue"] == "INSUFFICIENT_DATA"
    assert pager.told(silent) is None, "AWS's own key lets no alarm publish"


def test_a_state_that_somebody_sets_is_told_too(sandbox, pager):
    """`aws cloudwatch set-alarm-state` is how people try whether they would be woken."""
    pager.watch("nowhere", pager.topic)
    sandbox.client("staging", "cloudwatch").set_alarm_state(
        AlarmName=pager.name, StateValue="ALARM", StateReason="would it wake me?"
    )

    messages = pager.told(pager.queue, deadline=300)

    assert messages is not None
    assert messages["NewStateReason"] == "would it wake me?"


def test_an_expression_that_the_sandbox_does_not_evaluate_is_refused_by_name(sandbox):
    with pytest.raises(ClientError, match="ANOMALY_DETECTION_BAND"):
        sandbox.client("staging", "cloudwatch").put_metric_alarm(
            AlarmName="band",
            Metrics=[{"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m, 2)", "ReturnData": True}],
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )


@pytest.mark.soak
def test_a_container_that_hangs_is_told_by_the_alarm_to_who_subscribed(hosting, pager):
    """SageMaker gives a model a minute for its answer."""
    endpoint = served(hosting, "hangs", seconds=600)
    pager.watch(endpoint, pager.topic)

    with Clients(hosting, endpoint):
        messages = pager.told(pager.queue, deadline=120)

    assert messages is not None, "nobody was told"
    assert messages["NewStateValue"] == "ALARM"
