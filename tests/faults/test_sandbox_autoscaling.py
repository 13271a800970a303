"""Application Auto Scaling: what is not there, and what it does with a variant that nobody asks."""

import time

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Sandbox

pytestmark = pytest.mark.faults

TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/scaled/variant/one",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
SUSPENDED = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
FOLLOW = {
    "PolicyName": "follow",
    "PolicyType": "TargetTrackingScaling",
    "TargetTrackingScalingPolicyConfiguration": {
        "TargetValue": 100.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
    },
}


@pytest.fixture
def scaling(sandbox):
    return sandbox.client("staging", "application-autoscaling")


def policies(scaling):
    response = scaling.describe_scaling_policies(
        ServiceNamespace="sagemaker", ResourceId=TARGET["ResourceId"]
    )
    return [policy["PolicyName"] for policy in response["ScalingPolicies"]]


@pytest.mark.parametrize(
    ("call", "more"),
    [
        ("deregister_scalable_target", {}),
        ("put_scaling_policy", FOLLOW),
        ("delete_scaling_policy", {"PolicyName": "follow"}),
    ],
)
def test_a_target_or_policy_that_is_not_there_is_not_found(scaling, call, more):
    with pytest.raises(ClientError, match=r"ObjectNotFoundException.*No scal.* found for service namespace"):
        getattr(scaling, call)(**TARGET, **more)


def test_a_service_of_ecs_is_never_there(scaling):
    service = {
        "ServiceNamespace": "ecs",
        "ResourceId": "service/a/b",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    with pytest.raises(ClientError, match="ECS service doesn't exist: service/a/b"):
        scaling.register_scalable_target(**service, MinCapacity=1, MaxCapacity=2)


def test_a_target_that_goes_takes_its_policies_with_it(scaling):
    scaling.register_scalable_target(**TARGET, MinCapacity=1, MaxCapacity=2)
    scaling.put_scaling_policy(**TARGET, **FOLLOW)
    before = policies(scaling)
    scaling.deregister_scalable_target(**TARGET)
    assert (before, policies(scaling)) == (["follow"], [])


@pytest.fixture(scope="module")
def quick(tmp_path_factory, hosting_again):
    """Hosting where a variant is idle after 2.5 s, with `one` and `two` serving on two instances each."""
    sandbox = Sandbox(
        tmp_path_factory.mktemp("idle"),
        delays="weights=0.8,endpoint=0.02,ping=8,idle=2.5,unseen=0,seed=7",
    )
    sandbox.run("up")
    hosting = hosting_again(sandbox)
    hosting.config("scaled", {hosting.model(name): weight for name, weight in (("one", 0), ("two", 100))})
    hosting.endpoint("scaled", "scaled")
    yield hosting
    sandbox.run("down", "--purge")


@pytest.fixture
def doubled(quick):
    """Two instances each, and both variants followed by a policy; `one` is never asked."""
    scaling = quick.sandbox.client("staging", "application-autoscaling")
    counts = [
        {"VariantName": n, "DesiredWeight": w, "DesiredInstanceCount": 2}
        for n, w in (("one", 0), ("two", 100))
    ]
    quick.settled("scaled")
    quick.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName="scaled", DesiredWeightsAndCapacities=counts
    )
    quick.settled("scaled")
    for name in ("one", "two"):
        target = {**TARGET, "ResourceId": f"endpoint/scaled/variant/{name}"}
        scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=4)
        scaling.put_scaling_policy(**target, **FOLLOW)
    yield scaling
    for name in ("one", "two"):
        target = {**TARGET, "ResourceId": f"endpoint/scaled/variant/{name}"}
        scaling.deregister_scalable_target(**target)


def counts(hosting):
    shown = hosting.sagemaker.describe_endpoint(EndpointName="scaled")
    return {v["VariantName"]: v["CurrentInstanceCount"] for v in shown["ProductionVariants"]}


def busy(hosting, seconds, through=None):
    """Ask `two` for so long, or until its endpoint has been through these statuses; every one of them."""
    statuses, end = set(), time.monotonic() + seconds
    while time.monotonic() < end and statuses != through:
        assert hosting.invoke("scaled")[0] == "two"
        statuses.add(hosting.sagemaker.describe_endpoint(EndpointName="scaled")["EndpointStatus"])
        time.sleep(0.05)
    return statuses


@pytest.mark.usefixtures("doubled")
def test_an_idle_variant_is_scaled_in_to_its_minimum_and_one_that_is_asked_is_not(quick):
    assert busy(quick, 60, through={"InService", "Updating"}) == {"InService", "Updating"}
    busy(quick, 4)  # as long again as `one` was idle
    assert counts(quick) == {"one": 1, "two": 2}


@pytest.mark.parametrize("why", ["no policy", "no scale-in", "suspended", "at its minimum"])
def test_who_is_not_to_be_scaled_in_is_not(quick, doubled, why):
    if why == "no policy":
        doubled.delete_scaling_policy(**TARGET, PolicyName="follow")
    elif why == "no scale-in":
        tracking = FOLLOW["TargetTrackingScalingPolicyConfiguration"] | {"DisableScaleIn": True}
        doubled.put_scaling_policy(
            **TARGET, **FOLLOW | {"TargetTrackingScalingPolicyConfiguration": tracking}
        )
    elif why == "suspended":
        suspended = {name: name == "DynamicScalingInSuspended" for name in SUSPENDED}
        doubled.register_scalable_target(**TARGET, SuspendedState=suspended)
    else:
        doubled.register_scalable_target(**TARGET, MinCapacity=2, MaxCapacity=4)
    busy(quick, 5)
    assert counts(quick) == {"one": 2, "two": 2}
