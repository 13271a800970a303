"""CodePipeline in the sandbox: a pushed tag runs real builds, in the roles that the account has for them."""

import json
import subprocess
import time
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from tests.faults.training import allow

pytestmark = [pytest.mark.faults, pytest.mark.timeout(240)]

BUCKET = "artifacts-staging"
BUILDSPEC = """
version: 0.2
env: {exported-variables: [VERSION]}
phases:
  build:
    commands:
      - export VERSION="$(git describe --exact-match --tags)"
      - ./check "$COMMIT"
      - echo "$VERSION" > result
artifacts: {files: [result]}
"""
CHECK = '#!/bin/sh\necho "$1" > commit\ntest ! -e broken || { echo "the check is broken"; exit 4; }\n'
SECOND = """
version: 0.2
phases: {build: {commands: ['test "$(cat result)" = "$VERSION"']}}
"""


class Delivering:
    """A repository and a pipeline of staging: source → test (two builds) → a person."""

    def __init__(self, sandbox, folder):
        self.sandbox, self.folder = sandbox, folder
        self.codepipeline = sandbox.client("staging", "codepipeline")
        region = {"LocationConstraint": "eu-west-1"}
        sandbox.client("staging", "s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=region)
        made = sandbox.client("staging", "codeconnections").create_connection(
            ConnectionName="host", ProviderType="GitHub"
        )
        self.connection = made["ConnectionArn"]
        uses = allow("codeconnections:UseConnection", self.connection)
        objects = allow(["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{BUCKET}/*")
        logs = allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"])
        builds = sandbox.role(
            "staging", "builds", objects, logs, uses, trusts={"Service": "codebuild.amazonaws.com"}
        )
        starts = allow(["codebuild:StartBuild", "codebuild:BatchGetBuilds"])
        self.role = sandbox.role(
            "staging", "delivery", objects, uses, starts, trusts={"Service": "codepipeline.amazonaws.com"}
        )
        for name, text in (("first", BUILDSPEC), ("second", SECOND)):
            sandbox.client("staging", "codebuild").create_project(
                name=name,
                source={"type": "CODEPIPELINE", "buildspec": text},
                artifacts={"type": "CODEPIPELINE"},
                environment={
                    "type": "LINUX_CONTAINER",
                    "image": "aws/codebuild/standard:7.0",
                    "computeType": "BUILD_GENERAL1_SMALL",
                },
                serviceRole=builds,
            )
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("remote", "add", "sandbox", sandbox.status()["repositories"]["111111111111"])
        self.write("check", CHECK, mode=0o755)
        self.commit("the first")

    def git(self, *arguments):
        own = ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false"]
        return subprocess.run(
            ["git", *own, *arguments], cwd=self.folder, check=True, capture_output=True, text=True
        )

    def write(self, name, text, mode=0o644):
        (self.folder / name).write_text(text)
        (self.folder / name).chmod(mode)

    def commit(self, message):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD").stdout.strip()

    def push(self, tag, *more):
        """Tag HEAD and push it: what the person who pushes reads."""
        self.git("tag", *more, tag)
        return self.git("push", *more, "sandbox", "HEAD:main", tag).stderr

    def declaration(self, name, **more):
        def build(project, order, inputs, **extra):
            return {
                "name": project.title(),
                "actionTypeId": {"category": "Test", "owner": "AWS", "provider": "CodeBuild", "version": "1"},
                "runOrder": order,
                "inputArtifacts": [{"name": inputs}],
                **extra,
                "configuration": {"ProjectName": project, **extra.get("configuration", {})},
            }

        commit = [{"name": "COMMIT", "value": "#{Source.CommitId}"}]
        version = [{"name": "VERSION", "value": "#{First.VERSION}"}]
        source = {
            "name": "Source",
            "actionTypeId": {
                "category": "Source",
                "owner": "AWS",
                "provider": "CodeStarSourceConnection",
                "version": "1",
            },
            "configuration": {
                "ConnectionArn": self.connection,
                "FullRepositoryId": "us/models",
                "BranchName": "main",
                "OutputArtifactFormat": "CODEBUILD_CLONE_REF",
            },
            "namespace": "Source",
            "outputArtifacts": [{"name": "Code"}],
        }
        first = build(
            "first",
            1,
            "Code",
            namespace="First",
            outputArtifacts=[{"name": "Result"}],
            configuration={"EnvironmentVariables": json.dumps(commit)},
        )
        second = build("second", 2, "Result", configuration={"EnvironmentVariables": json.dumps(version)})
        approval = {
            "name": "Person",
            "actionTypeId": {"category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1"},
        }
        return {
            "name": name,
            "roleArn": self.role,
            "pipelineType": "V2",
            "executionMode": "QUEUED",
            "artifactStore": {"type": "S3", "location": BUCKET},
            "stages": [
                {"name": "Source", "actions": [source]},
                {"name": "Test", "actions": [first, second]},
                {"name": "Approve", "actions": [approval]},
            ],
            "triggers": [
                {
                    "providerType": "CodeStarSourceConnection",
                    "gitConfiguration": {
                        "sourceActionName": "Source",
                        "push": [{"tags": {"includes": [f"{name}@v*"]}}],
                    },
                }
            ],
        } | more

    def pipeline(self, **more):
        """Create a pipeline, and see the end of its first execution, which its creation starts; its name."""
        name = f"pipeline-{uuid4().hex[:8]}"
        self.codepipeline.create_pipeline(pipeline=self.declaration(name, **more))
        (first,) = self.executions(name)
        if self.settled(name, first) == "InProgress":
            self.answer(name, "Rejected")
        return name

    def executions(self, name):
        """Ids, the first first."""
        listed = self.codepipeline.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"]
        return [each["pipelineExecutionId"] for each in reversed(listed)]

    def status(self, name, identity):
        shown = self.codepipeline.get_pipeline_execution(pipelineName=name, pipelineExecutionId=identity)
        return shown["pipelineExecution"]["status"]

    def actions(self, name, identity):
        """The latest run of each action of an execution."""
        listed = self.codepipeline.list_action_executions(
            pipelineName=name, filter={"pipelineExecutionId": identity}
        )["actionExecutionDetails"]
        return {each["actionName"]: each for each in reversed(listed)}

    def settled(self, name, identity, deadline=300):
        """Its status, once it is over or waits for a person."""
        end = time.monotonic() + deadline
        while True:
            status, actions = self.status(name, identity), self.actions(name, identity)
            waits = actions.get("Person", {}).get("status") == "InProgress"
            if waits or status not in {"InProgress", "Stopping"}:
                return status
            assert time.monotonic() < end, (status, actions)
            time.sleep(0.1)

    def answer(self, name, status):
        """Approve or reject what waits."""
        state = self.codepipeline.get_pipeline_state(name=name)["stageStates"][-1]
        token = state["actionStates"][0]["latestExecution"]["token"]
        self.codepipeline.put_approval_result(
            pipelineName=name,
            stageName="Approve",
            actionName="Person",
            token=token,
            result={"summary": "looked at it", "status": status},
        )


@pytest.fixture(scope="module")
def delivering(alone, tmp_path_factory):
    return Delivering(alone, tmp_path_factory.mktemp("repository"))


def test_a_pushed_tag_is_built_and_approved(delivering):
    name = delivering.pipeline()
    (created,) = delivering.executions(name)
    assert (
        "until a person authorises it"
        in delivering.actions(name, created)["Source"]["output"]["executionResult"]["errorDetails"]["message"]
    )
    told = delivering.push(f"{name}@v0.9.0")
    assert f"the tag {name}@v0.9.0 does not start {name}: " in told
    assert f"; then `git push REMOTE :{name}@v0.9.0` and push it again" in told
    delivering.sandbox.run("authorize", "host")

    commit = delivering.commit("the first version")
    told = delivering.push(f"{name}@v1.0.0")
    identity = delivering.executions(name)[-1]
    assert f"the tag {name}@v1.0.0 starts {name}: execution {identity}" in told
    assert delivering.settled(name, identity) == "InProgress"
    actions = delivering.actions(name, identity)
    assert actions["Source"]["output"]["outputVariables"]["CommitId"] == commit
    assert actions["First"]["output"]["outputVariables"] == {"VERSION": f"{name}@v1.0.0"}
    assert actions["Second"]["status"] == "Succeeded"

    delivering.answer(name, "Approved")
    assert over(delivering, name, identity) == "Succeeded"
    assert delivering.push("unrelated").count("no pipeline is started by the tag unrelated") == 1


def over(delivering, name, identity, deadline=300):
    """Its status once it is over, whoever it waited for."""
    end = time.monotonic() + deadline
    while (status := delivering.status(name, identity)) in {"InProgress", "Stopping"}:
        assert time.monotonic() < end
        time.sleep(0.05)
    return status


@pytest.fixture(scope="module")
def name(delivering):
    """A pipeline whose connection works; its name."""
    delivering.sandbox.run("authorize", "host")
    return delivering.pipeline()


def reasons(sandbox, name):
    """What was published about failed executions of a pipeline."""
    told = [json.loads(each["message"]) for each in json.loads(sandbox.run("messages", "--json").stdout)]
    return [each["detail"] for each in told if each["detail"]["pipeline"] == name]


def failures(delivering):
    """A topic that a rule tells of failed executions."""
    topic = delivering.sandbox.client("staging", "sns").create_topic(Name="failures")["TopicArn"]
    events = delivering.sandbox.client("staging", "events")
    pattern = {
        "source": ["aws.codepipeline"],
        "detail-type": ["CodePipeline Pipeline Execution State Change"],
        "detail": {"state": ["FAILED"]},
    }
    rule = events.put_rule(Name="failures", EventPattern=json.dumps(pattern))["RuleArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    delivering.sandbox.client("staging", "sns").set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue=policy
    )
    events.put_targets(Rule="failures", Targets=[{"Id": "topic", "Arn": topic}])


def test_a_failed_build_tells_why_and_is_retried(delivering, name):
    failures(delivering)
    delivering.write("broken", "")
    delivering.commit("a broken check")
    delivering.push(f"{name}@v2.0.0")
    identity = delivering.executions(name)[-1]
    assert delivering.settled(name, identity) == "Failed"
    reason = (
        "Build terminated with state: FAILED. Phase: BUILD, Code: COMMAND_EXECUTION_ERROR, "
        'Message: Error while executing command: ./check "$COMMIT". Reason: exit status 4'
    )
    test = delivering.codepipeline.get_pipeline_state(name=name)["stageStates"][1]
    assert test["latestExecution"] == {
        "pipelineExecutionId": identity,
        "status": "Failed",
        "type": "STANDARD",
    }
    assert test["actionStates"][0]["latestExecution"]["errorDetails"] == {
        "code": "JobFailed",
        "message": reason,
    }
    assert "latestExecution" not in test["actionStates"][1]
    (detail,) = reasons(delivering.sandbox, name)[-1:]
    assert detail["additional-attributes"] == {
        "failedActionCount": 1,
        "failedActions": [{"action": "First", "additionalInformation": reason}],
        "failedStage": "Test",
    }

    retried = delivering.codepipeline.retry_stage_execution(
        pipelineName=name, stageName="Test", pipelineExecutionId=identity, retryMode="FAILED_ACTIONS"
    )
    assert (retried["pipelineExecutionId"], delivering.settled(name, identity)) == (identity, "Failed")
    listed = delivering.codepipeline.list_action_executions(pipelineName=name)["actionExecutionDetails"]
    assert sum(each["pipelineExecutionId"] == identity for each in listed) == 3
    (delivering.folder / "broken").unlink()


def test_two_tags_at_once_are_built_one_after_another_and_a_person_may_say_no(delivering, name):
    delivering.commit("the third")
    tags = [f"{name}@v3.0.0", f"{name}@v3.0.1"]
    delivering.git("tag", tags[0])
    delivering.commit("the third, again")
    delivering.git("tag", tags[1])
    before = len(delivering.executions(name))
    delivering.git("push", "sandbox", "HEAD:main", *tags)
    first, second = delivering.executions(name)[before:]
    assert delivering.settled(name, first) == "InProgress"
    delivering.answer(name, "Rejected")
    assert over(delivering, name, first) == "Failed"
    assert delivering.settled(name, second) == "InProgress"
    listed = [
        delivering.actions(name, each)["First"]["output"]["outputVariables"] for each in (first, second)
    ]
    assert [each["VERSION"] for each in listed] == tags
    delivering.codepipeline.stop_pipeline_execution(
        pipelineName=name, pipelineExecutionId=second, abandon=True
    )
    assert over(delivering, name, second) == "Stopped"


def test_a_tag_that_starts_nothing_is_told_what_does(delivering, name):
    told = delivering.push(f"{name}@1.2.0")
    assert f"no pipeline is started by the tag {name}@1.2.0: " in told
    assert f"{name} takes {name}@v*" in told


def test_a_tag_of_a_file_is_told_so_and_a_tag_beside_it_is_built(delivering, name):
    delivering.commit("tagged, and a file of it")
    delivering.git("tag", f"{name}@v5.0.0", "HEAD:check")
    delivering.git("tag", f"{name}@v5.0.1")
    before = len(delivering.executions(name))
    told = delivering.git("push", "sandbox", "HEAD:main", f"{name}@v5.0.0", f"{name}@v5.0.1").stderr
    assert f"the tag {name}@v5.0.0 is of no commit and starts nothing: git log: " in told
    (identity,) = delivering.executions(name)[before:]
    assert delivering.settled(name, identity) == "InProgress"
    delivering.answer(name, "Rejected")


def test_a_moved_tag_starts_again(delivering, name):
    delivering.commit("moved")
    before = len(delivering.executions(name))
    assert f"the tag {name}@v3.0.1 starts {name}" in delivering.push(f"{name}@v3.0.1", "--force")
    (identity,) = delivering.executions(name)[before:]
    delivering.codepipeline.stop_pipeline_execution(pipelineName=name, pipelineExecutionId=identity)
    if delivering.settled(name, identity) in {"InProgress", "Stopping"}:
        delivering.answer(name, "Approved")
    assert over(delivering, name, identity) == "Stopped"


def test_a_role_that_may_not_start_builds_is_told_so(delivering, name):
    declared = delivering.codepipeline.get_pipeline(name=name)["pipeline"]
    bare = delivering.sandbox.role("staging", "bare", trusts={"Service": "codepipeline.amazonaws.com"})
    other = f"{name}-bare"
    delivering.codepipeline.create_pipeline(
        pipeline=declared | {"name": other, "roleArn": bare, "triggers": []}
    )
    (identity,) = delivering.executions(other)
    assert delivering.settled(other, identity) == "Failed"
    error = delivering.actions(other, identity)["Source"]["output"]["executionResult"]["errorDetails"]
    assert error["code"] == "PermissionError"
    assert "is not authorized to perform: codeconnections:UseConnection" in error["message"]
    delivering.codepipeline.delete_pipeline(name=other)
    with pytest.raises(ClientError, match="does not have a pipeline"):
        delivering.codepipeline.get_pipeline(name=other)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"executionMode": "PARALLEL"}, "PARALLEL"),
        ({"pipelineType": "V1"}, "V1"),
        ({"roleArn": "arn:aws:iam::111111111111:role/builds"}, "not authorized to perform AssumeRole"),
    ],
)
def test_a_pipeline_that_could_not_run_is_refused(delivering, changed, why):
    with pytest.raises(ClientError, match=why):
        delivering.pipeline(**changed)


@pytest.mark.parametrize(
    ("conditions", "why"),
    [
        ({"onFailure": {"result": "ROLLBACK"}}, "ROLLBACK"),
        ({"onFailure": {"result": "SKIP"}}, "SKIP"),
        ({"beforeEntry": {"conditions": [{"result": "FAIL"}]}}, "does not act on .*beforeEntry"),
        ({"onSuccess": {"conditions": [{"result": "FAIL"}]}}, "does not act on .*onSuccess"),
    ],
)
def test_conditions_and_rollbacks_are_refused_by_name(delivering, conditions, why):
    stages = delivering.declaration("x")["stages"]
    with pytest.raises(ClientError, match=why):
        delivering.pipeline(stages=[stages[0], stages[1] | conditions, stages[2]])
