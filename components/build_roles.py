"""The roles of a build pipeline: what each may do, and with what.

| role | in whose name | may |
|---|---|---|
| pipeline | CodePipeline fetches the source and starts builds | use the connection; start and look at its own projects' builds; read and write its artifacts |
| test | the model's own checks run | fetch the source; write its log |
| image | images are built and pushed | the same, and push to the two repositories |
| train | a version is trained | the same, and fill the data bucket with data sets; start, try again and look at the one pipeline that trains; approve what it made |

Permissions of services: https://docs.aws.amazon.com/codepipeline/latest/userguide/how-to-custom-role.html,
https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
"""

from collections.abc import Sequence
from typing import Any, TypedDict

import pulumi

from components.service_role import Statements


class BuildSite(TypedDict):
    """What the roles are about.

    Attributes:
        account: the AWS account, 12 digits.
        region: the AWS region.
        pipeline: name of CodePipeline's pipeline; each project's name begins with it.
        connection_arn: ARN of the connection to the Git host.
        registry_bucket: name of the bucket of versions, artifacts and what stages leave for each other.
        folder: where in it they leave that.
        key_arn: ARN of the registry's KMS key.
        data_bucket: name of the bucket of data sets.
        data_key_arn: ARN of the data's KMS key.
        repository_arn: ARN of the ECR repository of the server's images.
        step_repository_arn: ARN of the ECR repository of the steps' images.
        training_pipeline: name of SageMaker's pipeline that trains.
        package_group: name of the model package group.
    """

    account: str
    region: str
    pipeline: str
    connection_arn: pulumi.Input[str]
    registry_bucket: pulumi.Input[str]
    folder: str
    key_arn: pulumi.Input[str]
    data_bucket: pulumi.Input[str]
    data_key_arn: pulumi.Input[str]
    repository_arn: pulumi.Input[str]
    step_repository_arn: pulumi.Input[str]
    training_pipeline: str
    package_group: str


def pipeline_statements(site: BuildSite, projects: Sequence[str]) -> Statements:
    """Of CodePipeline's role; `projects` are the names of those that it starts."""
    return [
        _connection(site),
        _allow(
            "Builds",
            ["codebuild:BatchGetBuilds", "codebuild:StartBuild"],
            [f"arn:aws:codebuild:{_here(site)}:project/{name}" for name in projects],
        ),
        _allow(
            "Artifacts",
            ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"],
            [_objects(site["registry_bucket"], f"{site['folder']}/*")],
        ),
        _allow(
            "ArtifactsBucket",
            ["s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketVersioning"],
            [_bucket(site["registry_bucket"])],
        ),
        _key("Key", ["kms:Decrypt", "kms:GenerateDataKey"], [site["key_arn"]], site),
    ]


def check_statements(site: BuildSite, project: str) -> Statements:
    """Of the builds that check a model."""
    return _build(site, project)


def image_statements(site: BuildSite, project: str) -> Statements:
    """Of the builds that make images."""
    return [
        *_build(site, project),
        _allow(
            "Images",
            [
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:CompleteLayerUpload",
                "ecr:GetDownloadUrlForLayer",
                "ecr:InitiateLayerUpload",
                "ecr:PutImage",
                "ecr:UploadLayerPart",
            ],
            [site["repository_arn"], site["step_repository_arn"]],
        ),
        _allow("ImageLogin", ["ecr:GetAuthorizationToken"], ["*"]),  # about the caller: it knows no resource
    ]


