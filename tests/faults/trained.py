"""An environment that trains: the repository's own pipeline, images, data and roles in a sandbox, and `modelctl` in it."""

import hashlib
import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import psutil

from components.definition import filled
from modeldelivery.release.naming import (
    APPROVAL_TAG,
    Place,
    dataset_prefix,
    evidence_key,
    parse_environment,
    parse_model,
)
from pipelines import dataset
from pipelines.definition_file import DEFINITION
from pipelines.flights.data import parse_month, published
from tests.conftest import CHECKOUT, Sandbox
from tests.faults.kill import hold
from tests.faults.training import SERVICE, allow
from tests.registered import packages_of, record_of

PLACE = Place(
    model=parse_model("flights"),
    environment=parse_environment("staging"),
    account="111111111111",
    region="eu-west-1",
)
COMMIT = "c" * 40
STEPS = ["Validate", "Featurize", "Train", "Evaluate", "Register"]
MODELCTL = (sys.executable, "-m", "modeldelivery.release.cli")
REGION = {"LocationConstraint": PLACE.region}


@dataclass
class Trains:
    """Staging, which trains flights.

    Attributes:
        data: revision of the months January and February of 2013.
    """

    sandbox: Sandbox
    data: str
    environ: dict[str, str] = field(init=False)

    def __post_init__(self):
        self.environ = {**self.sandbox.env, "AWS_PROFILE": "staging", "MODELCTL_MODEL": PLACE.model}

    @property
    def sagemaker(self):
        return self.sandbox.client("staging", "sagemaker")

    @property
    def s3(self):
        return self.sandbox.client("staging", "s3")

    def start(self, *arguments, **variables):
        """`modelctl ARGUMENTS --env staging`, started."""
        return subprocess.Popen(
            [*MODELCTL, *arguments, "--env", "staging"],
            cwd=CHECKOUT,
            env={**self.environ, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def modelctl(self, *arguments):
        """Run to its end: status, the document on stdout, what was told on stderr."""
        process = self.start(*arguments, "--json")
        out, err = process.communicate(timeout=300)
        return Ended(process.returncode, json.loads(out), err)

    def training(self, version, *more):
        """The arguments by which a version is trained on two months."""
        usual = ("--commit", COMMIT, "--first", "2013-01", "--until", "2013-01", "--fit", "trees=30")
        return ("train", "--version", version, "--data-revision", self.data, *usual, *more)

    def train(self, version, *more):
        return self.modelctl(*self.training(version, *more))

    def record(self, version):
        """The version's record; None where its name is free."""
        return record_of(self.s3, PLACE, version)

    def executions(self):
        """ARNs, the latest first."""
        pages = self.sagemaker.get_paginator("list_pipeline_executions").paginate(PipelineName=PLACE.pipeline)
        return [each["PipelineExecutionArn"] for page in pages for each in page["PipelineExecutionSummaries"]]

    def forget(self):
        """No step that ran stands for a later one: the pipeline is made anew."""
        shown = self.sagemaker.describe_pipeline(PipelineName=PLACE.pipeline)
        self.sagemaker.delete_pipeline(PipelineName=PLACE.pipeline)
        self.sagemaker.create_pipeline(
            PipelineName=PLACE.pipeline,
            PipelineDefinition=shown["PipelineDefinition"],
            RoleArn=shown["RoleArn"],
        )

    def reach(self, step, deadline=300):
        """Return when a step of the latest execution runs."""
        end = time.monotonic() + deadline
        while time.monotonic() < end:
            for arn in self.executions()[:1]:
                listed = self.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)
                names = {
                    each["StepName"]
                    for each in listed["PipelineExecutionSteps"]
                    if each["StepStatus"] == "Executing"
                }
                if step in names:
                    return
            time.sleep(0.05)
        raise AssertionError(f"{step} never ran")

    def kill_job(self, step, deadline=300):
        """SIGKILL every process of a step's job, once it has one."""
        mark, end = f"-{step.lower()}-", time.monotonic() + deadline
        while time.monotonic() < end:
            killed = [process for process in psutil.process_iter() if mark in self._base(process).lower()]
            for process in killed:
                process.kill()
            if killed:
                return
            time.sleep(0.05)
        raise AssertionError(f"{step} never had a process")

    def _base(self, process):
        """The folder of the job that a process is of; "" of any other."""
        try:
            base = process.environ().get("SAGEMAKER_BASE_DIR", "")
        except psutil.Error:
            return ""
        return base if base.startswith(str(self.sandbox.home)) else ""

    def kill_registration(self, version, point):
        """Train a version, and SIGKILL its registration at a call of its own; how the follower ended."""
        process = self.start(*self.training(version))
        self.reach("Register")
        hold(self.sandbox, "", point)
        held = self.sandbox.held("")
        assert held, process.communicate(timeout=300)
        self.kill_job("Register")
        self.sandbox.clear_faults()
        return process.wait(timeout=300)

    def refuse_half(self, version):
        """Exactly one package, approved; every document that the record names is there with its bytes, and no other."""
        (package,) = self.packages(version)
        record = self.record(version)
        status = package["ModelApprovalStatus"]
        assert (record.package_arn, status) == (package["ModelPackageArn"], "Approved")
        kept = {name: evidence_key(record.digests.id, name) for name in record.evidence}
        assert self.keys(evidence_key(record.digests.id, "")) == set(kept.values())
        for name, key in kept.items():
            body = self.s3.get_object(Bucket=PLACE.registry_bucket, Key=key)["Body"].read()
            assert f"sha256:{hashlib.sha256(body).hexdigest()}" == record.evidence[name]

    def packages(self, version):
        """The version's model packages."""
        return packages_of(self.sagemaker, PLACE, version)

    def keys(self, prefix):
        """Of objects of the registry bucket."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=PLACE.registry_bucket, Prefix=prefix)
        return {each["Key"] for page in pages for each in page.get("Contents", [])}


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    document: Any
    err: str


def trains_in(sandbox, folder):
    """Everything that training needs, in a sandbox that has none of it yet."""
    s3, sagemaker = sandbox.client("staging", "s3"), sandbox.client("staging", "sagemaker")
    for bucket in (PLACE.registry_bucket, PLACE.data_bucket):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=REGION)
    for repository in (PLACE.repository, PLACE.step_repository):
        sandbox.client("staging", "ecr").create_repository(
            repositoryName=repository, imageTagMutability="IMMUTABLE"
        )
    sagemaker.create_model_package_group(
        ModelPackageGroupName=PLACE.package_group, Tags=[{"Key": APPROVAL_TAG, "Value": "gates"}]
    )
    data = _publish(s3, folder)
    sandbox.push("staging", PLACE.repository, "--file", CHECKOUT / "pipelines/server/Dockerfile", CHECKOUT)
    sandbox.push(
        "staging", PLACE.step_repository, "--file", CHECKOUT / "pipelines/steps/Dockerfile", CHECKOUT
    )
    sagemaker.create_pipeline(
        PipelineName=PLACE.pipeline, PipelineDefinition=_definition(sandbox), RoleArn=_runner(sandbox)
    )
    return Trains(sandbox, data)


def _publish(s3, folder):
    dataset.write(folder, published(parse_month("2013-01"), parse_month("2013-02")))
    revision = dataset.read_manifest(folder).revision
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            key = dataset_prefix(revision) + path.relative_to(folder).as_posix()
            s3.put_object(Bucket=PLACE.data_bucket, Key=key, Body=path.read_bytes())
    return revision


def _definition(sandbox):
    everything = [allow(["s3:*", "ecr:*", "logs:*", "kms:*", "sagemaker:*"])]
    roles = {
        name: sandbox.role("staging", name, *everything, trusts=SERVICE) for name in ("training", "registrar")
    }
    key = sandbox.client("staging", "kms").create_key()["KeyMetadata"]["Arn"]
    return filled(
        DEFINITION.read_text(),
        {
            "model": PLACE.model,
            "environment": PLACE.environment,
            "region": PLACE.region,
            "training_role": roles["training"],
            "registrar_role": roles["registrar"],
            "key_arn": key,
            "runs": f"s3://{PLACE.registry_bucket}/runs",
            "instance": "ml.m5.large",
            "network": None,
            "tags": {"team": "flights"},
        },
    )


def _runner(sandbox):
    makes = allow(["sagemaker:*", "s3:GetObject", "kms:*", "iam:PassRole"])
    return sandbox.role("staging", "runner", makes, trusts=SERVICE)
