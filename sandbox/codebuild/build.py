"""One build of a project, and what BatchGetBuilds answers for it."""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sandbox.clock import now
from sandbox.codebuild.artifacts import Verdict
from sandbox.codebuild.requests import CreateProject, Variable, plain
from sandbox.hosting.execution_role import ExecutionRole

Status = Literal["IN_PROGRESS", "SUCCEEDED", "FAILED", "FAULT", "TIMED_OUT", "STOPPED"]


@dataclass(frozen=True)
class Artifact:
    """An object of a pipeline's that a build reads or writes.

    Attributes:
        name: of the artifact.
        bucket: that it lies in.
        key: of the object.
        kms: id of the key that it is encrypted with; None for the bucket's own.
    """

    name: str
    bucket: str
    key: str
    kms: str | None = None


@dataclass(frozen=True)
class Order:
    """What a build is to do beside its project.

    Attributes:
        variables: that win over the project's.
        buildspec: instead of the project's; a text or a path.
        minutes: that it may take, instead of the project's.
        sources: of the pipeline that starts it, the primary one first.
        outputs: artifacts of that pipeline, the primary one first.
        initiator: who starts it: `codepipeline/NAME`, "" for whoever calls.
        commit: that the primary source is of.
    """

    variables: tuple[Variable, ...] = ()
    buildspec: str | None = None
    minutes: float | None = None
    sources: tuple[Artifact, ...] = ()
    outputs: tuple[Artifact, ...] = ()
    initiator: str = ""
    commit: str = ""


@dataclass
class Phase:
    """One phase; times are seconds since the epoch."""

    type: str
    started: float = field(default_factory=now)
    status: Status = "IN_PROGRESS"
    ended: float | None = None
    reason: tuple[str, str] | None = None  # code and message

    def show(self) -> dict[str, Any]:
        shown: dict[str, Any] = {"phaseType": self.type, "startTime": self.started}
        if self.type == "COMPLETED":  # it is no work: CodeBuild tells neither its status nor its end
            return shown
        if self.ended is not None:
            shown |= {
                "phaseStatus": self.status,
                "endTime": self.ended,
                "durationInSeconds": round(self.ended - self.started),
            }
            code, message = self.reason or ("", "")
            shown["contexts"] = [{"statusCode": code, "message": message}]
        return shown


@dataclass
class Build:
    """A build; its fields change under the lock of all builds.

    Attributes:
        id: `PROJECT:UUID`.
        project: as it was when the build began.
        reports: by ARN, how many tests came to what.
        stop: set by whoever wants it to end.
        over: set when it has ended.
    """

    id: str
    arn: str
    number: int
    project: CreateProject
    role: ExecutionRole
    order: Order
    started: float = field(default_factory=now)
    ended: float | None = None
    status: Status = "IN_PROGRESS"
    phases: list[Phase] = field(default_factory=list)
    exported: Mapping[str, str] = field(default_factory=dict)
    reports: dict[str, Counter[Verdict]] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event, repr=False)
    over: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def minutes(self) -> float:
        """How long it may take."""
        return self.order.minutes or self.project.timeout_in_minutes

    @property
    def log(self) -> tuple[str, str] | None:
        """Log group and stream; None where the project writes none."""
        name, _, uuid = self.id.rpartition(":")
        config = self.project.logs_config.cloud_watch_logs
        if config is None:
            return f"/aws/codebuild/{name}", uuid
        if config.status == "DISABLED":
            return None
        stream = f"{config.stream_name}/{uuid}" if config.stream_name else uuid
        return config.group_name or f"/aws/codebuild/{name}", stream

    @property
    def failed_phase(self) -> Phase | None:
        """The phase that failed first, with its reason."""
        return next((phase for phase in self.phases if phase.reason), None)

    def begin(self, kind: str) -> None:
        """The next phase; the one before it ended well unless it says otherwise."""
        self.close("SUCCEEDED")
        self.phases.append(Phase(kind))

    def close(self, status: Status, code: str = "", message: str = "") -> None:
        """The phase that runs, if one does, ended."""
        if self.phases and self.phases[-1].ended is None:
            phase = self.phases[-1]
            phase.ended, phase.status = now(), status
            phase.reason = (code, message) if code or message else None

    def show(self) -> dict[str, Any]:
        """What BatchGetBuilds answers."""
        shown = plain(self.project)
        environment = shown["environment"]
        overridden = {variable.name: plain(variable) for variable in self.order.variables}
        given = {one["name"]: one for one in environment["environmentVariables"]} | overridden
        answer = {
            "id": self.id,
            "arn": self.arn,
            "buildNumber": self.number,
            "startTime": self.started,
            "currentPhase": self.phases[-1].type if self.phases else "SUBMITTED",
            "buildStatus": self.status,
            "buildComplete": self.over.is_set(),
            "projectName": self.project.name,
            "phases": [phase.show() for phase in self.phases],
            "source": shown["source"],
            "artifacts": {"location": ""},
            "environment": {**environment, "environmentVariables": list(given.values())},
            "serviceRole": self.project.service_role,
            "timeoutInMinutes": round(self.minutes),
            "queuedTimeoutInMinutes": self.project.queued_timeout_in_minutes,
            "exportedEnvironmentVariables": [
                {"name": name, "value": value} for name, value in self.exported.items()
            ],
            "reportArns": list(self.reports),
        }
        if self.log:
            group, stream = self.log
            answer["logs"] = {"groupName": group, "streamName": stream}
        told = {
            "endTime": self.ended,
            "initiator": self.order.initiator or None,
            "resolvedSourceVersion": self.order.commit or None,
        }
        return answer | {name: value for name, value in told.items() if value is not None}

    def report(self, arn: str) -> dict[str, Any]:
        """What BatchGetReports answers for one of its reports."""
        counts = self.reports[arn]
        unwell = counts["FAILED"] + counts["ERROR"]
        return {
            "arn": arn,
            "type": "TEST",
            "name": arn.rpartition("/")[2].partition(":")[0],
            "reportGroupArn": arn.replace(":report/", ":report-group/").rpartition(":")[0],
            "executionId": self.arn,
            "status": "FAILED" if unwell else "SUCCEEDED",
            "testSummary": {
                "total": counts.total(),
                "statusCounts": {**counts},
                "durationInNanoSeconds": 0,
            },
        }
