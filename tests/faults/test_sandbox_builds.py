"""CodeBuild in the sandbox: builds of real commands, in the role of their project."""

import json
import sys
import time
from uuid import uuid4

import psutil
import pytest
from botocore.exceptions import ClientError

from sandbox.codebuild.build import Order
from sandbox.codebuild.builds import Builds, Machine
from sandbox.codebuild.requests import Artifacts, CloudWatchLogs, CreateProject, Environment, Logs, Source
from sandbox.home import Home
from sandbox.processes.runner import Runner
from tests.faults.training import allow

pytestmark = pytest.mark.faults

SERVICE = {"Service": "codebuild.amazonaws.com"}
ENVIRONMENT = {
    "type": "LINUX_CONTAINER",
    "image": "aws/codebuild/standard:7.0",
    "computeType": "BUILD_GENERAL1_SMALL",
}


class Building:
    """Builds of staging, of buildspecs as text."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.codebuild = sandbox.client("staging", "codebuild")
        logs = allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"])
        self.role = sandbox.role("staging", "builds", logs, trusts=SERVICE)

    def project(self, buildspec, role=None, **more):
        """Create a project; its name."""
        name = f"project-{uuid4().hex[:8]}"
        given = {
            "source": {"type": "NO_SOURCE", "buildspec": buildspec},
            "artifacts": {"type": "NO_ARTIFACTS"},
            "environment": ENVIRONMENT,
            "serviceRole": role or self.role,
        }
        self.codebuild.create_project(name=name, **(given | more))
        return name

    def start(self, buildspec, **more):
        """Begin a build of a project of its own; its id."""
        return self.codebuild.start_build(projectName=self.project(buildspec, **more))["build"]["id"]

    def build(self, identity):
        return self.codebuild.batch_get_builds(ids=[identity])["builds"][0]

    def ended(self, identity, deadline=180):
        """The build, once it has ended."""
        end = time.monotonic() + deadline
        while not (build := self.build(identity))["buildComplete"]:
            assert time.monotonic() < end, build
            time.sleep(0.1)
        return build

    def run(self, buildspec, **more):
        return self.ended(self.start(buildspec, **more))

    def printed(self, build):
        """What it printed, line by line, the agent's own lines left out."""
        where = {"logGroupName": build["logs"]["groupName"], "logStreamName": build["logs"]["streamName"]}
        events = self.sandbox.client("staging", "logs").get_log_events(**where)["events"]
        return [event["message"] for event in events if not event["message"].startswith("[Container]")]


@pytest.fixture(scope="module")
def building(sandbox):
    return Building(sandbox)


def spec(**phases):
    """A buildspec of phases with one command each."""
    return "version: 0.2\n" + json.dumps({"phases": {n: {"commands": [c]} for n, c in phases.items()}})[1:-1]


def wait_until(holds, deadline=120):
    end = time.monotonic() + deadline
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def states(build):
    return {phase["phaseType"]: phase.get("phaseStatus") for phase in build["phases"]}


def test_variables_and_the_folder_go_from_command_to_command_and_exported_ones_to_the_caller(building):
    build = building.run("""
version: 0.2
env:
  variables: {GREETING: from the buildspec, WHO: nobody}
  exported-variables: [VERSION, NEVER_SET]
phases:
  install:
    commands: [cd /, COUNT=1]
  build:
    commands:
      - echo "$PWD $COUNT $GREETING $WHO"
      - export VERSION="v1.2.0 'quoted'"
""", environment={**ENVIRONMENT, "environmentVariables": [{"name": "WHO", "value": "the project"}]})  # fmt: skip
    assert build["buildStatus"] == "SUCCEEDED"
    assert building.printed(build) == ["/ 1 from the buildspec the project"]
    assert build["exportedEnvironmentVariables"] == [{"name": "VERSION", "value": "v1.2.0 'quoted'"}]


