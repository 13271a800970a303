"""Changes of an endpoint that go wrong as they do on AWS, and what AWS leaves open."""

import time

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Sandbox

pytestmark = pytest.mark.faults

SHORT_OF = "due to InsufficientInstanceCapacity error. Please retry using a different ML instance type"


@pytest.fixture(scope="module")
def hosting(tmp_path_factory, hosting_again):
    """Where a change lasts long enough to be looked at, on a busy machine as well."""
    slow = Sandbox(
        tmp_path_factory.mktemp("slow"), delays="weights=0.25,endpoint=0.25,ping=8,unseen=0,seed=7"
    )
    slow.run("up")
    yield hosting_again(slow)
    slow.run("down", "--purge")


@pytest.fixture(scope="module")
def pair(hosting):
    return [hosting.model("near"), hosting.model("far")]


def fault(hosting, kind, endpoint, **more):
    hosting.sandbox.fault(kind=kind, endpoint=endpoint, **more)


def scale(hosting, endpoint, **counts):
    hosting.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=endpoint,
        DesiredWeightsAndCapacities=[
            {"VariantName": n, "DesiredInstanceCount": c, "DesiredWeight": w} for n, (w, c) in counts.items()
        ],
    )


def update(hosting, endpoint, config, **more):
    hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=config, **more)


def shown(variants, *names):
    return {v["VariantName"]: tuple(v[name] for name in names) for v in variants}


def statuses(hosting, endpoint):
    """Every status on the way to a settled one."""
    statuses_shown = []
    while not statuses_shown or statuses_shown[-1] in {"Updating", "RollingBack"}:
        status = hosting.sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointStatus"]
        if statuses_shown[-1:] != [status]:
            statuses_shown.append(status)
    return statuses_shown


def questions(hosting, endpoint):
    questions_open = hosting.sandbox.status()["open_questions"]
    return [(each["answer"], each["forced"]) for each in questions_open if each["endpoint"] == endpoint]


@pytest.fixture
def quota(hosting):
    """Sets how many ml.m5.large the account may have, beyond those that it has."""

    def allow(more):
        used = 0
        for listed in hosting.sagemaker.get_paginator("list_endpoints").paginate():
            for endpoint in listed["Endpoints"]:
                variants = hosting.settled(endpoint["EndpointName"]).get("ProductionVariants", [])
                used += sum(variant["CurrentInstanceCount"] for variant in variants)
        hosting.sandbox.fault(
            kind="quota", account="111111111111", instance_type="ml.m5.large", instances=used + more
        )
        return used

    yield allow
    hosting.sandbox.clear_faults()


def exceeded(used, quota, delta):
    return pytest.raises(
        ClientError,
        match=(
            rf"ResourceLimitExceeded.*account-level service limit 'ml.m5.large for endpoint usage' is {quota} Instances, "
            rf"with current utilization of {used} Instances and a request delta of {delta} Instances"
        ),
    )


def test_scaling_beyond_the_quota_is_refused_at_the_call(hosting, endpoint, quota):
    used = quota(1)
    with exceeded(used, used + 1, 2):
        scale(hosting, endpoint, near=(100, 3), far=(0, 1))
    assert hosting.settled(endpoint)["EndpointStatus"] == "InService"
    scale(hosting, endpoint, near=(100, 2), far=(0, 1))
    assert shown(hosting.settled(endpoint)["ProductionVariants"], "CurrentInstanceCount")["near"] == (2,)


def test_a_weights_call_needs_no_quota(hosting, endpoint, quota):
    quota(-1)
    hosting.weigh(endpoint, near=0, far=100)
    hosting.settled(endpoint)
    assert hosting.weights(endpoint) == {"near": 0, "far": 100}


def test_an_update_counts_its_whole_new_fleet_beside_the_old_one(hosting, endpoint, quota):
    late = hosting.model("late-to-serve", late=3)
    hosting.config(f"{endpoint}-d", {"near": 1, late: 1})
    used = quota(1)
    with exceeded(used, used + 1, 2):
        update(hosting, endpoint, f"{endpoint}-d")
    quota(2)
    update(hosting, endpoint, f"{endpoint}-d")
    with exceeded(used + 2, used + 2, 2):
        hosting.sagemaker.create_endpoint(EndpointName="no-room", EndpointConfigName=f"{endpoint}-c")
    assert hosting.settled(endpoint)["EndpointConfigName"] == f"{endpoint}-d"
    assert quota(0) == used


def test_a_creation_beyond_the_quota_leaves_nothing(hosting, endpoint, quota):
    quota(1)
    with pytest.raises(ClientError, match="ResourceLimitExceeded"):
        hosting.sagemaker.create_endpoint(EndpointName="beyond", EndpointConfigName=f"{endpoint}-c")
    with pytest.raises(ClientError, match="Could not find endpoint"):
        hosting.sagemaker.describe_endpoint(EndpointName="beyond")


