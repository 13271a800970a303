"""Who may call, what is counted, and the faults that tests ask for."""

import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, HTTPClientError

from tests.conftest import ONCE

pytestmark = pytest.mark.faults


@pytest.fixture
def s3(sandbox):
    yield sandbox.client("staging", "s3")
    sandbox.clear_faults()


@pytest.fixture(scope="module")
def bucket(sandbox):
    region = {"LocationConstraint": "eu-west-1"}
    sandbox.client("staging", "s3").create_bucket(Bucket="faulty", CreateBucketConfiguration=region)
    return "faulty"


@pytest.fixture(scope="module")
def endpoint(hosting):
    hosting.model("old")
    hosting.model("new")
    hosting.config("faulty-1", {"old": 100, "new": 0})
    hosting.config("faulty-2", {"old": 50, "new": 50})
    return hosting.endpoint("faulty", "faulty-1")


def test_a_profile_is_its_account(sandbox):
    answers = {p: sandbox.client(p, "sts").get_caller_identity()["Account"] for p in ("staging", "prod")}
    assert answers == {"staging": "111111111111", "prod": "222222222222"}


@pytest.mark.parametrize(
    ("service", "call"),
    [("sts", "get_caller_identity"), ("s3", "list_buckets"), ("sagemaker", "list_endpoints")],
)
def test_an_unknown_key_is_refused(sandbox, service, call):
    client = boto3.client(
        service,
        endpoint_url=f"http://127.0.0.1:{sandbox.daemon['control']}",
        region_name="eu-west-1",
        aws_access_key_id="AKIANOBODYKNOWSTHIS0",
        aws_secret_access_key="x",
    )
    with pytest.raises(ClientError, match="no access key AKIANOBODYKNOWSTHIS0") as error:
        getattr(client, call)()
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_a_role_that_was_assumed_keeps_its_account(sandbox):
    groups = {"Effect": "Allow", "Action": "sagemaker:*", "Resource": "*"}
    client = sandbox.assumed("prod", sandbox.role("prod", "groups", groups)).client("sagemaker")
    arn = client.create_model_package_group(ModelPackageGroupName="assumed")["ModelPackageGroupArn"]
    client.delete_model_package_group(ModelPackageGroupName="assumed")
    assert ":222222222222:" in arn


def test_calls_are_counted_in_order(sandbox, s3, bucket):
    before = sandbox.last_call()
    s3.put_object(Bucket=bucket, Key="k", Body=b"1")
    s3.list_objects_v2(Bucket=bucket)
    s3.copy_object(Bucket=bucket, Key="k2", CopySource=f"{bucket}/k")
    sandbox.client("prod", "sts").get_caller_identity()
    made = [(call["account"], call["service"], call["action"]) for call in sandbox.calls(before)]
    assert made == [
        ("111111111111", "s3", "PutObject"),
        ("111111111111", "s3", "ListObjectsV2"),
        ("111111111111", "s3", "CopyObject"),
        ("222222222222", "sts", "GetCallerIdentity"),
    ]


def test_a_lost_response_was_executed(sandbox, s3, bucket):
    sandbox.fault(kind="lost", action="PutObject")
    with pytest.raises((ConnectionClosedError, HTTPClientError)):
        s3.put_object(Bucket=bucket, Key="lost", Body=b"written")
    assert s3.get_object(Bucket=bucket, Key="lost")["Body"].read() == b"written"


def test_a_throttled_call_was_not_executed(sandbox, s3, bucket):
    sandbox.fault(kind="throttle", action="PutObject", count=2)
    for _ in range(2):
        with pytest.raises(ClientError, match="SlowDown") as error:
            s3.put_object(Bucket=bucket, Key="throttled", Body=b"x")
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket=bucket, Key="throttled")


def test_a_delay_holds_the_next_call_only(sandbox, s3, bucket):
    sandbox.fault(kind="delay", action="ListObjectsV2", seconds=0.6)
    begun = time.monotonic()
    s3.list_objects_v2(Bucket=bucket)
    assert time.monotonic() - begun > 0.6
    assert "delay" not in {fault["kind"] for fault in sandbox.faults()}  # none is left for another call


