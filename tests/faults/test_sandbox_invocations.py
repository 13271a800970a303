"""Invocations go where the weights say, and none is lost when they change."""

import collections
import concurrent.futures
import threading
import time

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def endpoint(hosting):
    """An endpoint with two models; every test sets the weights that it needs."""
    hosting.model("left")
    hosting.model("right")
    hosting.config("sides", {"left": 100, "right": 0})
    return hosting.endpoint("sides", "sides")


def weigh(hosting, endpoint, left, right):
    hosting.weigh(endpoint, left=left, right=right)
    hosting.settled(endpoint)


def shares(hosting, endpoint, count):
    return collections.Counter(hosting.invoke(endpoint)[0] for _ in range(count))


def test_a_variant_at_zero_gets_no_request(hosting, endpoint):
    weigh(hosting, endpoint, 100, 0)
    assert shares(hosting, endpoint, 200) == {"left": 200}


def test_shares_follow_the_weights(hosting, endpoint):
    weigh(hosting, endpoint, 1, 3)
    assert 0.15 < shares(hosting, endpoint, 400)["left"] / 400 < 0.35


def test_target_variant_reaches_a_variant_at_zero(hosting, endpoint):
    weigh(hosting, endpoint, 100, 0)
    variant, body = hosting.invoke(endpoint, TargetVariant="right")
    assert (variant, body["name"]) == ("right", "right")


def test_an_unknown_target_variant_is_refused(hosting, endpoint):
    with pytest.raises(ClientError, match="Variant middle not found"):
        hosting.invoke(endpoint, TargetVariant="middle")


def test_an_unknown_endpoint_is_a_validation_error(hosting):
    with pytest.raises(
        ClientError, match=r"ValidationError.*Endpoint nowhere of account 111111111111 not found"
    ):
        hosting.invoke("nowhere")


def test_another_accounts_endpoint_is_not_found(hosting, endpoint):
    with pytest.raises(ClientError, match="of account 222222222222 not found"):
        hosting.sandbox.client("prod", "sagemaker-runtime").invoke_endpoint(EndpointName=endpoint, Body=b"x")


def test_a_models_error_is_a_model_error_with_its_status_and_words(hosting):
    hosting.model("angry", status=400)
    hosting.config("angry", {"angry": 1})
    hosting.endpoint("angry", "angry")
    with pytest.raises(ClientError) as caught:
        hosting.invoke("angry")
    answer = caught.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert answer["Error"]["Code"] == "ModelError"
    assert answer["OriginalStatusCode"] == 400
    assert '"name": "angry"' in answer["OriginalMessage"]


def test_no_request_is_lost_while_weights_move(hosting, endpoint):
    weigh(hosting, endpoint, 100, 0)
    ended, served = threading.Event(), []

    def load():
        while not ended.is_set():
            served.append((time.monotonic(), hosting.invoke(endpoint)[0]))

    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        loads = [pool.submit(load) for _ in range(3)]
        for left, right in [(0, 100), (100, 0), (50, 50), (0, 100)]:
            weigh(hosting, endpoint, left, right)
        moved = time.monotonic()
        while len(served) < 100 or served[-1][0] < moved + 0.3:
            assert not any(each.done() for each in loads), "a request was lost"
            time.sleep(0.05)
        ended.set()
        for each in loads:
            each.result()
    assert {variant for at, variant in served if at > moved + 0.05} == {"right"}


def test_a_dropped_variant_finishes_the_request_in_flight(hosting):
    hosting.model("slow", seconds=4)
    hosting.model("quick")
    hosting.config("slow-1", {"slow": 1, "quick": 1})
    hosting.config("slow-2", {"quick": 1})
    hosting.endpoint("slow", "slow-1")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        future = pool.submit(hosting.invoke, "slow", TargetVariant="slow")
        time.sleep(1)  # it is in flight, also on a busy machine
        hosting.sagemaker.update_endpoint(EndpointName="slow", EndpointConfigName="slow-2")
        assert future.result(timeout=300)[0] == "slow"
    hosting.settled("slow")
    assert hosting.weights("slow") == {"quick": 1}


def test_metrics_count_each_variants_invocations_and_errors(hosting):
    hosting.model("mixed", status=500)
    hosting.config("measured", {"left": 1, "mixed": 0})
    hosting.endpoint("measured", "measured")
    for _ in range(5):
        hosting.invoke("measured")
    for _ in range(3):
        with pytest.raises(ClientError):
            hosting.invoke("measured", TargetVariant="mixed")
    assert eventually(lambda: metric(hosting, "measured", "mixed", "Invocations")["Sum"], 3.0)
    assert metric(hosting, "measured", "mixed", "Invocation5XXErrors")["Average"] == 1.0
    assert eventually(lambda: metric(hosting, "measured", "left", "Invocations")["Sum"], 5.0)
    assert metric(hosting, "measured", "left", "Invocation5XXErrors")["Sum"] == 0.0
    latency = metric(hosting, "measured", "left", "ModelLatency")
    assert (latency["Unit"], 10 < latency["Average"] < 1e6) == ("Microseconds", True)


def eventually(look, wanted, deadline=300):
    end = time.monotonic() + deadline
    while (observed := look()) != wanted and time.monotonic() < end:
        time.sleep(0.1)
    return observed == wanted


def metric(hosting, endpoint, variant, name):
    now = time.time()
    points = hosting.sandbox.client("staging", "cloudwatch").get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName=name,
        Dimensions=[{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": variant}],
        StartTime=now - 600,
        EndTime=now + 60,
        Period=1200,
        Statistics=["Sum", "Average"],
    )["Datapoints"]
    return points[0] if points else {"Sum": None, "Average": None, "Unit": None}


def test_a_role_invokes_what_it_may_and_no_longer_than_it_may(sandbox, endpoint):
    def role(*endpoints):
        arns = [f"arn:aws:sagemaker:eu-west-1:111111111111:endpoint/{name}" for name in endpoints]
        invokes = {"Effect": "Allow", "Action": "sagemaker:InvokeEndpoint", "Resource": arns}
        return sandbox.role("staging", "invoker", invokes)

    runtime = sandbox.assumed("staging", role(endpoint)).client("sagemaker-runtime")
    request = {"EndpointName": endpoint, "Body": b"row", "ContentType": "text/csv"}
    assert runtime.invoke_endpoint(**request)["InvokedProductionVariant"] in {"left", "right"}
    role("another")
    words = "is not authorized to perform: sagemaker:InvokeEndpoint on resource: .*endpoint/sides because no identity-based"
    with pytest.raises(ClientError, match=words) as error:
        runtime.invoke_endpoint(**request)
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    role(endpoint)
    runtime.invoke_endpoint(**request)
