"""What a schedule starts: one call of SageMaker's, its members from a text in which Scheduler names time and attempt.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
"""

import json
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

PREFIX = "arn:aws:scheduler:::aws-sdk:sagemaker:"
# Of the six thousand calls those by which this project's schedules start something, as boto3 names them.
CALLS = {"createProcessingJob": "create_processing_job", "startPipelineExecution": "start_pipeline_execution"}
_CONTEXT = re.compile(r"<aws\.scheduler\.([\w-]+)>")
_ATTRIBUTES = ("schedule-arn", "scheduled-time", "execution-id", "attempt-number")


class TargetError(ValueError):
    """A target that the sandbox does not carry out, or that AWS refuses; a sentence."""


@dataclass(frozen=True)
class Attempt:
    """One try to invoke a target.

    Attributes:
        schedule: its ARN.
        due: when, UTC.
        number: from 1.
        id: another one for each.
    """

    schedule: str
    due: datetime
    number: int
    id: str

    @classmethod
    def of(cls, schedule: str, due: datetime, number: int) -> "Attempt":
        """A new one."""
        return cls(schedule, due, number, secrets.token_hex(8))


def check(arn: str, text: str) -> None:
    """Refuse what cannot be carried out; of the members SageMaker judges when they come. Raises TargetError."""
    if not arn.startswith(PREFIX) or arn.removeprefix(PREFIX) not in CALLS:
        allowed = " and ".join(f"{PREFIX}{call}" for call in CALLS)
        raise TargetError(f"the sandbox's schedules start {allowed}, not {arn}")
    try:
        members = json.loads(text)
    except ValueError:
        members = None
    if not isinstance(members, dict):
        raise TargetError(
            "Invalid RequestJson provided. Reason: the Input of a universal target is a JSON object"
        )
    for name in _CONTEXT.findall(text):
        if name not in _ATTRIBUTES:
            raise TargetError(
                f"<aws.scheduler.{name}> is no context attribute; there are {', '.join(_ATTRIBUTES)}"
            )


def members(text: str, attempt: Attempt) -> dict[str, Any]:
    """The call's members of one attempt."""
    values = {
        "schedule-arn": attempt.schedule,
        "scheduled-time": f"{attempt.due:%Y-%m-%dT%H:%M:%SZ}",
        "execution-id": attempt.id,
        "attempt-number": str(attempt.number),
    }
    filled: dict[str, Any] = json.loads(_CONTEXT.sub(lambda match: values[match[1]], text))
    return filled