@pytest.mark.parametrize(
    ("failing", "last", "printed"),
    [
        ("install", "INSTALL", ["over 0"]),
        ("pre_build", "PRE_BUILD", ["over 0"]),
        ("build", "UPLOAD_ARTIFACTS", ["over 0", "post_build 0"]),
        ("post_build", "POST_BUILD", ["over 0"]),
    ],
)
def test_a_failed_phase_runs_its_finally_and_only_a_failed_build_has_a_post_build(
    building, failing, last, printed
):
    phases = {
        name: {"commands": [":" if name != "post_build" else "echo post_build $CODEBUILD_BUILD_SUCCEEDING"]}
        for name in ("install", "pre_build", "build", "post_build")
    }
    phases[failing] = {
        "commands": ["exit 3", "echo not reached"],
        "finally": ["echo over $CODEBUILD_BUILD_SUCCEEDING"],
    }
    build = building.run("version: 0.2\n" + json.dumps({"phases": phases})[1:-1])
    assert build["buildStatus"] == "FAILED"
    ended = {phase["phaseType"]: phase for phase in build["phases"]}
    assert list(ended)[-3] == last
    assert ended[failing.upper()]["contexts"] == [
        {
            "statusCode": "COMMAND_EXECUTION_ERROR",
            "message": "Error while executing command: exit 3. Reason: exit status 3",
        }
    ]
    assert building.printed(build) == printed


def test_a_build_calls_aws_in_the_role_of_its_project_and_no_further(building):
    code = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn']); boto3.client('s3').list_buckets()"
    build = building.run(spec(build=f'{sys.executable} -c "{code}"'))
    assert build["buildStatus"] == "FAILED"
    printed = building.printed(build)
    assert printed[0] == "arn:aws:sts::111111111111:assumed-role/builds/AWSCodeBuild"
    assert "is not authorized to perform: s3:ListAllMyBuckets" in printed[-1]


def test_a_runtime_is_the_version_that_the_buildspec_names_or_there_is_no_build(building):
    named = f"{sys.version_info.major}.{sys.version_info.minor}"
    text = """
version: 0.2
phases:
  install: {{runtime-versions: {{python: '{}'}}}}
  build: {{commands: ['python -c "import sys; print(sys.version_info[:2])"']}}
"""
    build = building.run(text.format(named))
    assert building.printed(build) == [str(sys.version_info[:2])]
    refused = building.run(text.format("3.99"))
    assert refused["buildStatus"] == "FAILED"
    (context,) = [phase["contexts"][0] for phase in refused["phases"] if phase.get("phaseStatus") == "FAILED"]
    assert "this machine has no python3.99 on its PATH" in context["message"]


def test_a_stopped_build_runs_nothing_more(building):
    identity = building.start(spec(build="echo begun; sleep 600", post_build="echo not reached"))
    wait_until(lambda: building.build(identity)["currentPhase"] == "BUILD")
    building.codebuild.stop_build(id=identity)
    build = building.ended(identity, deadline=120)
    assert build["buildStatus"] == "STOPPED"
    assert states(build)["BUILD"] == "STOPPED"
    assert "POST_BUILD" not in states(build)


def test_a_build_whose_program_is_killed_fails_and_says_so(building):
    identity = building.start(spec(build="echo begun; sleep 600"))
    wait_until(lambda: building.build(identity)["currentPhase"] == "BUILD")
    plan = str(building.sandbox.home / "builds" / identity.replace(":", "-") / "state" / "plan")
    (driver,) = programs(plan)
    driver.kill()
    build = building.ended(identity, deadline=120)
    assert build["buildStatus"] == "FAILED"
    (context,) = next(phase for phase in build["phases"] if phase["phaseType"] == "BUILD")["contexts"]
    assert "its process was ended by SIGKILL" in context["message"]
    assert programs(plan.removesuffix("plan") + "script") == []


def programs(argument):
    """The running programs that have an argument."""
    listed = psutil.process_iter(["cmdline"])
    return [each for each in listed if argument in (each.info["cmdline"] or ())]


def test_reports_are_counted_and_need_a_permission(building):
    text = """
version: 0.2
phases:
  build:
    commands:
      - echo '<testsuites><testsuite><testcase name="a"/><testcase name="b"><failure/></testcase></testsuite></testsuites>' > r.xml
reports:
  unit: {files: [r.xml]}
"""  # fmt: skip
    refused = building.run(text)
    assert "codebuild:CreateReportGroup" in refused["phases"][-3]["contexts"][0]["message"]

    reporting = ["codebuild:CreateReportGroup", "codebuild:CreateReport", "codebuild:UpdateReport"]
    role = building.sandbox.role(
        "staging", "reports", allow([*reporting, "codebuild:BatchPutTestCases"]), trusts=SERVICE
    )
    build = building.run(text, role=role)
    assert build["buildStatus"] == "SUCCEEDED"
    report = building.codebuild.batch_get_reports(reportArns=build["reportArns"])["reports"][0]
    assert (report["status"], report["testSummary"]["statusCounts"]) == (
        "FAILED",
        {"SUCCEEDED": 1, "FAILED": 1},
    )


