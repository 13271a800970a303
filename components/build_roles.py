"""The roles of a build pipeline: what each may do, and with what.

| role | in whose name | may |
|---|---|---|
| pipeline | CodePipeline fetches the source and starts builds | use the connection; start and look at its own projects' builds; read and write its artifacts |
| test | the model's own checks run | fetch the source; write its log |
| image | images are built and pushed | the same, and push to the two repositories; write their bills of materials |
| train | a version is trained | the same, and fill the data bucket with data sets; start, try again and look at the one pipeline that trains; approve what it made |
| deploy | the environment is deployed | the same as test, and take on the one role that deploys |
| verify | a version that was deployed is tried | the same as test, and ask the endpoint; read what is known of the version; write the evidence of what it tried |

Permissions of services: https://docs.aws.amazon.com/codepipeline/latest/userguide/how-to-custom-role.html,
https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
"""

from collections.abc import Sequence
from typing import Any, TypedDict

import pulumi

from components.service_role import Statements
from components.statements import allow, allow_keys, bucket_arn, objects_arn, runs_trainings
from modeldelivery.release.core.verification import load_name, verify_name


class BuildSite(TypedDict):
    """What the roles are about.

    Attributes:
        account: the AWS account, 12 digits.
        region: the AWS region.
        environment: the environment's name.
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
        deploy_role_arn: ARN of the role that deploys; None where builds do not.
        endpoint: SageMaker's name of the endpoint.
    """

    account: str
    region: str
    environment: str
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
    deploy_role_arn: str | None
    endpoint: str


