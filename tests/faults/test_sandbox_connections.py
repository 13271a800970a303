"""Connections that fail as networks fail: not made, reset, silent, cut amid a body."""

import time

import pytest
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ReadTimeoutError,
    ResponseStreamingError,
)

from tests.conftest import ONCE, Sandbox

pytestmark = pytest.mark.faults

QUICK = ONCE.merge(Config(connect_timeout=0.4, read_timeout=30))
LARGE = b"x" * (1 << 20)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """A sandbox that no other test calls: while nobody can connect, nobody can."""
    started = Sandbox(tmp_path_factory.mktemp("alone"))
    started.run("up")
    region = {"LocationConstraint": "eu-west-1"}
    started.client("staging", "s3").create_bucket(Bucket="cut", CreateBucketConfiguration=region)
    yield started
    started.run("down", "--purge")


@pytest.fixture
def s3(alone):
    yield alone.session("staging").client("s3", config=QUICK)
    alone.clear_faults()


def body(s3, key):
    """What an object holds; none when there is none."""
    try:
        return s3.get_object(Bucket="cut", Key=key)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return None


def outlast(client, seconds=60.0):
    """Wait until somebody answers again."""
    call = client.list_buckets if hasattr(client, "list_buckets") else client.get_caller_identity
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            return call()
        except (EndpointConnectionError, ConnectTimeoutError):
            time.sleep(0.05)
    pytest.fail("nobody answers any more")


@pytest.mark.parametrize(
    ("kind", "error"),
    [("refuse_connections", EndpointConnectionError), ("drop_connections", ConnectTimeoutError)],
)
def test_after_the_call_that_it_hits_nobody_can_connect_for_a_while(alone, s3, kind, error):
    other = alone.session("prod").client("sts", config=QUICK)
    alone.fault(kind=kind, service="s3", action="PutObject", seconds=3)
    s3.put_object(Bucket="cut", Key="before", Body=b"answered")
    for call in (s3.list_buckets, other.get_caller_identity):
        with pytest.raises(error):
            call()
    outlast(s3)
    assert body(s3, "before") == b"answered"


def test_one_connect_in_five_is_lost_and_the_same_seed_loses_the_same(alone, s3):
    sts = alone.session("staging").client("sts", config=QUICK)

    def run():
        """Calls that came through, by number."""
        alone.fault(
            kind="refuse_connections",
            action="ListBuckets",
            seconds=1,
            probability=0.2,
            seed=11,
            count=1000,
        )
        made = []
        for _ in range(20):
            try:
                s3.list_buckets()
                made.append(True)
            except EndpointConnectionError:
                made.append(False)
                outlast(sts)
        alone.clear_faults()
        return made

    first, second = run(), run()
    assert first == second
    assert 2 <= first.count(False) <= 8


def test_a_reset_call_was_not_executed(alone, s3):
    alone.fault(kind="reset", service="s3", action="PutObject")
    with pytest.raises(ConnectionClosedError, match=r"closed before we received") as error:
        s3.put_object(Bucket="cut", Key="reset", Body=b"x")
    assert (
        type(error.value.kwargs["error"].args[1]) is ConnectionResetError
    )  # one that is merely ended is a subclass
    assert body(s3, "reset") is None


def test_an_upload_that_is_reset_was_not_executed(alone, s3):
    alone.fault(kind="reset_upload", action="PutObject")
    with pytest.raises(HTTPClientError):
        s3.put_object(Bucket="cut", Key="upload", Body=LARGE)
    assert body(s3, "upload") is None
    s3.put_object(Bucket="cut", Key="upload", Body=LARGE)
    assert body(s3, "upload") == LARGE


def test_a_download_is_reset_amid_its_body(alone, s3):
    s3.put_object(Bucket="cut", Key="download", Body=LARGE)
    alone.fault(kind="reset_download", action="GetObject")
    response = s3.get_object(Bucket="cut", Key="download")
    assert response["ContentLength"] == len(LARGE)
    with pytest.raises(ResponseStreamingError, match="Connection reset by peer"):
        response["Body"].read()
    assert body(s3, "download") == LARGE


@pytest.mark.parametrize(("kind", "ran"), [("stall", None), ("stall_answer", b"x")])
def test_a_call_that_nobody_answers_runs_into_the_callers_time_out(alone, s3, kind, ran):
    hasty = alone.session("staging").client("s3", config=QUICK.merge(Config(read_timeout=0.4)))
    alone.fault(kind=kind, action="PutObject", seconds=1)
    with pytest.raises(ReadTimeoutError):
        hasty.put_object(Bucket="cut", Key=kind, Body=b"x")
    end = time.monotonic() + 300
    while (result := body(s3, kind)) != ran and time.monotonic() < end:
        time.sleep(0.05)  # the call may be under way still
    assert result == ran


def test_a_fault_of_one_caller_spares_the_others(alone, s3):
    alone.fault(kind="reset", caller="up-1", action="ListBuckets")
    s3.list_buckets()
    named = alone.session("staging").client("s3", config=QUICK.merge(Config(user_agent_appid="up-1")))
    with pytest.raises(ConnectionClosedError):
        named.list_buckets()


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("sagemaker", "list_endpoints", "ThrottlingException"),
        ("sagemaker", "list_models", "ThrottlingException"),
        ("application-autoscaling", "describe_scalable_targets", "ThrottlingException"),
        ("s3", "list_buckets", "SlowDown"),
        ("sts", "get_caller_identity", "Throttling"),
        ("iam", "list_roles", "Throttling"),
        ("ecr", "describe_repositories", "ThrottlingException"),
        ("kms", "list_keys", "ThrottlingException"),
        ("cloudwatch", "describe_alarms", "Throttling"),
        ("sns", "list_topics", "Throttling"),
        ("logs", "describe_log_groups", "ThrottlingException"),
        ("events", "list_rules", "ThrottlingException"),
    ],
)
def test_every_service_can_be_throttled_in_its_own_words(sandbox, service, call, code):
    client = sandbox.client("staging", service)
    named = {"ServiceNamespace": "sagemaker"} if service == "application-autoscaling" else {}
    signed = {"cloudwatch": "monitoring"}.get(service, service)
    action = client.meta.method_to_api_mapping[call]
    sandbox.fault(kind="throttle", service=signed, action=action, count=2)
    for _ in range(2):
        with pytest.raises(ClientError, match=code):
            getattr(client, call)(**named)
    getattr(client, call)(**named)


@pytest.mark.parametrize(
    ("call", "arguments", "code", "status"),
    [
        (
            "application-autoscaling.register_scalable_target",
            {
                "ServiceNamespace": "sagemaker",
                "ResourceId": "endpoint/e/variant/v",
                "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
            },
            "ConcurrentUpdateException",
            400,
        ),
        ("sagemaker.describe_endpoint", {"EndpointName": "e"}, "InternalFailure", 500),
        ("sagemaker.delete_model", {"ModelName": "m"}, "ServiceUnavailable", 503),
        ("s3.list_buckets", {}, "InternalError", 500),
        ("sts.get_caller_identity", {}, "ExpiredTokenException", 403),
    ],
)
def test_an_error_of_aws_is_answered_by_its_name(sandbox, call, arguments, code, status):
    service, _, method = call.partition(".")
    client = sandbox.client("staging", service)
    action = client.meta.method_to_api_mapping[method]
    sandbox.fault(kind="error", service=service, action=action, code=code)
    with pytest.raises(ClientError) as error:
        getattr(client, method)(**arguments)
    answer = error.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
