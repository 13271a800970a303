"""What tests of jobs and pipelines do again and again: a bucket, roles, the image of a job, following an execution."""

import json
import time
from dataclasses import dataclass
from uuid import uuid4

from tests.conftest import CHECKOUT, Sandbox
from tests.unit.sandbox.training.pipelines import definition, processing

SERVICE = {"Service": "sagemaker.amazonaws.com"}
BUCKET = "training-staging"


def allow(action, resource="*"):
    return {"Effect": "Allow", "Action": action, "Resource": resource}


@dataclass(frozen=True)
class Training:
    """Jobs and pipelines of staging; the image is of tests/containers/job."""

    sandbox: Sandbox
    image: str
    role: str  # of jobs
    runner: str  # of pipelines

    @property
    def sagemaker(self):
        return self.sandbox.client("staging", "sagemaker")

    @property
    def s3(self):
        return self.sandbox.client("staging", "s3")

    def put(self, key, text):
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=text.encode())
        return f"s3://{BUCKET}/{key}"

    def read(self, uri):
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return self.s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()

    def step(self, name, *arguments, **more):
        """A processing step of the image."""
        return processing(name, arguments=arguments, image=self.image, **{"role": self.role, **more})

    def job(self, *arguments, **more):
        """Run a processing job to its end: what Describe answers."""
        name = f"job-{uuid4().hex}"
        given = self.step("job", *arguments, **more)["Arguments"]
        self.sagemaker.create_processing_job(ProcessingJobName=name, **given)
        return self.ended(name)

    def ended(self, name, kind="processing", deadline=300):
        title = kind.title()
        describe = getattr(self.sagemaker, f"describe_{kind}_job")
        end = time.monotonic() + deadline
        while time.monotonic() < end:
            shown = describe(**{f"{title}JobName": name})
            if shown[f"{title}JobStatus"] not in {"InProgress", "Stopping"}:
                return shown
            time.sleep(0.2)
        raise AssertionError(shown)

    def pipeline(self, *steps, parameters=(), name=None):
        """Create a pipeline; its name."""
        name = name or f"pipeline-{uuid4().hex[:8]}"
        text = definition(*steps, parameters=parameters)
        self.sagemaker.create_pipeline(PipelineName=name, PipelineDefinition=text, RoleArn=self.runner)
        return name

    def start(self, name, **parameters):
        given = [{"Name": key, "Value": value} for key, value in parameters.items()]
        answer = self.sagemaker.start_pipeline_execution(PipelineName=name, PipelineParameters=given)
        return answer["PipelineExecutionArn"]

    def run(self, name, **parameters):
        """Execute a pipeline to its end: its status, and its steps by name."""
        return self.followed(self.start(name, **parameters))

    def followed(self, arn, deadline=300):
        end = time.monotonic() + deadline
        while time.monotonic() < end:
            status = self.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)[
                "PipelineExecutionStatus"
            ]
            if status not in {"Executing", "Stopping"}:
                return status, self.steps(arn)
            time.sleep(0.2)
        raise AssertionError(self.steps(arn))

    def steps(self, arn):
        listed = self.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn, MaxResults=100)
        return {step["StepName"]: step for step in listed["PipelineExecutionSteps"]}


def training_in(sandbox):
    """Everything that jobs need in a sandbox that has none of it yet."""
    region = {"LocationConstraint": "eu-west-1"}
    sandbox.client("staging", "s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=region)
    sandbox.client("staging", "ecr").create_repository(repositoryName="job", imageTagMutability="IMMUTABLE")
    objects = allow(["s3:GetObject", "s3:PutObject", "s3:ListBucket"])
    logs = allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"])
    role = sandbox.role("staging", "jobs", objects, logs, allow("ecr:*"), trusts=SERVICE)
    jobs = [
        f"sagemaker:{verb}{kind}Job" for verb in ("Create", "Describe") for kind in ("Processing", "Training")
    ]
    makes = allow([*jobs, "s3:GetObject"])
    runner = sandbox.role("staging", "pipelines", makes, allow("iam:PassRole", role), trusts=SERVICE)
    return Training(
        sandbox, sandbox.push("staging", "job", CHECKOUT / "tests" / "containers" / "job"), role, runner
    )


def look(training, uri):
    """What the act `look` of the image saw."""
    return json.loads(training.read(uri))