def test_a_scaling_without_capacity_is_taken_back_with_the_reason(hosting, endpoint):
    fault(hosting, "no_capacity", endpoint)
    fault(hosting, "desired_reverted", endpoint)
    scale(hosting, endpoint, near=(50, 2), far=(50, 1))
    statuses_shown = statuses(hosting, endpoint)
    described = hosting.settled(endpoint)
    assert statuses_shown == ["Updating", "RollingBack", "InService"]
    assert SHORT_OF in described["FailureReason"]
    after = shown(
        described["ProductionVariants"], "CurrentWeight", "CurrentInstanceCount", "DesiredInstanceCount"
    )
    assert after == {"near": (100, 1, 1), "far": (0, 1, 1)}


def test_a_move_without_more_instances_needs_no_capacity(hosting, endpoint):
    fault(hosting, "no_capacity", endpoint)
    hosting.weigh(endpoint, near=0, far=100)
    assert "FailureReason" not in hosting.settled(endpoint)
    assert hosting.weights(endpoint) == {"near": 0, "far": 100}


def test_an_update_without_capacity_is_rolled_back(hosting, endpoint):
    hosting.config(f"{endpoint}-d", {"near": 1})
    fault(hosting, "no_capacity", endpoint)
    update(hosting, endpoint, f"{endpoint}-d")
    described = hosting.settled(endpoint)
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", f"{endpoint}-c")
    assert SHORT_OF in described["FailureReason"]


def test_a_creation_without_capacity_fails(hosting, endpoint):
    fault(hosting, "no_capacity", "without")
    hosting.sagemaker.create_endpoint(EndpointName="without", EndpointConfigName=f"{endpoint}-c")
    described = hosting.settled("without")
    hosting.sagemaker.delete_endpoint(EndpointName="without")
    assert described["EndpointStatus"] == "Failed"
    assert SHORT_OF in described["FailureReason"]


def test_another_instance_type_that_fails_leaves_the_old_fleet(hosting, endpoint):
    variants = hosting.sagemaker.describe_endpoint_config(EndpointConfigName=f"{endpoint}-c")[
        "ProductionVariants"
    ]
    for variant in variants:
        variant["InstanceType"] = "ml.c5.large"
    hosting.sagemaker.create_endpoint_config(EndpointConfigName=f"{endpoint}-d", ProductionVariants=variants)
    before = hosting.invoke(endpoint)[1]["pid"]
    fault(hosting, "fail_update", endpoint)
    update(hosting, endpoint, f"{endpoint}-d", RetainAllVariantProperties=True)
    assert hosting.settled(endpoint)["EndpointConfigName"] == f"{endpoint}-c"
    assert hosting.invoke(endpoint)[1]["pid"] == before


def test_a_rollback_that_failed_serves_a_mix_of_both_configurations(hosting, endpoint):
    added = hosting.model(f"add-{len(endpoint)}")
    hosting.config(f"{endpoint}-d", {"near": 0, added: 100})
    fault(hosting, "rollback_failed", endpoint)
    update(hosting, endpoint, f"{endpoint}-d")
    described = hosting.settled(endpoint)
    assert described["EndpointStatus"] == "UpdateRollbackFailed"
    weights = {
        name: weight for name, (weight,) in shown(described["ProductionVariants"], "CurrentWeight").items()
    }
    assert weights == {"near": 100, "far": 0, added: 100}
    served = {hosting.invoke(endpoint)[0] for _ in range(60)}
    assert served == {"near", added}
    for name in ("near", "far", added):
        assert hosting.invoke(endpoint, TargetVariant=name)[0] == name


def test_a_mix_keeps_both_configurations_in_use_until_an_update_ends_it(hosting, endpoint):
    hosting.config(f"{endpoint}-d", {"near": 100, "far": 0})
    fault(hosting, "rollback_failed", endpoint)
    update(hosting, endpoint, f"{endpoint}-d")
    hosting.settled(endpoint)
    for config in (f"{endpoint}-c", f"{endpoint}-d"):
        with pytest.raises(ClientError, match="in use by endpoint"):
            hosting.sagemaker.delete_endpoint_config(EndpointConfigName=config)
    with pytest.raises(ClientError, match="in UpdateRollbackFailed status"):
        hosting.weigh(endpoint, near=1, far=1)
    update(hosting, endpoint, f"{endpoint}-d")
    described = hosting.settled(endpoint)
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", f"{endpoint}-d")
    hosting.sagemaker.delete_endpoint_config(EndpointConfigName=f"{endpoint}-c")


