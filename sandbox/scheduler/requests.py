"""The members of EventBridge Scheduler's calls that the sandbox acts on, or keeps and shows.

As sandbox/sagemaker/requests.py: a member of AWS's that is not here (a group's, a dead-letter queue, a KMS key) is taken with AWS's
default only.
"""

from typing import Literal

import msgspec
from msgspec import field


class Input(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """A call's input, or a part of it."""


class FlexibleTimeWindow(Input, frozen=True, kw_only=True):
    mode: Literal["OFF"]


class RetryPolicy(Input, frozen=True, kw_only=True):
    """AWS' own, where nothing is said."""

    maximum_event_age_in_seconds: int = 86_400
    maximum_retry_attempts: int = 185


class Target(Input, frozen=True, kw_only=True):
    arn: str
    role_arn: str
    input: str = "{}"
    retry_policy: RetryPolicy = RetryPolicy()


class Named(Input, frozen=True, kw_only=True):
    name: str
    group_name: Literal["default"] = "default"


class PutSchedule(Named, frozen=True, kw_only=True):
    """What CreateSchedule and UpdateSchedule take; UpdateSchedule sets what it is not given to its default."""

    schedule_expression: str
    schedule_expression_timezone: Literal["UTC"] = "UTC"
    flexible_time_window: FlexibleTimeWindow
    target: Target
    description: str | None = None
    state: Literal["ENABLED", "DISABLED"] = "ENABLED"
    start_date: float | None = None
    end_date: float | None = None
    action_after_completion: Literal["NONE"] = "NONE"
    client_token: str | None = None


class DeleteSchedule(Named, frozen=True, kw_only=True):
    client_token: str | None = None


class ListSchedules(Input, frozen=True, kw_only=True):
    group_name: Literal["default"] = field(default="default", name="GroupName")
    name_prefix: str = ""
    state: Literal["ENABLED", "DISABLED"] | None = None
