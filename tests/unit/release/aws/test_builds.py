"""What CodePipeline's and CodeBuild's answers mean: held to AWS' own models of them by botocore's stubber."""

from datetime import UTC, datetime

import boto3
import pytest
from botocore.stub import Stubber

from modeldelivery.release.aws.builds import CodePipelineBuilds

BEGAN, ENDED = datetime(2026, 11, 1, 12, 0, tzinfo=UTC), datetime(2026, 11, 1, 12, 1, tzinfo=UTC)
LIST = {"pipelineName": "flights-staging", "maxResults": 5}
ACTIONS = {"pipelineName": "flights-staging", "filter": {"pipelineExecutionId": "one"}, "maxResults": 100}


@pytest.fixture(scope="module")
def clients():
    session = boto3.Session("key", "secret", region_name="eu-west-1")
    return session.client("codepipeline"), session.client("codebuild")


@pytest.fixture
def stubs(clients):
    with Stubber(clients[0]) as codepipeline, Stubber(clients[1]) as codebuild:
        yield codepipeline, codebuild
        codepipeline.assert_no_pending_responses()
        codebuild.assert_no_pending_responses()


@pytest.fixture
def builds(clients):
    return CodePipelineBuilds(codepipeline=clients[0], codebuild=clients[1], name="flights-staging")


def detail(stage, provider, status, **result):
    return {
        "pipelineExecutionId": "one",
        "stageName": stage,
        "actionName": stage,
        "status": status,
        "startTime": BEGAN,
        "lastUpdateTime": ENDED,
        "input": {
            "actionTypeId": {"category": "Build", "owner": "AWS", "provider": provider, "version": "1"}
        },
        "output": {"executionResult": result},
    }


def test_a_failed_builds_sentence_is_what_it_exported(builds, stubs):
    codepipeline, codebuild = stubs
    codepipeline.add_response(
        "list_pipeline_executions",
        {
            "pipelineExecutionSummaries": [
                {
                    "pipelineExecutionId": "one",
                    "status": "Failed",
                    "startTime": BEGAN,
                    "lastUpdateTime": ENDED,
                    "trigger": {"triggerType": "WebhookV2", "triggerDetail": "arn:c"},
                    "stopTrigger": {"reason": "a wrong month"},
                    "sourceRevisions": [
                        {"actionName": "Source", "revisionId": "c" * 40, "revisionSummary": "more trees"}
                    ],
                }
            ]
        },
        LIST,
    )
    failed = detail(
        "Test",
        "CodeBuild",
        "Failed",
        externalExecutionId="test:1",
        errorDetails={"code": "JobFailed", "message": "Build terminated with state: FAILED."},
    )
    codepipeline.add_response(
        "list_action_executions", {"actionExecutionDetails": [failed], "nextToken": "2"}, ACTIONS
    )
    source = detail("Source", "CodeStarSourceConnection", "Succeeded", externalExecutionId="c" * 40)
    codepipeline.add_response(
        "list_action_executions", {"actionExecutionDetails": [source]}, {**ACTIONS, "nextToken": "2"}
    )
    exported = [{"name": "REASON", "value": "lint: F401"}, {"name": "VERSION", "value": "v1.2.0"}]
    codebuild.add_response(
        "batch_get_builds",
        {"builds": [{"id": "test:1", "exportedEnvironmentVariables": exported}]},
        {"ids": ["test:1"]},
    )
    (build,) = builds.newest(5)
    assert (build.version, build.commit, build.reason) == ("v1.2.0", "c" * 40, "Test: lint: F401")
    assert (build.trigger, build.stop) == ("WebhookV2", "a wrong month")


def test_a_pipeline_that_is_not_there_is_none(builds, stubs):
    stubs[0].add_client_error("list_pipeline_executions", "PipelineNotFoundException", expected_params=LIST)
    assert builds.newest(5) is None
