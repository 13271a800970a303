"""Step caching: a step is not run where the same pipeline has run it before with the same attributes.

Attributes are compared, not what they point to: an object that changed under the same URI is the same to SageMaker.
Where outputs go is not compared either, so the outputs of a cached step are those of the run that made them.
Source: https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-caching.html, pipelines-default-keys.html
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# By step type, the members of its arguments that are compared.
COMPARED: Mapping[str, tuple[str, ...]] = {
    "Processing": ("AppSpecification", "Environment", "ProcessingInputs"),
    "Training": (
        *("AlgorithmSpecification", "CheckpointConfig", "DebugHookConfig", "DebugRuleConfigurations"),
        *("Environment", "HyperParameters", "InputDataConfig"),
    ),
}
_DURATION = re.compile(
    r"P?(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?)?",
    re.IGNORECASE,
)
_DAY = 86_400
_SECONDS = {
    "years": 365 * _DAY,
    "months": 30 * _DAY,
    "weeks": 7 * _DAY,
    "days": _DAY,
    "hours": 3_600,
    "minutes": 60,
}


class DurationError(ValueError):
    """A text that is no duration."""


@dataclass(frozen=True)
class Run:
    """One run of a step that succeeded.

    Attributes:
        key: of its arguments.
        at: when it ended, seconds since the epoch.
        execution: ARN of the execution that ran it.
        properties: what Describe answered for its job.
    """

    key: str
    at: float
    execution: str
    properties: Mapping[str, Any]


def key(kind: str, arguments: Mapping[str, Any]) -> str:
    """What two runs of a step have in common when one can stand for the other; `arguments` are resolved."""
    compared = {name: arguments[name] for name in COMPARED[kind] if name in arguments}
    text = json.dumps([kind, compared], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def hit(runs: Iterable[Run], wanted: str, now: float, expire_after: float | None) -> Run | None:
    """The latest run that can stand for one with this key.

    Args:
        runs: of this step of this pipeline.
        wanted: the key.
        now: seconds since the epoch.
        expire_after: seconds that a run can stand for others; None for ever.
    """
    alive = (
        run for run in runs if run.key == wanted and (expire_after is None or now - run.at <= expire_after)
    )
    return max(alive, key=lambda run: run.at, default=None)


def seconds(duration: str) -> float:
    """`P30D`, `30d`, `T16m`, `30dT5h` in seconds; a year has 365 days, a month 30.

    Raises:
        DurationError: it is not one.
    """
    parts = _DURATION.fullmatch(duration)
    given = {unit: int(count) for unit, count in parts.groupdict().items() if count} if parts else {}
    if not given:
        raise DurationError(f"{duration!r} is no duration: write one as P30D, T16M or P30DT5H")
    return float(sum(_SECONDS[unit] * count for unit, count in given.items()))
