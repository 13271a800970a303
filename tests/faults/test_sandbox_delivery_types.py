"""The types that the sandbox itself plays against the sandbox's own services: made, unchanged, changed, deleted."""

import os

import pytest

from tests.faults.training import allow
from tests.unit.sandbox_aws.stack import Stack, configured

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]

PROJECT = "aws:codebuild/project:Project"
CONNECTION = "aws:codeconnections/connection:Connection"
PIPELINE = "aws:codepipeline/pipeline:Pipeline"
SCHEDULE = "aws:scheduler/schedule:Schedule"


@pytest.fixture
def cloud(sandbox):
    """One stack's resources in staging."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        for name, value in sandbox.env.items():
            if name.startswith("AWS_"):
                patch.setenv(name, value)
        yield Stack(configured(profile="staging"))


def project(role, **more):
    return {
        "name": "typed",
        "description": "tests a model",
        "artifacts": {"type": "CODEPIPELINE"},
        "environment": {
            "computeType": "BUILD_GENERAL1_SMALL",
            "image": "aws/codebuild/standard:7.0",
            "type": "LINUX_CONTAINER",
            "environmentVariables": [{"name": "MODEL", "value": "flights"}],
        },
        "serviceRole": role,
        "source": {"type": "CODEPIPELINE", "buildspec": "pipelines/buildspecs/test.yml"},
        "tags": {"owner": "ml"},
    } | more


def pipeline(role, connection, **more):
    def action(name, category, provider, **extra):
        return {
            "name": name,
            "category": category,
            "owner": "AWS",
            "provider": provider,
            "version": "1",
            **extra,
        }

    source = action(
        "Source",
        "Source",
        "CodeStarSourceConnection",
        configuration={"ConnectionArn": connection, "FullRepositoryId": "us/models", "BranchName": "main"},
        outputArtifacts=["Code"],
        namespace="Source",
    )
    test = action(
        "Test", "Test", "CodeBuild", configuration={"ProjectName": "typed"}, inputArtifacts=["Code"]
    )
    return {
        "name": "typed",
        "roleArn": role,
        "pipelineType": "V2",
        "executionMode": "QUEUED",
        "artifactStores": [
            {"location": "artifacts", "type": "S3", "encryptionKey": {"id": "k", "type": "KMS"}}
        ],
        "stages": [
            {"name": "Source", "actions": [source]},
            {
                "name": "Test",
                "actions": [test],
                "onFailure": {"result": "RETRY", "retryConfiguration": {"retryMode": "FAILED_ACTIONS"}},
            },
        ],
        "triggers": [
            {
                "providerType": "CodeStarSourceConnection",
                "gitConfiguration": {
                    "sourceActionName": "Source",
                    "pushes": [{"tags": {"includes": ["flights@v*"]}}],
                },
            }
        ],
        "tags": {"owner": "ml"},
    } | more


def tried(cloud, type_, inputs, others, changed):
    """Make it, find it unchanged, change it in place, and find that too."""
    cloud.create(type_, inputs)
    assert cloud.diff(inputs).changes == {}
    _, _, old_inputs, outputs = cloud.state["thing"]
    state = cloud.read()
    assert (state.inputs, state.outputs) == (old_inputs, outputs)
    diff = cloud.diff(others)
    assert set(diff.changes) == changed
    assert not any(change.replaces for change in diff.changes.values())
    cloud.update(others)
    assert cloud.diff(others).changes == {}
    assert cloud.read().outputs == cloud.state["thing"][3]
    cloud.delete()
    assert cloud.read() is None
    cloud.delete()


def test_a_project_is_made_changed_and_deleted(cloud, sandbox):
    role = sandbox.role("staging", "typed-builds", trusts={"Service": "codebuild.amazonaws.com"})
    others = project(
        role,
        buildTimeout=15,
        logsConfig={"cloudwatchLogs": {"groupName": "builds"}},
        tags={"cost": "1"},
    )
    changed = {"buildTimeout", "logsConfig", "tags.owner", "tags.cost"}
    tried(cloud, PROJECT, project(role), others, changed)


def test_a_connection_is_made_pending_tagged_and_deleted(cloud):
    inputs = {"name": "host", "providerType": "GitHub", "tags": {"owner": "ml"}}
    made = cloud.create(CONNECTION, inputs, name="first")
    assert made.outputs["connectionStatus"] == "PENDING"
    tried(cloud, CONNECTION, inputs, inputs | {"tags": {"owner": "data"}}, {"tags.owner"})
    assert cloud.diff(inputs | {"providerType": "GitLab"}, "first").changes["providerType"].replaces


def test_a_pipeline_is_made_changed_and_deleted(cloud, sandbox):
    role = sandbox.role(
        "staging", "typed-pipeline", allow("s3:*"), trusts={"Service": "codepipeline.amazonaws.com"}
    )
    connection = cloud.create(CONNECTION, {"name": "host", "providerType": "GitHub"}, name="host").id
    inputs = pipeline(role, connection)
    stages = [inputs["stages"][0], {**inputs["stages"][1], "name": "Check"}]
    others = inputs | {"stages": stages, "variables": [{"name": "months", "defaultValue": "3"}]}
    tried(cloud, PIPELINE, inputs, others, {"stages[1].name", "variables"})


def test_a_schedule_is_made_changed_and_deleted(cloud, sandbox):
    role = sandbox.role("staging", "typed-schedule", trusts={"Service": "scheduler.amazonaws.com"})
    target = {
        "arn": "arn:aws:scheduler:::aws-sdk:sagemaker:createProcessingJob",
        "roleArn": role,
        "input": '{"ProcessingJobName": "<aws.scheduler.execution-id>"}',
    }
    inputs = {
        "name": "typed",
        "scheduleExpression": "cron(0 2 1 1 ? *)",
        "flexibleTimeWindow": {"mode": "OFF"},
        "target": target,
    }
    others = inputs | {
        "description": "why",
        "scheduleExpression": "cron(0 3 1 1 ? *)",
        "state": "DISABLED",
        "target": target | {"retryPolicy": {"maximumEventAgeInSeconds": 3600, "maximumRetryAttempts": 3}},
    }
    changed = {"description", "scheduleExpression", "state", "target.retryPolicy"}
    tried(cloud, SCHEDULE, inputs, others, changed)
