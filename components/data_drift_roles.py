"""The two roles of the jobs that judge data drift: what each may do, and with what.

| role | in whose name | may |
|---|---|---|
| scheduler | EventBridge Scheduler makes the jobs | make jobs of that name, in the other role |
| drift | the job | read what was captured, baselines and earlier reports; write reports, verdicts and its own metrics |
"""

from typing import TypedDict

import pulumi

from components.definition import Network
from components.job_role import job_statements
from components.service_role import Statements
from components.statements import allow, allow_keys, bucket_arn, encrypts_volumes, objects_arn
from modeldelivery.release.naming import BASELINE, CAPTURE_FOLDER, DRIFT_FOLDER

_METRICS = "ModelDelivery"  # pipelines/data_drift/metrics.py


class DriftSite(TypedDict):
    """What the roles are about; the attributes of `DataDriftArgs`."""

    account: str
    region: str
    endpoint: str
    bucket: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    verdicts_key: str
    step_repository_arn: pulumi.Input[str]
    network: Network | None


def job_prefix(endpoint: str) -> str:
    """How the names of its jobs begin."""
    return f"{endpoint}-drift-"


def schedule_statements(site: DriftSite, job: pulumi.Input[str]) -> Statements:
    """Of the role that starts jobs; `job` is the ARN of the role that it starts them in."""
    where = f"arn:aws:sagemaker:{site['region']}:{site['account']}:processing-job"
    return [
        allow(
            "Jobs",
            ["sagemaker:CreateProcessingJob", "sagemaker:AddTags"],
            [f"{where}/{job_prefix(site['endpoint'])}*"],
        ),
        allow(
            "RoleOfJobs",
            ["iam:PassRole"],
            [job],
            {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        ),
        encrypts_volumes(site["key_arn"], site["region"]),
    ]


def job_statements_of(site: DriftSite) -> Statements:
    """Of the role of the jobs."""
    bucket, endpoint = site["bucket"], site["endpoint"]
    reports = [objects_arn(bucket, f"{DRIFT_FOLDER}/{endpoint}/*"), objects_arn(bucket, site["verdicts_key"])]
    inputs = [
        objects_arn(bucket, f"{CAPTURE_FOLDER}/{endpoint}/*"),
        objects_arn(bucket, f"evidence/*/{BASELINE}"),
    ]
    return [
        allow("Inputs", ["s3:GetObject"], inputs),
        allow("Reports", ["s3:GetObject", "s3:PutObject"], reports),
        # Also where nothing is listed: without it S3 does not tell an object that is not there from one that is hidden.
        allow("Registry", ["s3:ListBucket"], [bucket_arn(bucket)]),
        allow_keys("Key", ["kms:Decrypt", "kms:GenerateDataKey"], [site["key_arn"]], "s3", site["region"]),
        allow(
            "Metrics",
            ["cloudwatch:PutMetricData"],
            ["*"],  # metrics have no ARN; the namespace limits it
            {"StringEquals": {"cloudwatch:namespace": _METRICS}},
        ),
        *job_statements(
            {"account": site["account"], "region": site["region"], "network": site["network"]},
            [site["step_repository_arn"]],
            ("ProcessingJobs",),
        ),
    ]