def test_only_failed_is_dead(hosting, endpoint):
    fault(hosting, "rollback_failed", endpoint)
    update(hosting, endpoint, f"{endpoint}-c")
    assert hosting.settled(endpoint)["EndpointStatus"] == "UpdateRollbackFailed"
    assert hosting.invoke(endpoint)[0] == "near"


@pytest.mark.parametrize(
    ("answer", "desired"), [("desired_reverted", {"near": (100, 1), "far": (0, 1)}), ("desired_stays", {"near": (0, 2), "far": (100, 1)})]
)  # fmt: skip
def test_a_move_that_was_taken_back_reverts_desired_or_leaves_it(hosting, endpoint, answer, desired):
    fault(hosting, "revert_weights", endpoint)
    fault(hosting, answer, endpoint)
    scale(hosting, endpoint, near=(0, 2), far=(100, 1))
    described = hosting.settled(endpoint)["ProductionVariants"]
    assert shown(described, "CurrentWeight", "CurrentInstanceCount") == {"near": (100, 1), "far": (0, 1)}
    assert shown(described, "DesiredWeight", "DesiredInstanceCount") == desired
    assert questions(hosting, endpoint) == [(answer, True)]


def left_behind(hosting, endpoint):
    """A move to `far` was taken back, and Desired still says so."""
    fault(hosting, "revert_weights", endpoint)
    fault(hosting, "desired_stays", endpoint)
    hosting.weigh(endpoint, near=0, far=100)
    hosting.settled(endpoint)


@pytest.mark.parametrize(
    ("answer", "weights"),
    [("retain_current", {"near": 100, "far": 0}), ("retain_desired", {"near": 0, "far": 100})],
)
def test_an_update_retains_what_was_or_what_was_desired(hosting, endpoint, answer, weights):
    left_behind(hosting, endpoint)
    hosting.config(f"{endpoint}-d", {"near": 60, "far": 40})
    fault(hosting, answer, endpoint)
    update(hosting, endpoint, f"{endpoint}-d", RetainAllVariantProperties=True)
    hosting.settled(endpoint)
    assert hosting.weights(endpoint) == weights


@pytest.mark.parametrize(
    ("answer", "weights"),
    [("retain_current", {"near": 100, "far": 0}), ("retain_desired", {"near": 0, "far": 100})],
)
def test_a_call_for_a_count_alone_keeps_what_was_or_what_was_desired(hosting, endpoint, answer, weights):
    hosting.weigh(endpoint, near=100, far=0)  # the first must name every weight
    hosting.settled(endpoint)
    left_behind(hosting, endpoint)
    fault(hosting, answer, endpoint)
    hosting.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=endpoint,
        DesiredWeightsAndCapacities=[{"VariantName": "far", "DesiredInstanceCount": 2}],
    )
    described = hosting.settled(endpoint)["ProductionVariants"]
    assert hosting.weights(endpoint) == weights
    assert shown(described, "CurrentInstanceCount") == {"near": (1,), "far": (2,)}


def test_an_excluded_property_resets_it_for_every_variant(hosting, endpoint):
    """`ExcludeRetainedVariantProperties` has no variant's name in it."""
    scale(hosting, endpoint, near=(90, 2), far=(10, 2))
    hosting.settled(endpoint)
    hosting.config(f"{endpoint}-d", {"near": 1, "far": 1})
    update(
        hosting,
        endpoint,
        f"{endpoint}-d",
        RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=[{"VariantPropertyType": "DesiredInstanceCount"}],
    )
    described = hosting.settled(endpoint)["ProductionVariants"]
    assert shown(described, "CurrentWeight", "CurrentInstanceCount") == {"near": (90, 1), "far": (10, 1)}


@pytest.mark.parametrize(("answer", "percentage"), [("retain_capture", 10), ("replace_capture", 20)])
def test_an_update_that_retains_properties_keeps_the_capture_or_takes_the_new(
    hosting, endpoint, answer, percentage
):
    for name, share in (("d", 10), ("e", 20)):
        capture = {
            "EnableCapture": True,
            "InitialSamplingPercentage": share,
            "DestinationS3Uri": f"s3://{hosting.bucket}/capture",
            "CaptureOptions": [{"CaptureMode": "Input"}],
        }
        hosting.config(f"{endpoint}-{name}", {"near": 1, "far": 1}, DataCaptureConfig=capture)
    update(hosting, endpoint, f"{endpoint}-d")
    hosting.settled(endpoint)
    fault(hosting, answer, endpoint)
    update(hosting, endpoint, f"{endpoint}-e", RetainAllVariantProperties=True)
    assert hosting.settled(endpoint)["DataCaptureConfig"]["CurrentSamplingPercentage"] == percentage


