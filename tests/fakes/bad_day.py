"""AWS on a bad day: quota refused, capacity taken back, connections lost, stale reads, S3 away, in any mix, from a seed.

What an endpoint then really does is known here, whatever its describes told, so that a status can be held against it.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from modeldelivery.release.core.journal import Journal, decode, encode
from tests.fakes.aws import FakeAws, refusal
from tests.fakes.journal import START

TROUBLES = (
    "quota",
    "no capacity",
    "lost connects",
    "stale",
    "S3 away",
    "throttled",
    "reverted",
    "lost answers",
)
_SOMETIMES = 0.2  # of the calls that a trouble by chance hits
_NOWHERE = EndpointConnectionError(endpoint_url="https://eu-west-1.amazonaws.com")


@dataclass
class BadDay(FakeAws):
    """One endpoint and its journal; a change takes seconds, and so does everything that goes wrong.

    Attributes:
        seed: of every chance.
        troubles: of `TROUBLES`.
        began: when the troubles begin, in seconds; S3 is away for 20 from then on.
    """

    seed: int = 0
    troubles: frozenset[str] = frozenset()
    began: float = 0.0
    chance: random.Random = field(init=False)
    due: dict[str, tuple[float, Any]] = field(default_factory=dict)
    shown_until: float = 0.0
    shown: Any = None
    accepted: list[list[Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311 - chance, no secret

    # --- the clock, and what is told: the ports Clock and Progress

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def note(self, sentence: str) -> None:
        """Nobody reads it."""

    def waiting(self, why: str, seconds: float) -> None:
        """Nobody reads it."""

    # --- the day

    def serves(self, name: str, weights: dict[str, int], instances: dict[str, int]) -> None:
        """There is an endpoint."""
        self.endpoints[name] = {
            "EndpointName": name,
            "EndpointArn": self.arn("endpoint", name),
            "CreationTime": datetime.fromtimestamp(START, UTC),
            "EndpointConfigName": "config",
            "EndpointStatus": "InService",
            "ProductionVariants": [
                {
                    "VariantName": variant,
                    "CurrentWeight": float(weight),
                    "DesiredWeight": float(weight),
                    "CurrentInstanceCount": instances[variant],
                    "DesiredInstanceCount": instances[variant],
                }
                for variant, weight in weights.items()
            ],
        }

    def keeps(self, bucket: str, key: str, journal: Journal) -> None:
        """There is its journal."""
        self.buckets.add(bucket)
        self.objects[key] = encode(journal), '"0"'

    def journal(self, key: str) -> Journal:
        return decode(self.objects[key][0], "the journal")

    def truth(self, name: str) -> dict[str, float]:
        """What the endpoint does once everything that was accepted is through."""
        if name in self.due:
            self.endpoints[name] = self.due.pop(name)[1]
        return {v["VariantName"]: v["CurrentWeight"] for v in self.endpoints[name]["ProductionVariants"]}

    def has(self, *troubles: str) -> bool:
        """Whether one of them is there, now."""
        return self.seconds >= self.began and bool(self.troubles.intersection(troubles))

    def call(self, kind: str, service: str, operation: str, parameters: dict[str, Any]) -> Any:
        self.seconds += self.chance.uniform(0.02, 0.3)
        if service == "s3" and self.has("S3 away") and self.seconds < self.began + 20:
            self.seconds += 1.5
            raise _NOWHERE
        if self.has("lost connects") and self._hit():
            self.seconds += 1.5
            raise _NOWHERE
        if self.has("throttled") and self._hit():
            raise refusal("SlowDown" if service == "s3" else "ThrottlingException", "Rate exceeded")
        answer = super().call(kind, service, operation, parameters)
        if self.has("lost answers") and self._hit():
            self.seconds += 2.5
            raise ReadTimeoutError(endpoint_url=f"https://{service}.amazonaws.com")
        return answer

    def _hit(self) -> bool:
        return self.chance.random() < _SOMETIMES

    def _describe_endpoint(self, EndpointName: str) -> Any:
        if self.seconds < self.shown_until:
            return self.shown
        self._pass(EndpointName)
        return self._endpoint(EndpointName)

    def _pass(self, name: str) -> None:
        if name in self.due and self.seconds >= self.due[name][0]:
            self.endpoints[name] = self.due.pop(name)[1]

    def _update_endpoint_weights_and_capacities(
        self, EndpointName: str, DesiredWeightsAndCapacities: list[Any]
    ) -> Any:
        self._pass(EndpointName)
        before = self._idle(EndpointName)
        grows = _grows(DesiredWeightsAndCapacities)
        if grows and self.has("quota"):
            raise refusal("ResourceLimitExceeded", "The account-level service limit is 2 Instances")
        self.accepted.append(DesiredWeightsAndCapacities)
        super()._update_endpoint_weights_and_capacities(EndpointName, DesiredWeightsAndCapacities)
        _, after = self.aimed.pop(EndpointName)
        if (grows and self.has("no capacity")) or (not grows and self.has("reverted") and self._hit()):
            after = before | {"FailureReason": "InsufficientInstanceCapacity"}
        self.due[EndpointName] = self.seconds + self.chance.uniform(0.5, 12), after
        if self.has("stale"):
            self.shown, self.shown_until = before, self.seconds + 5
        return {}


def _grows(changes: Iterable[Any]) -> bool:
    return any("DesiredInstanceCount" in change for change in changes)
