"""Carries builds out: sources fetched, the buildspec's phases run, reports and artifacts taken, all in the role of the project."""

import json
import logging
import shutil
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.accounts import REGION
from sandbox.clients import Clients
from sandbox.clock import now
from sandbox.codebuild import artifacts, plan, variables
from sandbox.codebuild.artifacts import ArtifactError
from sandbox.codebuild.build import Build, Order, Status
from sandbox.codebuild.buildspec import Buildspec, BuildspecError, read
from sandbox.codebuild.requests import CreateProject
from sandbox.home import Home
from sandbox.hosting.execution_role import ExecutionRole
from sandbox.iam.core.access import Need
from sandbox.iam.guard import Guard
from sandbox.logstream import LogStream
from sandbox.processes.credentials import Credentials
from sandbox.processes.outcome import Outcome, too_long
from sandbox.processes.program import Limits, Program
from sandbox.processes.runner import Runner, StartError
from sandbox.refusal import RefusedError

PRINCIPAL, SESSION = "codebuild.amazonaws.com", "AWSCodeBuild"
ARN = f"arn:aws:codebuild:{REGION}:{{account}}:{{kind}}/{{name}}"
_LOG = logging.getLogger(__name__)
_DRIVER = Path(__file__).with_name("driver.py")
_LOOK = 0.1  # seconds between looks at a build
_MEMORY, _PROCESSES = 8 << 30, 1024
_REPORTING = ("CreateReportGroup", "CreateReport", "UpdateReport", "BatchPutTestCases")
# Copies a repository at a commit into a folder for an account; raises RefusedError.
Clone = Callable[[str, str, Path], None]
# Tells EventBridge: account, detail type, resources, detail.
Emit = Callable[[str, str, list[str], dict[str, Any]], None]


class _PhaseError(Exception):
    """Why a phase failed: CodeBuild's code for it, and a sentence."""

    def __init__(self, code: str, message: str, status: Status = "FAILED") -> None:
        super().__init__(message)
        self.code, self.status = code, status


@dataclass(frozen=True)
class Machine:
    """What builds run with on this machine."""

    home: Home
    runner: Runner
    credentials: Credentials
    clients: Clients
    guard: Guard
    clone: Clone
    emit: Emit


