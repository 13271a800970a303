"""One execution of a pipeline, and what is told of it and of its steps."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.clock import now
from sandbox.training.cache import Run
from sandbox.training.definition import Definition
from sandbox.training.graph import State, status

_FAILED = "Step failure: One or multiple steps failed."


@dataclass
class Record:
    """What became of a step that was started.

    Attributes:
        status: as ListPipelineExecutionSteps tells it.
        reason: FailureReason.
        metadata: of what it did: its job, a condition's outcome.
        attempts: so far, of a job.
        source: ARN of the execution whose results stand for it.
    """

    started: float = field(default_factory=now)
    status: str = "Starting"
    ended: float | None = None
    reason: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    attempts: int = 0
    source: str | None = None


@dataclass
class Execution:
    """An execution; its fields change under its account's lock.

    Attributes:
        arn: of the execution.
        pipeline: ARN of its pipeline.
        name: of its pipeline.
        definition: as it was when it began.
        role: ARN of the role that it makes its jobs as.
        parameters: values by name.
        shown: display name and description.
        most: steps that may run at once.
        runs: of its pipeline, by step: those that may stand for later ones.
        state: of its graph.
        records: of its steps, by name.
        properties: of the jobs of steps that succeeded, by step.
        halt: set when it is stopped: nothing waits any longer.
    """

    arn: str
    pipeline: str
    name: str
    definition: Definition
    role: str
    parameters: Mapping[str, Any]
    shown: Mapping[str, str]
    most: int | None
    runs: dict[str, list[Run]]
    created: float = field(default_factory=now)
    modified: float = field(default_factory=now)
    state: State = field(default_factory=State)
    records: dict[str, Record] = field(default_factory=dict)
    properties: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    halt: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def id(self) -> str:
        """PipelineExecutionId."""
        return self.arn.rpartition("/")[2]

    @property
    def status(self) -> str:
        """PipelineExecutionStatus."""
        return status(self.definition.graph, self.state)

    @property
    def over(self) -> bool:
        """Whether nothing more happens in it."""
        return self.status not in {"Executing", "Stopping"}

    def show(self) -> dict[str, Any]:
        """What DescribePipelineExecution answers."""
        answer = {
            "PipelineArn": self.pipeline,
            **self.summary(),
            "LastModifiedTime": self.modified,
            "CreationTime": self.created,
        }
        if self.status == "Failed":
            answer["FailureReason"] = _FAILED
        if self.most is not None:
            answer["ParallelismConfiguration"] = {"MaxParallelExecutionSteps": self.most}
        del answer["StartTime"]
        return answer

    def summary(self) -> dict[str, Any]:
        """What ListPipelineExecutions tells."""
        return {
            "PipelineExecutionArn": self.arn,
            "StartTime": self.created,
            "PipelineExecutionStatus": self.status,
            **self.shown,
        }

    def steps(self) -> list[dict[str, Any]]:
        """What ListPipelineExecutionSteps tells, the first started first; of a step that was not started, nothing."""
        order = sorted(self.records.items(), key=lambda one: one[1].started)
        return [self._step(name, record) for name, record in order]

    def _step(self, name: str, record: Record) -> dict[str, Any]:
        told = {
            "EndTime": record.ended,
            "FailureReason": record.reason[:1024] if record.reason else None,
            "CacheHitResult": {"SourcePipelineExecutionArn": record.source} if record.source else None,
        }
        return {
            "StepName": name,
            **self.definition.steps[name].shown,
            "StartTime": record.started,
            "StepStatus": record.status,
            "Metadata": dict(record.metadata),
            "AttemptCount": record.attempts,
            **{key: value for key, value in told.items() if value is not None},
        }
