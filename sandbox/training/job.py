"""One processing or training job, and what Describe answers for it."""

import threading
from dataclasses import dataclass, field
from typing import Any, Literal

from sandbox.clock import now
from sandbox.hosting.execution_role import ExecutionRole
from sandbox.sagemaker.requests import shown
from sandbox.training.requests import CreateProcessingJob, CreateTrainingJob

Kind = Literal["Processing", "Training"]
Status = Literal["InProgress", "Completed", "Failed", "Stopping", "Stopped"]
OVERTIME = "MaxRuntimeExceeded"
SERVICE = "sagemaker.amazonaws.com"
SESSION = "SageMaker"  # what SageMaker calls its sessions of a role


@dataclass
class Job:
    """A job; its fields change under its account's lock.

    Attributes:
        kind: whose API it has.
        role: that it works in the name of.
        secondary: what Describe tells beside the status of a training job.
        failure: FailureReason.
        message: ExitMessage.
        stop: set by whoever wants it to end.
        over: set when it has ended.
    """

    kind: Kind
    name: str
    arn: str
    role: ExecutionRole
    request: CreateProcessingJob | CreateTrainingJob
    created: float = field(default_factory=now)
    status: Status = "InProgress"
    secondary: str = "Starting"
    started: float | None = None
    ended: float | None = None
    failure: str | None = None
    message: str | None = None
    stop: threading.Event = field(default_factory=threading.Event, repr=False)
    over: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def image(self) -> str:
        """URI of its image."""
        if isinstance(self.request, CreateProcessingJob):
            return self.request.app_specification.image_uri
        return self.request.algorithm_specification.training_image

    @property
    def isolated(self) -> bool:
        """Whether its container has no network and no credentials."""
        if isinstance(self.request, CreateProcessingJob):
            return self.request.network_config.enable_network_isolation
        return self.request.enable_network_isolation

    @property
    def artifacts(self) -> str:
        """URI of a training job's model."""
        assert isinstance(self.request, CreateTrainingJob)
        return f"{self.request.output_data_config.s3_output_path.rstrip('/')}/{self.name}/output/model.tar.gz"

    def show(self) -> dict[str, Any]:
        """What Describe answers."""
        times = {f"{self.kind}StartTime": self.started, f"{self.kind}EndTime": self.ended}
        told = {"FailureReason": self.failure}
        if self.kind == "Processing":
            told["ExitMessage"] = self.message
        answer = {
            **shown(self.request),
            f"{self.kind}JobArn": self.arn,
            f"{self.kind}JobStatus": self.status,
            "CreationTime": self.created,
            "LastModifiedTime": self.ended or self.started or self.created,
            **{name: value for name, value in {**times, **told}.items() if value is not None},
        }
        if self.kind == "Training":
            answer["SecondaryStatus"] = self.secondary
            if self.status == "Completed":
                answer["ModelArtifacts"] = {"S3ModelArtifacts": self.artifacts}
        return answer

    def summary(self) -> dict[str, Any]:
        """What the List calls tell."""
        told: dict[str, float | str | None] = {f"{self.kind}EndTime": self.ended}
        if self.kind == "Processing":
            told |= {"FailureReason": self.failure, "ExitMessage": self.message}
        else:
            told["SecondaryStatus"] = self.secondary
        return {
            f"{self.kind}JobName": self.name,
            f"{self.kind}JobArn": self.arn,
            f"{self.kind}JobStatus": self.status,
            "CreationTime": self.created,
            "LastModifiedTime": self.ended or self.started or self.created,
            **{name: value for name, value in told.items() if value is not None},
        }
