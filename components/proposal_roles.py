"""The two roles of the job that proposes models: what each may do, and with what.

| role | in whose name | may |
|---|---|---|
| schedule-proposal | EventBridge Scheduler makes the job | make jobs of that name, in the other role |
| proposal | the job | read data sets, images, journal and records; start, retry and follow executions; write acts; tell the topic |

The job starts an execution, whose own roles train: it reads no model, and writes nothing of the registry but acts, and the file that says that
nothing serves yet.
"""

import pulumi

from components.job_role import job_statements
from components.scheduled_job import JobSite
from components.service_role import Statements
from components.statements import allow, allow_keys, bucket_arn, objects_arn, runs_trainings
from modeldelivery.release.naming import DATASETS, VERSIONS_FOLDER, journal_key


class ProposalSite(JobSite):
    """What the roles are about.

    Attributes:
        endpoint: name of what serves, whose journal is read.
        pipeline: name of the training pipeline.
        bucket: name of the registry bucket: journal, versions, runs and acts; `key_arn` is of its KMS key too.
        data_bucket: name of the bucket of data sets.
        data_key_arn: ARN of the data's KMS key.
        repository_arn: ARN of the ECR repository of the server's images.
        step_repository_arn: ARN of the ECR repository of the steps' images.
        acts_key: of what was done so far, in the registry bucket.
        topic_arn: of the SNS topic that is told.
    """

    endpoint: str
    pipeline: str
    bucket: pulumi.Input[str]
    data_bucket: pulumi.Input[str]
    data_key_arn: pulumi.Input[str]
    repository_arn: pulumi.Input[str]
    step_repository_arn: pulumi.Input[str]
    acts_key: str
    topic_arn: str


def job_prefix(pipeline: str) -> str:
    """How the names of its jobs begin."""
    return f"{pipeline}-proposal-"


def job_statements_of(site: ProposalSite) -> Statements:
    """Of the role of the job."""
    bucket, data, region = site["bucket"], site["data_bucket"], site["region"]
    sagemaker = f"arn:aws:sagemaker:{region}:{site['account']}"
    read = [
        objects_arn(data, f"{DATASETS}*/manifest.json"),
        *(
            objects_arn(bucket, key)
            for key in (journal_key(site["endpoint"]), f"{VERSIONS_FOLDER}/*", "runs/*/metrics.json")
        ),
    ]
    return [
        allow("Inputs", ["s3:GetObject"], read),
        allow("Acts", ["s3:GetObject", "s3:PutObject"], [objects_arn(bucket, site["acts_key"])]),
        allow("NoChampion", ["s3:PutObject"], [objects_arn(bucket, "artifacts/*/none.json")]),
        allow("Buckets", ["s3:ListBucket"], [bucket_arn(bucket), bucket_arn(data)]),
        allow_keys("Keys", ["kms:Decrypt", "kms:GenerateDataKey"], [site["key_arn"]], "s3", region),
        allow_keys("DataKey", ["kms:Decrypt"], [site["data_key_arn"]], "s3", region),
        allow("Images", ["ecr:DescribeImages"], [site["repository_arn"], site["step_repository_arn"]]),
        *runs_trainings("Pipeline", sagemaker, site["pipeline"]),
        allow("Topic", ["sns:Publish"], [site["topic_arn"]]),
        # Messages of the topic are under the registry's key.
        allow_keys("TopicKey", ["kms:Decrypt", "kms:GenerateDataKey"], [site["key_arn"]], "sns", region),
        *job_statements(
            {"account": site["account"], "region": region, "network": site["network"]},
            [site["step_repository_arn"]],
            ("ProcessingJobs",),
        ),
    ]