@pytest.fixture
def named(sandbox):
    """S3 of a process that calls itself `held-1`."""
    return sandbox.session("staging").client("s3", config=ONCE.merge(Config(user_agent_appid="held-1")))


def test_a_held_call_runs_once_it_is_released(sandbox, s3, named, bucket):
    sandbox.fault(kind="hold", caller="held-1", action="PutObject")
    with ThreadPoolExecutor(1) as other:
        put = other.submit(named.put_object, Bucket=bucket, Key="held", Body=b"x")
        assert sandbox.held("held-1")["ran"] is False
        with pytest.raises(ClientError, match="NoSuchKey"):
            s3.get_object(Bucket=bucket, Key="held")
        sandbox.release("held-1")
        put.result(timeout=300)
    assert s3.get_object(Bucket=bucket, Key="held")["Body"].read() == b"x"


def test_a_held_answer_is_of_a_call_that_ran(sandbox, s3, named, bucket):
    sandbox.fault(kind="hold_answer", caller="held-1", action="PutObject")
    with ThreadPoolExecutor(1) as other:
        put = other.submit(named.put_object, Bucket=bucket, Key="ran", Body=b"x")
        assert sandbox.held("held-1")["ran"] is True
        assert s3.get_object(Bucket=bucket, Key="ran")["Body"].read() == b"x"
        sandbox.release("held-1")
        put.result(timeout=300)


def test_a_held_call_that_is_cut_never_was(sandbox, s3, named, bucket):
    sandbox.fault(kind="hold", caller="held-1", skip=1)
    named.list_objects_v2(Bucket=bucket)
    with ThreadPoolExecutor(1) as other:
        put = other.submit(named.put_object, Bucket=bucket, Key="cut", Body=b"x")
        assert sandbox.held("held-1")["action"] == "PutObject"
        sandbox.clear_faults("held-1")
        with pytest.raises((ConnectionClosedError, HTTPClientError)):
            put.result(timeout=300)
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket=bucket, Key="cut")


@pytest.mark.usefixtures("s3")
def test_a_fault_of_one_account_spares_the_other(sandbox):
    sandbox.fault(kind="throttle", action="GetCallerIdentity", account="222222222222")
    assert sandbox.client("staging", "sts").get_caller_identity()["Account"] == "111111111111"
    with pytest.raises(ClientError, match="Throttling"):
        sandbox.client("prod", "sts").get_caller_identity()


def test_an_unknown_fault_is_refused(sandbox):
    with pytest.raises(urllib.error.HTTPError, match="400"):
        sandbox.fault(kind="earthquake", action="PutObject")


def test_a_server_that_reverts_weights_says_in_service_on_the_old_ones(sandbox, hosting, endpoint):
    sandbox.fault(kind="revert_weights", endpoint=endpoint)
    sandbox.fault(kind="desired_reverted", endpoint=endpoint)
    hosting.weigh(endpoint, old=0, new=100)
    shown = hosting.settled(endpoint)
    weights = {
        v["VariantName"]: (v["CurrentWeight"], v["DesiredWeight"]) for v in shown["ProductionVariants"]
    }
    assert (shown["EndpointStatus"], weights) == ("InService", {"old": (100, 100), "new": (0, 0)})


def test_an_update_that_fails_is_rolled_back(sandbox, hosting, endpoint):
    sandbox.fault(kind="fail_update", endpoint=endpoint)
    hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName="faulty-2")
    shown = hosting.settled(endpoint)
    assert (shown["EndpointStatus"], shown["EndpointConfigName"]) == ("InService", "faulty-1")
    assert "did not pass the ping health check" in shown["FailureReason"]


def test_a_rollback_that_fails_is_left_only_by_an_update(sandbox, hosting, endpoint):
    sandbox.fault(kind="rollback_failed", endpoint=endpoint)
    hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName="faulty-2")
    assert hosting.settled(endpoint)["EndpointStatus"] == "UpdateRollbackFailed"
    with pytest.raises(ClientError, match="UpdateRollbackFailed"):
        hosting.weigh(endpoint, old=1, new=1)
    hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName="faulty-2")
    assert hosting.settled(endpoint)["EndpointStatus"] == "InService"