def train_statements(site: BuildSite, project: str) -> Statements:
    """Of the builds that have a version trained, and that approve it where gates do."""
    registry, data, group = site["registry_bucket"], site["data_bucket"], site["package_group"]
    sagemaker = f"arn:aws:sagemaker:{_here(site)}"
    pipeline = f"{sagemaker}:pipeline/{site['training_pipeline']}"
    return [
        *_build(site, project),
        _allow("Data", ["s3:GetObject"], [_objects(data, "dvc/*"), _objects(data, "datasets/*")]),
        _allow("DataSets", ["s3:PutObject"], [_objects(data, "datasets/*")]),
        _allow("ListData", ["s3:ListBucket"], [_bucket(data)]),
        _key("DataKey", ["kms:Decrypt", "kms:GenerateDataKey"], [site["data_key_arn"]], site),
        _allow(
            "Registry", ["s3:GetObject"], [_objects(registry, "versions/*"), _objects(registry, "journal/*")]
        ),
        # Also where nothing is listed: without it S3 does not tell an object that is not there from one that is hidden.
        _allow("ListRegistry", ["s3:ListBucket"], [_bucket(registry)]),
        # The file that says that no version serves yet.
        _allow("NoChampion", ["s3:PutObject"], [_objects(registry, "artifacts/*")]),
        _key("NoChampionKey", ["kms:GenerateDataKey"], [site["key_arn"]], site),
        _allow("Images", ["ecr:DescribeImages"], [site["repository_arn"], site["step_repository_arn"]]),
        _allow(
            "Training",
            [
                "sagemaker:DescribePipeline",
                "sagemaker:ListPipelineExecutions",
                "sagemaker:StartPipelineExecution",
            ],
            [pipeline],
        ),
        _allow(
            "Executions",
            [
                "sagemaker:DescribePipelineExecution",
                "sagemaker:ListPipelineExecutionSteps",
                "sagemaker:RetryPipelineExecution",
            ],
            [f"{pipeline}/execution/*"],
        ),
        _allow("Reasons", ["sagemaker:DescribeProcessingJob"], [f"{sagemaker}:processing-job/pipelines-*"]),
        _allow("WhoApproves", ["sagemaker:ListTags"], [f"{sagemaker}:model-package-group/{group}"]),
        _allow(
            "Approval",
            ["sagemaker:DescribeModelPackage", "sagemaker:UpdateModelPackage"],
            [f"{sagemaker}:model-package/{group}/*"],
        ),
    ]


def _build(site: BuildSite, project: str) -> list[dict[str, Any]]:
    """What every build may: fetch its source, and write its log."""
    group = f"arn:aws:logs:{_here(site)}:log-group:/aws/codebuild/{project}"
    return [
        _connection(site),
        _allow(
            "Source",
            ["s3:GetObject", "s3:GetObjectVersion"],
            [_objects(site["registry_bucket"], f"{site['folder']}/*")],
        ),
        _key("SourceKey", ["kms:Decrypt"], [site["key_arn"]], site),
        _allow("Log", ["logs:CreateLogStream", "logs:PutLogEvents"], [f"{group}:*"]),
    ]


def _connection(site: BuildSite) -> dict[str, Any]:
    """A connection that is older than its service's new name keeps the old one, in its ARN and in the action."""
    service = pulumi.Output.from_input(site["connection_arn"]).apply(_service)
    return {
        "Sid": "Connection",
        "Effect": "Allow",
        "Action": [pulumi.Output.format("{0}:UseConnection", service)],
        "Resource": [site["connection_arn"]],
    }


def _allow(
    sid: str,
    actions: list[str],
    resources: Sequence[pulumi.Input[str]],
    condition: dict[str, Any] | None = None,
) -> dict[str, Any]:
    statement = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}
    return statement if condition is None else {**statement, "Condition": condition}


def _key(sid: str, actions: list[str], keys: Sequence[pulumi.Input[str]], site: BuildSite) -> dict[str, Any]:
    """The use of keys through S3 alone."""
    return _allow(
        sid, actions, keys, {"StringEquals": {"kms:ViaService": f"s3.{site['region']}.amazonaws.com"}}
    )


def _here(site: BuildSite) -> str:
    return f"{site['region']}:{site['account']}"


def _bucket(bucket: pulumi.Input[str]) -> pulumi.Output[str]:
    return pulumi.Output.format("arn:aws:s3:::{0}", bucket)


def _objects(bucket: pulumi.Input[str], key: str) -> pulumi.Output[str]:
    return pulumi.Output.format("arn:aws:s3:::{0}/{1}", bucket, key)


def _service(arn: str) -> str:
    return "codestar-connections" if ":codestar-connections:" in arn else "codeconnections"