def pipeline_statements(site: BuildSite, projects: Sequence[str]) -> Statements:
    """Of CodePipeline's role; `projects` are the names of those that it starts."""
    return [
        _connection(site),
        allow(
            "Builds",
            ["codebuild:BatchGetBuilds", "codebuild:StartBuild"],
            [f"arn:aws:codebuild:{_here(site)}:project/{name}" for name in projects],
        ),
        allow(
            "Artifacts",
            ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"],
            [objects_arn(site["registry_bucket"], f"{site['folder']}/*")],
        ),
        allow(
            "ArtifactsBucket",
            ["s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketVersioning"],
            [bucket_arn(site["registry_bucket"])],
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
        allow(
            "Images",
            [  # no engine logs in or pulls: tools/image/registry.py pushes by ECR's API
                "ecr:BatchCheckLayerAvailability",
                "ecr:CompleteLayerUpload",
                "ecr:InitiateLayerUpload",
                "ecr:PutImage",
                "ecr:UploadLayerPart",
            ],
            [site["repository_arn"], site["step_repository_arn"]],
        ),
        # A bill that is there is read, and stands.
        allow(
            "Bills",
            ["s3:GetObject", "s3:PutObject"],
            [objects_arn(site["registry_bucket"], "evidence/images/*")],
        ),
        _key("BillsKey", ["kms:GenerateDataKey"], [site["key_arn"]], site),
    ]


def train_statements(site: BuildSite, project: str) -> Statements:
    """Of the builds that have a version trained, and that approve it where gates do."""
    registry, data, group = site["registry_bucket"], site["data_bucket"], site["package_group"]
    sagemaker = f"arn:aws:sagemaker:{_here(site)}"
    return [
        *_build(site, project),
        allow("Data", ["s3:GetObject"], [objects_arn(data, "dvc/*"), objects_arn(data, "datasets/*")]),
        allow("DataSets", ["s3:PutObject"], [objects_arn(data, "datasets/*")]),
        allow("ListData", ["s3:ListBucket"], [bucket_arn(data)]),
        _key("DataKey", ["kms:Decrypt", "kms:GenerateDataKey"], [site["data_key_arn"]], site),
        allow(
            "Registry",
            ["s3:GetObject"],
            [objects_arn(registry, "versions/*"), objects_arn(registry, "journal/*")],
        ),
        # Also where nothing is listed: without it S3 does not tell an object that is not there from one that is hidden.
        allow("ListRegistry", ["s3:ListBucket"], [bucket_arn(registry)]),
        # The file that says that no version serves yet: an artifact as any other, under the digest of what it holds.
        allow("NoChampion", ["s3:PutObject"], [objects_arn(registry, "artifacts/*")]),
        _key("NoChampionKey", ["kms:GenerateDataKey"], [site["key_arn"]], site),
        allow("Images", ["ecr:DescribeImages"], [site["repository_arn"], site["step_repository_arn"]]),
        *runs_trainings("Training", sagemaker, site["training_pipeline"]),
        allow("WhoApproves", ["sagemaker:ListTags"], [f"{sagemaker}:model-package-group/{group}"]),
        allow(
            "Approval",
            ["sagemaker:DescribeModelPackage", "sagemaker:UpdateModelPackage"],
            [f"{sagemaker}:model-package/{group}/*"],
        ),
    ]


def deploy_statements(site: BuildSite, project: str) -> Statements:
    """Of the builds that deploy: all that a deploy takes is the other role's."""
    assert site["deploy_role_arn"] is not None, "config has a role where it has the stage"
    return [*_build(site, project), allow("Deploy", ["sts:AssumeRole"], [site["deploy_role_arn"]])]


def verify_statements(site: BuildSite, project: str) -> Statements:
    """Of the builds that try a version that was deployed: they move no traffic, and reject nothing."""
    registry, endpoint = site["registry_bucket"], f"endpoint/{site['endpoint']}"
    sagemaker = f"arn:aws:sagemaker:{_here(site)}"
    return [
        *_build(site, project),
        allow(
            "Registry",
            ["s3:GetObject"],
            [
                objects_arn(registry, f"{folder}/*")
                for folder in ("versions", "journal", "artifacts", "evidence")
            ],
        ),
        allow("ListRegistry", ["s3:ListBucket"], [bucket_arn(registry)]),
        # Of a version that did not join, what is said of it.
        allow(
            "Approval",
            ["sagemaker:DescribeModelPackage"],
            [f"{sagemaker}:model-package/{site['package_group']}/*"],
        ),
        allow("Evidence", ["s3:PutObject"], [_evidence(site, verify_name(site["environment"]))]),
        _key("EvidenceKey", ["kms:Decrypt", "kms:GenerateDataKey"], [site["key_arn"]], site),
        allow(
            "Endpoint",
            ["sagemaker:DescribeEndpoint", "sagemaker:InvokeEndpoint"],
            [f"{sagemaker}:{endpoint}"],
        ),
    ]


def load_statements(site: BuildSite) -> Statements:
    """Of those among them that measure what one instance serves: of which type it is, an endpoint's configuration says."""
    return [
        allow("Load", ["s3:PutObject"], [_evidence(site, load_name(site["environment"], "*"))]),
        allow(
            "InstanceType",
            ["sagemaker:DescribeEndpointConfig"],
            [f"arn:aws:sagemaker:{_here(site)}:endpoint-config/{site['endpoint']}-*"],
        ),
    ]


def _evidence(site: BuildSite, name: str) -> pulumi.Output[str]:
    """A document of this name: of any digest set, whose id stands before it in the key."""
    return objects_arn(site["registry_bucket"], f"evidence/*/{name}")


def _build(site: BuildSite, project: str) -> list[dict[str, Any]]:
    """What every build may: fetch its source, and write its log."""
    group = f"arn:aws:logs:{_here(site)}:log-group:/aws/codebuild/{project}"
    return [
        _connection(site),
        allow(
            "Source",
            ["s3:GetObject", "s3:GetObjectVersion"],
            [objects_arn(site["registry_bucket"], f"{site['folder']}/*")],
        ),
        _key("SourceKey", ["kms:Decrypt"], [site["key_arn"]], site),
        allow("Log", ["logs:CreateLogStream", "logs:PutLogEvents"], [f"{group}:*"]),
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


def _key(sid: str, actions: list[str], keys: Sequence[pulumi.Input[str]], site: BuildSite) -> dict[str, Any]:
    """The use of keys through S3 alone."""
    return allow_keys(sid, actions, keys, "s3", site["region"])


def _here(site: BuildSite) -> str:
    return f"{site['region']}:{site['account']}"


def _service(arn: str) -> str:
    return "codestar-connections" if ":codestar-connections:" in arn else "codeconnections"
