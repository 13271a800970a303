"""The two roles of the jobs that judge data drift: what each may do, and with what.

| role | in whose name | may |
|---|---|---|
| scheduler | EventBridge Scheduler makes the jobs | make jobs of that name, in the other role |
| drift | the job | read what was captured, baselines and earlier reports; write reports, verdicts and its own metrics |
"""

import pulumi

from components.job_role import job_statements
from components.scheduled_job import JobSite
from components.service_role import Statements
from components.statements import allow, allow_keys, bucket_arn, objects_arn
from modeldelivery.release.naming import BASELINE, CAPTURE_FOLDER, DRIFT_FOLDER

_METRICS = "ModelDelivery"  # pipelines/data_drift/metrics.py


class DriftSite(JobSite):
    """What the roles are about.

    Attributes:
        endpoint: SageMaker's name of the endpoint.
        bucket: name of the registry bucket: what was captured, evidence and reports.
        verdicts_key: of the newest verdicts of the environment, in that bucket.
        step_repository_arn: ARN of the ECR repository of the steps' images.
    """

    endpoint: str
    bucket: pulumi.Input[str]
    verdicts_key: str
    step_repository_arn: pulumi.Input[str]


def job_prefix(endpoint: str) -> str:
    """How the names of its jobs begin."""
    return f"{endpoint}-drift-"


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
