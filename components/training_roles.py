"""The three roles of a training pipeline: what each may do, and with what.

| role | in whose name | may |
|---|---|---|
| pipeline | SageMaker starts the steps' jobs | make, look at and stop the pipeline's own jobs; read a gate's verdict |
| training | Validate, Featurize, Train, Evaluate | read data, champions and what earlier steps made; write under `runs/` |
| registrar | Register | read what earlier steps made; write versions, artifacts and evidence; make model packages |
"""

from collections.abc import Sequence
from typing import Any, TypedDict

import pulumi

from components.definition import Network
from components.job_role import JobPlace, job_statements
from components.service_role import Statements
from components.statements import allow, allow_keys, bucket_arn, encrypts_volumes, objects_arn

_TRAINING_LOGS = ("ProcessingJobs", "TrainingJobs")
_REGISTRAR_LOGS = ("ProcessingJobs",)


class TrainingSite(TypedDict):
    """What the roles are about.

    Attributes:
        account: the AWS account, 12 digits.
        region: the AWS region.
        registry_bucket: name of the bucket of versions, artifacts, evidence and runs.
        data_bucket: name of the bucket of data sets.
        key_arn: ARN of the registry's KMS key.
        data_key_arn: ARN of the data's KMS key.
        repository_arn: ARN of the ECR repository of the server's images.
        step_repository_arn: ARN of the ECR repository of the steps' images.
        package_group: name of the model package group.
        network: where jobs run.
    """

    account: str
    region: str
    registry_bucket: pulumi.Input[str]
    data_bucket: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    data_key_arn: pulumi.Input[str]
    repository_arn: pulumi.Input[str]
    step_repository_arn: pulumi.Input[str]
    package_group: str
    network: Network | None


def pipeline_statements(site: TrainingSite, passed: Sequence[pulumi.Input[str]]) -> Statements:
    """Of the role that starts the jobs; `passed` are the ARNs of the roles that it starts them with."""
    where = f"arn:aws:sagemaker:{site['region']}:{site['account']}"
    return [
        allow(
            "Jobs",
            [
                f"sagemaker:{verb}{kind}Job"
                for verb in ("Create", "Describe", "Stop")
                for kind in ("Processing", "Training")
            ]
            + ["sagemaker:AddTags"],
            [f"{where}:{kind}-job/pipelines-*" for kind in ("processing", "training")],
        ),
        allow(
            "RolesOfJobs",
            ["iam:PassRole"],
            list(passed),
            {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        ),
        allow(
            "Verdicts",
            ["s3:GetObject"],
            [objects_arn(site["registry_bucket"], "runs/*/verdict/verdict.json")],
        ),
        allow_keys("VerdictsKey", ["kms:Decrypt"], [site["key_arn"]], "s3", site["region"]),
        encrypts_volumes(site["key_arn"], site["region"]),
    ]


def training_statements(site: TrainingSite) -> Statements:
    """Of the role that makes and judges a model."""
    registry, data = site["registry_bucket"], site["data_bucket"]
    return [
        allow(
            "Inputs",
            ["s3:GetObject"],
            [
                objects_arn(data, "datasets/*"),
                objects_arn(registry, "artifacts/*"),
                objects_arn(registry, "runs/*"),
            ],
        ),
        _listing("Data", data, ["datasets/*"]),
        _listing("Registry", registry, ["artifacts/*", "runs/*"]),
        allow("Outputs", ["s3:PutObject"], [objects_arn(registry, "runs/*")]),
        allow_keys(
            "InputsKeys", ["kms:Decrypt"], [site["key_arn"], site["data_key_arn"]], "s3", site["region"]
        ),
        allow_keys("OutputsKey", ["kms:GenerateDataKey"], [site["key_arn"]], "s3", site["region"]),
        *job_statements(_place(site), [site["step_repository_arn"]], _TRAINING_LOGS),
    ]


def registrar_statements(site: TrainingSite) -> Statements:
    """Of the role that registers a model."""
    registry, group = site["registry_bucket"], site["package_group"]
    where = f"arn:aws:sagemaker:{site['region']}:{site['account']}"
    kept = [objects_arn(registry, f"{folder}/*") for folder in ("artifacts", "evidence", "versions")]
    return [
        allow("Made", ["s3:GetObject"], [objects_arn(registry, "runs/*")]),
        allow("Versions", ["s3:GetObject", "s3:PutObject"], kept),
        # A large artifact goes up in parts; when one fails, the others are taken away.
        allow("Parts", ["s3:AbortMultipartUpload"], [objects_arn(registry, "artifacts/*")]),
        # Also where nothing is listed: without it S3 does not tell an object that is not there from one that is hidden.
        allow("Registry", ["s3:ListBucket"], [bucket_arn(registry)]),
        allow_keys("Key", ["kms:Decrypt", "kms:GenerateDataKey"], [site["key_arn"]], "s3", site["region"]),
        allow(
            "Packages",
            ["sagemaker:CreateModelPackage", "sagemaker:DescribeModelPackage"],
            [f"{where}:model-package-group/{group}", f"{where}:model-package/{group}/*"],
        ),
        allow("ListPackages", ["sagemaker:ListModelPackages"], ["*"]),  # the call knows no resource
        allow("ServerImages", ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], [site["repository_arn"]]),
        *job_statements(_place(site), [site["step_repository_arn"]], _REGISTRAR_LOGS),
    ]


def _place(site: TrainingSite) -> JobPlace:
    return {"account": site["account"], "region": site["region"], "network": site["network"]}


def _listing(sid: str, bucket: pulumi.Input[str], prefixes: list[str]) -> dict[str, Any]:
    return allow(
        sid,
        ["s3:ListBucket"],
        [bucket_arn(bucket)],
        {"StringLike": {"s3:prefix": prefixes}},
    )