@pytest.mark.parametrize(
    ("answer", "while_updating"), [("reason_cleared_first", False), ("reason_cleared_last", True)]
)
def test_a_reason_stays_until_the_next_update(hosting, endpoint, answer, while_updating):
    fault(hosting, "fail_update", endpoint)
    update(hosting, endpoint, f"{endpoint}-c")
    assert "ping health check" in hosting.settled(endpoint)["FailureReason"]
    hosting.weigh(endpoint, near=50, far=50)
    assert "ping health check" in hosting.settled(endpoint)["FailureReason"]
    fault(hosting, answer, endpoint)
    update(hosting, endpoint, f"{endpoint}-c")
    updating = hosting.sagemaker.describe_endpoint(EndpointName=endpoint)
    assert (updating["EndpointStatus"], "FailureReason" in updating) == ("Updating", while_updating)
    assert "FailureReason" not in hosting.settled(endpoint)


@pytest.mark.parametrize("change", ["update", "weigh"])
def test_describe_may_tell_what_was_for_a_while(hosting, endpoint, change):
    hosting.config(f"{endpoint}-d", {"near": 60, "far": 40})
    before = hosting.sagemaker.describe_endpoint(EndpointName=endpoint)
    fault(hosting, "stale", endpoint, seconds=3)
    begun = time.monotonic()
    if change == "update":
        update(hosting, endpoint, f"{endpoint}-d")
    else:
        hosting.weigh(endpoint, near=60, far=40)
    stale = hosting.sagemaker.describe_endpoint(EndpointName=endpoint)
    unlike = [k for k in before if k != "ResponseMetadata" and stale[k] != before[k]]
    assert unlike == []
    while hosting.weights(endpoint) == {"near": 100, "far": 0}:
        assert time.monotonic() - begun < 60
        time.sleep(0.02)
    assert time.monotonic() - begun > 3
    assert hosting.settled(endpoint)["LastModifiedTime"] > before["LastModifiedTime"]


def test_the_coin_falls_both_ways_and_the_same_for_the_same_endpoint(hosting, endpoint):
    for _ in range(8):
        fault(hosting, "revert_weights", endpoint)
        hosting.weigh(endpoint, near=50, far=50)
        hosting.settled(endpoint)
    answers = [answer for answer, forced in questions(hosting, endpoint) if not forced]
    assert set(answers) == {"desired_reverted", "desired_stays"}


def there(call, deadline=300):
    """Make a call until what it names is found."""
    end = time.monotonic() + deadline
    while True:
        try:
            return call()
        except ClientError as error:
            if "Could not find" not in str(error) or time.monotonic() > end:
                raise
        time.sleep(0.05)


def test_a_new_model_and_a_new_configuration_are_found_late(hosting):
    hosting.sandbox.fault(kind="unseen", action="CreateModel", seconds=3)
    model = hosting.model("late")
    with pytest.raises(ClientError, match=r"ValidationException.*Could not find model .*model/late"):
        hosting.config("late", {model: 1})
    with pytest.raises(ClientError, match="Could not find model"):
        hosting.sagemaker.describe_model(ModelName=model)
    with pytest.raises(ClientError, match="Cannot create already existing model"):
        hosting.model("late")
    there(lambda: hosting.config("early", {model: 1}))
    hosting.sandbox.fault(kind="unseen", action="CreateEndpointConfig", seconds=4)
    hosting.config("late", {model: 1})
    with pytest.raises(
        ClientError, match=r"ValidationException.*Could not find endpoint configuration .*config/late"
    ):
        hosting.sagemaker.create_endpoint(EndpointName="late", EndpointConfigName="late")
    there(lambda: hosting.sagemaker.describe_endpoint_config(EndpointConfigName="late"))
    with pytest.raises(ClientError, match="Could not find endpoint configuration"):
        hosting.sagemaker.create_endpoint(EndpointName="late", EndpointConfigName="late")
    there(lambda: hosting.endpoint("late", "late"))
    hosting.sagemaker.delete_endpoint(EndpointName="late")


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda hosting, name: hosting.weigh(name, near=100, far=0), id="weigh"),
        pytest.param(lambda hosting, name: update(hosting, name, f"{name}-c"), id="update"),
        pytest.param(lambda hosting, name: hosting.sagemaker.delete_endpoint(EndpointName=name), id="delete"),
    ],
)
def test_a_second_change_while_updating_is_refused(hosting, endpoint, call):
    hosting.weigh(endpoint, near=50, far=50)
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        call(hosting, endpoint)


def test_desired_is_set_at_once_and_current_at_the_end(hosting, endpoint):
    hosting.weigh(endpoint, near=30, far=70)
    during = {
        v["VariantName"]: v
        for v in hosting.sagemaker.describe_endpoint(EndpointName=endpoint)["ProductionVariants"]
    }
    assert (during["far"]["DesiredWeight"], during["far"]["CurrentWeight"]) == (70, 0)
    hosting.settled(endpoint)
    assert hosting.weights(endpoint) == {"near": 30, "far": 70}
