"""SageMaker: hosting and the registry of model packages.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
"""

from collections.abc import Iterator
from typing import Any

from sandbox.iam.core.access import Context, Need
from sandbox.iam.operation import Operation
from sandbox.iam.permissions.keys import through
from sandbox.iam.permissions.rule import Estate, Rule, Rules, derived

_ARN = "arn:aws:sagemaker:{region}:{account}:"
_KINDS = {
    "EndpointName": _ARN + "endpoint/{}",
    "EndpointConfigName": _ARN + "endpoint-config/{}",
    "ModelName": _ARN + "model/{}",
    "ModelPackageName": _ARN + "model-package/{}",
    "ModelPackageArn": "",
    "ModelPackageGroupName": _ARN + "model-package-group/{}",
    "ResourceArn": "",
    "ProcessingJobName": _ARN + "processing-job/{}",
    "TrainingJobName": _ARN + "training-job/{}",
    "PipelineName": _ARN + "pipeline/{}",
    "PipelineExecutionArn": "",
}
_DERIVED = derived(
    "sagemaker",
    "sagemaker",
    _KINDS,
    (
        *("CreateModel", "DescribeModel", "DeleteModel", "ListModels"),
        *("CreateEndpointConfig", "DescribeEndpointConfig", "DeleteEndpointConfig", "ListEndpointConfigs"),
        *("CreateEndpoint", "DescribeEndpoint", "UpdateEndpoint", "UpdateEndpointWeightsAndCapacities"),
        *("DeleteEndpoint", "ListEndpoints"),
        *("CreateModelPackageGroup", "DescribeModelPackageGroup", "DeleteModelPackageGroup"),
        *("ListModelPackageGroups", "DescribeModelPackage", "UpdateModelPackage", "DeleteModelPackage"),
        *("AddTags", "ListTags", "DeleteTags"),
        *("CreateProcessingJob", "DescribeProcessingJob", "StopProcessingJob", "ListProcessingJobs"),
        *("CreateTrainingJob", "DescribeTrainingJob", "StopTrainingJob", "ListTrainingJobs", "ListPipelines"),
        *("CreatePipeline", "UpdatePipeline", "DescribePipeline", "DeletePipeline", "StartPipelineExecution"),
        *("DescribePipelineExecution", "ListPipelineExecutions", "ListPipelineExecutionSteps"),
        *("StopPipelineExecution", "RetryPipelineExecution"),
    ),
    tagging="AddTags",
)
_PASSED = Context({"iam:passedtoservice": "sagemaker.amazonaws.com"})


def _and(call: str, more: Rule) -> Rule:
    def rule(operation: Operation, estate: Estate) -> Iterator[Need]:
        yield from _DERIVED[call](operation, estate)
        yield from more(operation, estate)

    return rule


def _pass_role(operation: Operation, _: Estate) -> Iterator[Need]:
    if role := operation.text("ExecutionRoleArn") or operation.text("RoleArn"):
        yield Need("iam:PassRole", role, _PASSED)


def _volume_key(operation: Operation, estate: Estate) -> Iterator[Need]:
    """SageMaker makes itself a grant on the key of the instances' volumes, as the caller."""
    yield from _pass_role(operation, estate)
    if key := operation.text("KmsKeyId"):
        arn = estate.key_arn(operation.account, operation.region, key)
        yield through("sagemaker", operation.region, "CreateGrant", arn)
        yield through("sagemaker", operation.region, "DescribeKey", arn)


def _job(operation: Operation, estate: Estate) -> Iterator[Need]:
    """SageMaker makes itself a grant on the key of the instances' volumes, as the caller."""
    yield from _pass_role(operation, estate)
    processing: Any = operation.members.get("ProcessingResources") or {}
    cluster = processing.get("ClusterConfig") or operation.members.get("ResourceConfig") or {}
    if key := cluster.get("VolumeKmsKeyId"):
        arn = estate.key_arn(operation.account, operation.region, key)
        yield through("sagemaker", operation.region, "CreateGrant", arn)
        yield through("sagemaker", operation.region, "DescribeKey", arn)


def _create_package(operation: Operation, _: Estate) -> Iterator[Need]:
    """A version of a group: which of the two AWS asks for, its reference leaves open, so both are."""
    group = operation.text("ModelPackageGroupName").rpartition("/")[2]
    where = _ARN.format(region=operation.region, account=operation.account)
    yield Need("sagemaker:CreateModelPackage", f"{where}model-package-group/{group}")
    yield Need("sagemaker:CreateModelPackage", f"{where}model-package/{group}/*")


def _list_packages(_: Operation, __: Estate) -> Iterator[Need]:
    yield Need("sagemaker:ListModelPackages", "*")


RULES: Rules = {
    **_DERIVED,
    **derived("sagemaker-runtime", "sagemaker", _KINDS, ("InvokeEndpoint",)),
    "CreateModel": _and("CreateModel", _pass_role),
    "CreateEndpointConfig": _and("CreateEndpointConfig", _volume_key),
    **{call: _and(call, _pass_role) for call in ("CreatePipeline", "UpdatePipeline")},
    **{call: _and(call, _job) for call in ("CreateProcessingJob", "CreateTrainingJob")},
    "CreateModelPackage": _create_package,
    "ListModelPackages": _list_packages,
}
