"""Targets are invoked in the role that the schedule names, as often as its retry policy says; what came of each is kept."""

import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.accounts import REGION
from sandbox.clients import Clients
from sandbox.hosting.execution_role import ExecutionRole
from sandbox.refusal import RefusedError
from sandbox.scheduler.requests import Target
from sandbox.scheduler.target import CALLS, PREFIX, Attempt, members

_LOG = logging.getLogger(__name__)
PRINCIPAL = "scheduler.amazonaws.com"
SESSION = "EventBridgeScheduler"
_KEPT = 100  # invocations
_FIRST, _LONGEST = 1.0, 60.0  # seconds between two attempts, and how they grow
_CLIENT_ERROR = 400
_THROTTLED = {"ThrottlingException", "TooManyRequestsException", "ServiceQuotaExceededException"}


# Whether what a call started, by account and answer, is still at work.
Busy = Callable[[str, Mapping[str, Any]], bool]


@dataclass
class Invocation:
    """One due time of a schedule, and what came of it.

    Attributes:
        number: counts up from 1.
        account: whose schedule it is.
        schedule: its name.
        due: when, UTC.
        attempts: so far.
        answer: of the call that was taken; None until then.
        error: the last attempt's.
        over: set when it was taken or given up.
    """

    number: int
    account: str
    schedule: str
    due: datetime
    attempts: int = 0
    answer: dict[str, Any] | None = None
    error: str = ""
    over: threading.Event = field(default_factory=threading.Event, repr=False)


class Invocations:
    """What schedules started.

    Args:
        clients: of Scheduler.
        busy: tells of what was started.
        pause: waits so many seconds.
    """

    def __init__(self, clients: Clients, busy: Busy, pause: Callable[[float], None] = time.sleep) -> None:
        self._clients, self._busy, self._pause = clients, busy, pause
        self._kept: deque[Invocation] = deque(maxlen=_KEPT)
        self._numbers = itertools.count(1)

    def check(self, account: str, role: str) -> None:
        """Refuse a role that Scheduler may not take on; raises RefusedError."""
        try:
            self._clients.caller(ExecutionRole(role, account, REGION))
        except RefusedError as refused:
            raise RefusedError(
                "The execution role you provide must allow AWS EventBridge Scheduler to assume the role. "
                f"({refused})"
            ) from None

    def begin(self, account: str, schedule: str, arn: str, due: datetime, target: Target) -> None:
        """Invoke a target, in a thread of its own."""
        made = Invocation(next(self._numbers), account, schedule, due)
        self._kept.append(made)
        threading.Thread(
            target=self._carry_out, args=(made, arn, target), name=f"schedule-{schedule}", daemon=True
        ).start()

    def listed(self) -> list[Invocation]:
        """The last ones, the oldest first."""
        return list(self._kept)

    def under_way(self) -> list[Invocation]:
        """Those that are not over, or whose job is not."""
        return [
            each
            for each in self.listed()
            if not each.over.is_set() or (each.answer and self._busy(each.account, each.answer))
        ]

    def _carry_out(self, made: Invocation, arn: str, target: Target) -> None:
        begun = time.monotonic()
        try:
            while not self._attempted(made, arn, target):
                policy, wait = target.retry_policy, min(_LONGEST, _FIRST * 2 ** (made.attempts - 1))
                late = time.monotonic() + wait - begun > policy.maximum_event_age_in_seconds
                if made.attempts > policy.maximum_retry_attempts or late:
                    _LOG.warning("schedule %s: given up after %d attempts", made.schedule, made.attempts)
                    return
                self._pause(wait)
        except Exception as error:  # noqa: BLE001 - whoever waits for it must hear of its end; the log has the traceback
            made.error = f"the sandbox broke: {error}"
            _LOG.exception("schedule %s broke", made.schedule)
        finally:
            made.over.set()

    def _attempted(self, made: Invocation, arn: str, target: Target) -> bool:
        """Whether it is over: taken, or refused in a way in which it would be refused again."""
        made.attempts += 1
        call = CALLS[target.arn.removeprefix(PREFIX)]
        given = members(target.input, Attempt.of(arn, made.due, made.attempts))
        try:
            sagemaker = self._clients.of("sagemaker", ExecutionRole(target.role_arn, made.account, REGION))
            made.answer = getattr(sagemaker, call)(**given)
        except ClientError as error:
            made.error = str(error)
            _LOG.warning("schedule %s: %s", made.schedule, error)
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            return status // 100 * 100 == _CLIENT_ERROR and error.response["Error"]["Code"] not in _THROTTLED
        except (RefusedError, BotoCoreError) as error:
            made.error = str(error)
            _LOG.warning("schedule %s: %s", made.schedule, error)
            return True
        return True
