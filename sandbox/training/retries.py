"""A step's retry policies: whether a step that met an exception is tried again, and after how long.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-retry-policy.html
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Fault = Literal[
    "Step.SERVICE_FAULT",
    "Step.THROTTLING",
    "SageMaker.JOB_INTERNAL_ERROR",
    "SageMaker.CAPACITY_ERROR",
    "SageMaker.RESOURCE_LIMIT",
]
EXCEPTIONS: tuple[Fault, ...] = get_args(Fault)
LONGEST_INTERVAL = 43_200  # seconds
MOST_ATTEMPTS = 20
LONGEST_EXPIRY = 14_400  # minutes
_INTERVAL, _BACKOFF, _ATTEMPTS = 1, 2.0, 5


@dataclass(frozen=True)
class Policy:
    """One retry policy.

    Attributes:
        exceptions: that it is for.
        interval: seconds before the first retry.
        backoff: by which the interval is multiplied for each further one.
        attempts: how many retries at most; None where `expiry` is the only end.
        expiry: minutes after the step's start from which on there is no retry; None for none.
    """

    exceptions: tuple[Fault, ...]
    interval: float = _INTERVAL
    backoff: float = _BACKOFF
    attempts: int | None = _ATTEMPTS
    expiry: float | None = None


# What Pipelines retries where a step has no policy for it.
DEFAULT = Policy(("Step.SERVICE_FAULT", "Step.THROTTLING"))


@dataclass(frozen=True)
class Failure:
    """One attempt that failed.

    Attributes:
        exception: that it met; None for what is never retried, such as an error of the program itself.
        at: seconds after the step's start.
    """

    exception: Fault | None
    at: float


def delay(policies: Sequence[Policy], failures: Sequence[Failure]) -> float | None:
    """Seconds from the last failure to the next attempt; None when the step has failed.

    Args:
        policies: of the step.
        failures: of the step so far, the first first; at least one.
    """
    last = failures[-1]
    policy = _for(policies, last.exception)
    if policy is None:
        return None
    retries = sum(failure.exception in policy.exceptions for failure in failures[:-1])
    if policy.attempts is not None and retries >= policy.attempts:
        return None
    wait = min(policy.interval * policy.backoff**retries, LONGEST_INTERVAL)
    if policy.expiry is not None and last.at + wait > policy.expiry * 60:
        return None
    return wait


def _for(policies: Sequence[Policy], exception: Fault | None) -> Policy | None:
    for policy in (*policies, DEFAULT):
        if exception in policy.exceptions:
            return policy
    return None
