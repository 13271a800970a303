"""Staging with its training pipeline as `pulumi up` made it, its images and a data set; executions as `modelctl train` starts them."""

import json
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from modeldelivery.release.naming import dataset_prefix
from pipelines import dataset
from pipelines.flights.data import parse_month, published
from tests.conftest import CHECKOUT
from tests.faults.trained import PLACE, Trains
from tests.stacks.stack import Stack

FIRST, UNTIL = "2013-01", "2013-01"


@dataclass
class Role:
    """A role with the one policy that it has."""

    iam: object
    name: str
    arn: str
    policy: str
    document: dict

    @property
    def actions(self):
        return {action for statement in self.document["Statement"] for action in statement["Action"]}

    @contextmanager
    def without(self, action):
        """The role, which may not do one of the things that it may."""
        statements = [
            {**each, "Action": rest}
            for each in self.document["Statement"]
            if (rest := [name for name in each["Action"] if name != action])
        ]
        self._put({**self.document, "Statement": statements})
        try:
            yield
        finally:
            self._put(self.document)

    def _put(self, document):
        self.iam.put_role_policy(
            RoleName=self.name, PolicyName=self.policy, PolicyDocument=json.dumps(document)
        )


@dataclass
class Trained:
    """An environment that trains.

    Attributes:
        stack: of staging.
        trains: `modelctl train` in it.
        usual: parameters of an execution that comes to a version, as `modelctl train` gave them.
    """

    stack: Stack
    trains: Trains | None = None
    usual: dict[str, str] = field(default_factory=dict)

    @property
    def sagemaker(self):
        return self.stack.sandbox.client("staging", "sagemaker")

    @property
    def s3(self):
        return self.stack.sandbox.client("staging", "s3")

    def start(self, **parameters):
        given = {**self.usual, **parameters}
        return self.sagemaker.start_pipeline_execution(
            PipelineName=PLACE.pipeline,
            PipelineParameters=[{"Name": name, "Value": value} for name, value in given.items()],
        )["PipelineExecutionArn"]

    def run(self, **parameters):
        """An execution to its end: its status, and its steps by name."""
        arn = self.start(**parameters)
        while True:
            shown = self.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
            if shown["PipelineExecutionStatus"] not in {"Executing", "Stopping"}:
                return shown["PipelineExecutionStatus"], self.steps(arn)
            time.sleep(0.2)

    def steps(self, arn):
        listed = self.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn, MaxResults=100)
        return {step["StepName"]: step for step in listed["PipelineExecutionSteps"]}

    def told(self, step):
        """What a processing step's job told of its end."""
        name = step["Metadata"]["ProcessingJob"]["Arn"].rpartition("/")[2]
        return self.sagemaker.describe_processing_job(ProcessingJobName=name).get("ExitMessage", "")

    def left(self, step, name):
        """What a processing step left: the bytes of the one file, or none."""
        arn = step["Metadata"]["ProcessingJob"]["Arn"]
        job = self.sagemaker.describe_processing_job(ProcessingJobName=arn.rpartition("/")[2])
        output, _, file = name.partition("/")
        for each in job["ProcessingOutputConfig"]["Outputs"]:
            if each["OutputName"] == output:
                bucket, _, prefix = each["S3Output"]["S3Uri"].removeprefix("s3://").partition("/")
                return [self.s3.get_object(Bucket=bucket, Key=f"{prefix}/{file}")["Body"].read()]
        return []

    def role(self, name):
        """One of the pipeline's roles: `training`, `registrar` or `pipeline`."""
        return role_of(self.stack, f"{PLACE.pipeline}-{name}-")

    def packages(self):
        """ARNs of the model packages that were made."""
        listed = self.sagemaker.list_model_packages(ModelPackageGroupName=PLACE.package_group)
        return sorted(each["ModelPackageArn"] for each in listed["ModelPackageSummaryList"])

    def keys(self, prefix):
        """What is in the registry bucket under a prefix."""
        listed = self.s3.list_objects_v2(Bucket=PLACE.registry_bucket, Prefix=prefix)
        return [each["Key"] for each in listed.get("Contents", [])]

    def publish(self, folder: Path):
        """A data set to where steps read it; its revision."""
        subprocess.run(
            [sys.executable, "-m", "pipelines.publish", str(folder), "--bucket", PLACE.data_bucket],
            cwd=CHECKOUT,
            env={**self.stack.env, "AWS_PROFILE": "staging"},
            check=True,
            timeout=300,
            capture_output=True,
        )
        return dataset.read_manifest(folder).revision


def role_of(stack, prefix):
    """The one role of staging's whose name begins so."""
    iam = stack.sandbox.client("staging", "iam")
    (role,) = (
        each
        for page in iam.get_paginator("list_roles").paginate()
        for each in page["Roles"]
        if each["RoleName"].startswith(prefix)
    )
    (policy,) = iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
    document = iam.get_role_policy(RoleName=role["RoleName"], PolicyName=policy)["PolicyDocument"]
    return Role(iam, role["RoleName"], role["Arn"], policy, document)


def data_of(revision):
    """The parameters that name a data set."""
    return {"Data": f"s3://{PLACE.data_bucket}/{dataset_prefix(revision)}", "DataRevision": revision}


def image(stack, repository, dockerfile):
    """Build one of the checkout's images and push it; its URI by digest."""
    return stack.sandbox.push(stack.name, repository, "--file", dockerfile, CHECKOUT)


def training_in(sandbox, folder):
    """All of it in a sandbox that has none of it yet."""
    stack = Stack("staging", sandbox, folder)
    stack.no_release()
    stack.up()
    trained = Trained(stack)
    for repository, of in ((PLACE.step_repository, "steps"), (PLACE.repository, "server")):
        image(stack, repository, CHECKOUT / "pipelines" / of / "Dockerfile")
    months = published(parse_month(FIRST), parse_month(UNTIL).following)
    dataset.write(folder / "data", months)
    trained.trains = Trains(sandbox, trained.publish(folder / "data"))
    return trained
