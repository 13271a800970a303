"""Application Auto Scaling: what is not there, and what it does with a variant that nobody asks."""

import pytest
from botocore.exceptions import ClientError

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]

TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/scaled/variant/one",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
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
    found = scaling.describe_scaling_policies(ServiceNamespace="sagemaker", ResourceId=TARGET["ResourceId"])
    return [policy["PolicyName"] for policy in found["ScalingPolicies"]]


@pytest.mark.parametrize(
    ("call", "more"),
    [
        ("deregister_scalable_target", {}),
        ("put_scaling_policy", FOLLOW),
        ("delete_scaling_policy", {"PolicyName": "follow"}),
    ],
)
def test_a_target_or_policy_that_is_not_there_is_not_found(scaling, call, more):
    with pytest.raises(ClientError, match="ObjectNotFoundException.*No scal.* found for service namespace"):
        getattr(scaling, call)(**TARGET, **more)


def test_a_target_that_goes_takes_its_policies_with_it(scaling):
    scaling.register_scalable_target(**TARGET, MinCapacity=1, MaxCapacity=2)
    scaling.put_scaling_policy(**TARGET, **FOLLOW)
    before = policies(scaling)
    scaling.deregister_scalable_target(**TARGET)
    assert (before, policies(scaling)) == (["follow"], [])
