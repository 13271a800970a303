"""The table of permissions holds nothing that AWS's service authorization reference does not: actions, resources, keys."""

from functools import cache
from unittest.mock import create_autospec

import pytest

from modeldelivery.awsmodels.models import input_of, operation
from sandbox.iam.operation import Operation
from sandbox.iam.permissions import RULES
from sandbox.iam.permissions.rule import Estate
from tests.unit import iam_reference

ACCOUNT, REGION = "111111111111", "eu-west-1"
HERE = f"{REGION}:{ACCOUNT}"
KEY = f"arn:aws:kms:{HERE}:key/k"
MODELS = {"monitoring": "cloudwatch"}  # botocore's name, where it is not that of the signature
ARNS = {
    "sagemaker": f"arn:aws:sagemaker:{HERE}:endpoint/e",
    "ecr": f"arn:aws:ecr:{HERE}:repository/r",
    "monitoring": f"arn:aws:cloudwatch:{HERE}:alarm:a",
    "application-autoscaling": f"arn:aws:application-autoscaling:{HERE}:scalable-target/t",
    "sns": f"arn:aws:sns:{HERE}:topic",
    "codebuild": f"arn:aws:codebuild:{HERE}:project/p",
    "codepipeline": f"arn:aws:codepipeline:{HERE}:p",
    "events": f"arn:aws:events:{HERE}:rule/r",
    "logs": f"arn:aws:logs:{HERE}:log-group:g",
    "codeconnections": f"arn:aws:codeconnections:{HERE}:connection/c",
    "scheduler": f"arn:aws:scheduler:{HERE}:schedule/default/s",
}
GIVEN = {
    "KeyId": "k",
    "TargetKeyId": "k",
    "AliasName": "alias/a",
    "KmsKeyId": KEY,
    "ExecutionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/r",
    "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/r",
    "ModelPackageArn": f"arn:aws:sagemaker:{HERE}:model-package/g/1",
    "PipelineExecutionArn": f"arn:aws:sagemaker:{HERE}:pipeline/p/execution/e",
    "TopicArn": f"arn:aws:sns:{HERE}:topic",
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/e/variant/v",
    "encryptionConfiguration": {"kmsKey": KEY},
    "Path": "/",
    "Delete": {"Objects": [{"Key": "k"}]},
    "CopySource": "b/k",
    "Bucket": "b",
    "Key": "k",
    "ids": ["p:1"],
    "id": "p:1",
    "reportArns": [f"arn:aws:codebuild:{HERE}:report/g:1"],
    "ConnectionArn": f"arn:aws:codeconnections:{HERE}:connection/c",
    "serviceRole": f"arn:aws:iam::{ACCOUNT}:role/r",
    "Target": {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/r"},
}
PAIRS = [(service, call) for service, rules in RULES.items() for call in rules]


def estate():
    """Everything is there, encrypted; nothing is scaled yet."""
    made = create_autospec(Estate, instance=True)
    for answer in (made.key_arn, made.alias_target, made.bucket_key, made.object_key):
        answer.return_value = KEY
    made.ciphertext_key.return_value = "k"
    made.role_arn.return_value = GIVEN["RoleArn"]
    made.scalable_target.return_value = ARNS["application-autoscaling"]
    made.has_scaling_role.return_value = False
    return made


@cache
def needs(service, call):
    """What a call with all its members takes."""
    model = "sagemaker-runtime" if call == "InvokeEndpoint" else MODELS.get(service, service)
    shape = input_of(operation(model, call))
    members = {name: _value(service, name, member) for name, member in shape.members.items()}
    return list(RULES[service][call](Operation(service, call, ACCOUNT, REGION, members), estate()))


def _value(service, name, shape):
    if name.lower() == "resourcearn":
        return ARNS[service]
    if name in GIVEN:
        return GIVEN[name]
    if name in {"Tags", "tags"}:
        return [{"Key": "environment", "Value": "prod", "TagKey": "environment", "TagValue": "prod"}]
    return {"list": ["n"], "structure": {}, "map": {}}.get(shape.type_name, "n")


@pytest.mark.parametrize(("service", "call"), PAIRS)
def test_a_call_takes_actions_that_there_are_on_resources_that_they_are_about(service, call):
    for need in needs(service, call):
        assert iam_reference.exists(need.action), need.action
        required = [kind for kind, is_required in iam_reference.kinds(need.action).items() if is_required]
        kind = iam_reference.kind_of(need.action, need.resource)
        assert kind is not None, f"{need.action} is about no {need.resource}"
        assert kind != "*" or not required, f"{need.action} is about {required}"


@pytest.mark.parametrize(("service", "call"), PAIRS)
def test_a_call_takes_its_action_on_every_kind_of_resource_that_it_cannot_do_without(service, call):
    taken = {}
    for need in needs(service, call):
        taken.setdefault(need.action, set()).add(iam_reference.kind_of(need.action, need.resource))
    for action, kinds in taken.items():
        required = {kind for kind, is_required in iam_reference.kinds(action).items() if is_required}
        assert required <= kinds, f"{action} is about {required} together"


@pytest.mark.parametrize(("service", "call"), PAIRS)
def test_the_condition_keys_of_a_call_are_those_of_its_actions(service, call):
    for need in needs(service, call):
        for key, value in need.context.values.items():
            is_listed = value is None or iam_reference.knows(need.action, key)
            assert is_listed, f"{need.action} has no {key}"


def test_the_reference_tells_kinds_apart():
    assert iam_reference.kind_of("s3:GetObject", "arn:aws:s3:::b/k") == "object"
    assert iam_reference.kind_of("s3:ListBucket", "arn:aws:s3:::b") == "bucket"
    assert iam_reference.kind_of("s3:ListBucket", "arn:aws:s3:::b/k") is None
    assert iam_reference.kind_of("sagemaker:DescribeEndpoint", f"arn:aws:sagemaker:{HERE}:model/m") is None
    assert not iam_reference.exists("s3:HeadBucket")
    assert not iam_reference.knows("sagemaker:DescribeEndpoint", "kms:ViaService")