class Builds:
    """Runs them; `lock` is held where a build changes."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.lock = threading.RLock()
        # What a sandbox that was killed left.
        shutil.rmtree(machine.home.builds, ignore_errors=True)

    def start(self, account: str, project: CreateProject, number: int, order: Order) -> Build:
        """Begin one; the lock is held."""
        identity = f"{project.name}:{uuid4()}"
        build = Build(
            identity,
            ARN.format(account=account, kind="build", name=identity),
            number,
            project,
            ExecutionRole(project.service_role, account, REGION),
            order,
        )
        build.begin("SUBMITTED")
        threading.Thread(target=self._run, args=(build,), name=f"build-{identity}", daemon=True).start()
        return build

    def stop(self, build: Build) -> None:
        """Ask it to end; nothing more of it runs, `finally` and POST_BUILD included."""
        build.stop.set()

    def _run(self, build: Build) -> None:
        base = self._machine.home.builds / build.id.replace(":", "-")
        status: Status = "FAULT"
        self._emit(build)
        try:
            status = self._work(build, base)
        except _PhaseError as error:
            status = error.status
            self._close(build, error)
        except Exception:  # noqa: BLE001 - whoever waits for the build must hear of its end; the log has the traceback
            _LOG.exception("build %s broke", build.id)
            self._close(
                build, _PhaseError("INTERNAL_SERVICE_ERROR", "the sandbox broke: its log tells why", "FAULT")
            )
        finally:
            shutil.rmtree(base, ignore_errors=True)
        with self.lock:
            build.begin("FINALIZING")
            build.begin("COMPLETED")
            build.ended, build.status = now(), status
            build.over.set()
        self._emit(build)

    def _work(self, build: Build, base: Path) -> Status:
        """Everything from the source to the artifacts; raises _PhaseError for what ends it early."""
        for kind in ("QUEUED", "PROVISIONING", "DOWNLOAD_SOURCE"):
            self._begin(build, kind)
        source = base / "src"
        source.mkdir(parents=True)
        try:
            s3 = self._machine.clients.of("s3", build.role)
            folders = self._sources(build, base, s3)
        except (RefusedError, ClientError, BotoCoreError, ArtifactError) as error:
            raise _PhaseError("CLIENT_ERROR", str(error)) from None
        spec = _buildspec(build, source)
        outcome = self._outcome(build, spec, base, folders)
        with self.lock:
            if build.stop.is_set():
                raise _PhaseError("", "the build was stopped", "STOPPED")
            if outcome.limit == too_long(build.minutes * 60):
                raise _PhaseError(
                    "BUILD_TIMED_OUT", f"Build has timed out after {build.minutes:g} minutes", "TIMED_OUT"
                )
            if outcome.limit or outcome.status not in {0, 1}:
                raise _PhaseError("INTERNAL_ERROR", str(outcome))
            failed = outcome.status == 1
            last = build.phases[-1]
            if last.type != "POST_BUILD" or last.status == "FAILED":
                return "FAILED"
            build.begin("UPLOAD_ARTIFACTS")
        try:
            self._report(build, spec, source)
            self._upload(build, spec, source, s3)
        except (RefusedError, ClientError, BotoCoreError, ArtifactError) as error:
            raise _PhaseError("CLIENT_ERROR", str(error)) from None
        return "FAILED" if failed else "SUCCEEDED"

    def _sources(self, build: Build, base: Path, s3: Any) -> dict[str, Path]:
        """Fetch every source; the folders by artifact, the primary one first."""
        folders = {}
        for index, artifact in enumerate(build.order.sources):
            folder = base / ("src" if not index else f"src{index}")
            folder.mkdir(exist_ok=True)
            content = s3.get_object(Bucket=artifact.bucket, Key=artifact.key)["Body"].read()
            if content[:1] == b"{":
                self._clone(build, json.loads(content), folder)
            else:
                artifacts.unpack(content, folder)
            folders[artifact.name] = folder
        return folders

    def _clone(self, build: Build, reference: dict[str, str], folder: Path) -> None:
        """What a source action of format CODEBUILD_CLONE_REF names, as the role of the project may."""
        arn = reference["ConnectionArn"]
        caller = self._machine.clients.caller(build.role)
        self._machine.guard.role_acts(caller, "codeconnections", [Need("codeconnections:UseConnection", arn)])
        self._machine.clone(build.role.account, reference["CommitId"], folder)

    def _outcome(self, build: Build, spec: Buildspec, base: Path, folders: dict[str, Path]) -> Outcome:
        """Run the phases to their end, their output going to CloudWatch Logs meanwhile."""
        machine, log, state = self._machine, base / "log", base / "state"
        state.mkdir()
        (state / "plan").write_text(json.dumps(plan.plan(spec, base / "src", state)))
        surroundings = plan.surroundings(machine.home)
        try:
            surroundings["PATH"] = plan.runtimes(spec, surroundings["PATH"], base / "runtimes")
        except BuildspecError as error:
            raise _PhaseError("YAML_FILE_ERROR", str(error)) from None
        role = machine.credentials.grant(build.role.account, build.role.arn, SESSION)
        program = Program(
            (sys.executable, "-IS", str(_DRIVER), str(state / "plan")),
            surroundings | variables.of(build, spec, base / "src", folders) | role,
            base / "src",
            log,
            limits=Limits(_MEMORY, wall_seconds=build.minutes * 60, processes=_PROCESSES),
        )
        stream = LogStream(machine.clients.of("logs", build.role), *build.log, log) if build.log else None
        told = 0
        try:
            running = machine.runner.start(program)
            while (outcome := running.wait(_LOOK)) is None:
                told = self._follow(build, state / "events", told)
                if stream:
                    stream.ship()
                if build.stop.is_set():
                    machine.runner.stop([running], grace=0)
        except StartError as error:
            raise _PhaseError("INTERNAL_ERROR", str(error)) from None
        else:
            self._follow(build, state / "events", told)
            return outcome
        finally:
            if stream:
                stream.ship(whole=True)
            machine.credentials.revoke(role)

    def _follow(self, build: Build, events: Path, told: int) -> int:
        """Take what the driver told since; how many events that are by now."""
        lines = events.read_text().splitlines() if events.exists() else []
        with self.lock:
            for line in lines[told:]:
                event = json.loads(line)
                if "exported" in event:
                    build.exported = event["exported"]
                elif event["status"] == "IN_PROGRESS":
                    build.begin(event["phase"])
                else:
                    code = "COMMAND_EXECUTION_ERROR" if event["reason"] else ""
                    build.close(event["status"], code, event["reason"])
        return len(lines)

    def _report(self, build: Build, spec: Buildspec, source: Path) -> None:
        """Count the JUnit reports, in CodeBuild's report groups of the project."""
        for name, files in spec.reports.items():
            account = build.role.account
            group = ARN.format(account=account, kind="report-group", name=f"{build.project.name}-{name}")
            caller = self._machine.clients.caller(build.role)
            needs = [Need(f"codebuild:{action}", group) for action in _REPORTING]
            self._machine.guard.role_acts(caller, "codebuild", needs)
            counts = artifacts.verdicts(source, files)
            arn = f"{group.replace(':report-group/', ':report/')}:{uuid4()}"
            with self.lock:
                build.reports[arn] = counts

    def _upload(self, build: Build, spec: Buildspec, source: Path, s3: Any) -> None:
        for output in build.order.outputs:
            files = plan.output_files(spec, output, alone=len(build.order.outputs) == 1)
            key = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": output.kms} if output.kms else {}
            s3.put_object(Bucket=output.bucket, Key=output.key, Body=artifacts.pack(source, files), **key)

    def _begin(self, build: Build, kind: str) -> None:
        with self.lock:
            if build.stop.is_set():
                raise _PhaseError("", "the build was stopped", "STOPPED")
            build.begin(kind)

    def _close(self, build: Build, error: _PhaseError) -> None:
        with self.lock:
            build.close(error.status, error.code, str(error))

    def _emit(self, build: Build) -> None:
        """What EventBridge hears of a build's beginning and end."""
        detail = {
            "build-status": build.status,
            "project-name": build.project.name,
            "build-id": build.arn,
            "current-phase": build.phases[-1].type,
            "additional-information": {
                "initiator": build.order.initiator,
                "build-complete": build.over.is_set(),
                "exported-environment-variables": [
                    {"name": name, "value": value} for name, value in build.exported.items()
                ],
            },
            "version": "1",
        }
        self._machine.emit(build.role.account, "CodeBuild Build State Change", [build.arn], detail)


def _buildspec(build: Build, source: Path) -> Buildspec:
    """The project's own, a file of the source, or buildspec.yml there; raises _PhaseError."""
    text = build.order.buildspec or build.project.source.buildspec or "buildspec.yml"
    try:
        if "\n" not in text and text.endswith((".yml", ".yaml")):
            text = (source / text).read_text()
        return read(text)
    except (OSError, UnicodeDecodeError) as error:
        raise _PhaseError("YAML_FILE_ERROR", f"YAML file does not exist: {text} ({error})") from None
    except BuildspecError as error:
        raise _PhaseError("YAML_FILE_ERROR", str(error)) from None