class Alone:
    """Everything that a build without source, artifacts and logs has of AWS."""

    def grant(self, *_):
        return {}

    def revoke(self, _):
        pass

    def of(self, *_):
        pass


def test_a_build_that_takes_too_long_is_ended(tmp_path):
    """AWS takes no time-out under five minutes: so no call, but what carries builds out."""
    project = CreateProject(
        name="slow",
        source=Source(type="NO_SOURCE", buildspec=spec(build="sleep 60", post_build="echo not reached")),
        artifacts=Artifacts(type="NO_ARTIFACTS"),
        environment=Environment(
            type="LINUX_CONTAINER", image="aws/codebuild/standard:7.0", compute_type="small"
        ),
        service_role="arn:aws:iam::111111111111:role/builds",
        logs_config=Logs(cloud_watch_logs=CloudWatchLogs(status="DISABLED")),
    )
    runner, events = Runner(("TEST_OF_BUILDS", "slow")), []
    machine = Machine(
        Home(tmp_path), runner, Alone(), Alone(), None, None, lambda *event: events.append(event)
    )
    builds = Builds(machine)
    with builds.lock:
        build = builds.start("111111111111", project, 1, Order(minutes=0.01))
    try:
        assert build.over.wait(300)
        phases = {phase.type: (phase.status, phase.reason) for phase in build.phases}
        assert build.status == "TIMED_OUT"
        assert phases["BUILD"] == ("TIMED_OUT", ("BUILD_TIMED_OUT", "Build has timed out after 0.01 minutes"))
        assert "POST_BUILD" not in phases
        wait_until(lambda: len(events) == 2)
        assert [detail["build-status"] for *_, detail in events] == ["IN_PROGRESS", "TIMED_OUT"]
    finally:
        runner.close()


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"environment": {**ENVIRONMENT, "image": "docker.io/python:3.12"}}, "CodeBuild's own images"),
        ({"environment": {**ENVIRONMENT, "type": "ARM_CONTAINER"}}, "ARM_CONTAINER"),
        ({"source": {"type": "GITHUB", "location": "x"}}, "source"),
        ({"source": {"type": "NO_SOURCE", "buildspec": "version: 0.2\nbatch: {}\n"}}, "does not run batch"),
        ({"artifacts": {"type": "CODEPIPELINE"}}, "both of type CODEPIPELINE, or neither"),
        ({"concurrentBuildLimit": 2}, "does not act on concurrentBuildLimit"),
    ],
)
def test_a_project_that_could_not_build_is_refused(building, changed, why):
    with pytest.raises(ClientError, match=why):
        building.project(spec(build=":"), **changed)


def test_a_role_that_does_not_trust_codebuild_is_refused(building):
    role = building.sandbox.role("staging", "trusts-nobody", trusts={"Service": "sagemaker.amazonaws.com"})
    with pytest.raises(ClientError, match="CodeBuild is not authorized to perform: sts:AssumeRole"):
        building.project(spec(build=":"), role=role)


def test_a_project_is_updated_shown_and_deleted(building):
    name = building.project(spec(build="exit 1"), description="first")
    building.codebuild.update_project(name=name, source={"type": "NO_SOURCE", "buildspec": spec(build=":")})
    shown = building.codebuild.batch_get_projects(names=[name, "none"])
    assert (shown["projects"][0]["description"], shown["projectsNotFound"]) == ("first", ["none"])
    ids = [building.codebuild.start_build(projectName=name)["build"]["id"] for _ in range(2)]
    assert [building.ended(each)["buildStatus"] for each in ids] == ["SUCCEEDED"] * 2
    assert building.codebuild.list_builds_for_project(projectName=name)["ids"] == ids[::-1]
    building.codebuild.delete_project(name=name)
    assert building.codebuild.batch_get_projects(names=[name])["projects"] == []
