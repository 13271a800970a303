"""How long AWS takes, from a seed: `SANDBOX_DELAYS="weights=0.3:0.8,endpoint=0.2:0.5,ping=30,seed=1"`."""

import random
import threading
from collections.abc import Mapping
from typing import Self

_RANGES = {
    "weights": (0.3, 0.8),  # a weights call
    "endpoint": (0.2, 0.5),  # creating, updating, rolling back, deleting, beside the containers
    "unseen": (0.0, 1.5),  # until a new model or endpoint configuration is found by those that use it
    "stale": (0.0, 0.0),  # for which DescribeEndpoint tells what was, after a change was accepted
}
_SECONDS = {
    "ping": 60.0,  # a container's deadline for its first good /ping
    "idle": 900.0,  # without an invocation, until autoscaling takes a variant's instances away
}
_KNOWN = ", ".join(
    [f"{name}=LOW:HIGH" for name in _RANGES] + [f"{name}=SECONDS" for name in _SECONDS] + ["seed=INTEGER"]
)


class Delays:
    """Seconds that each kind of change takes. `of` draws from a range; `ping`, `idle` and `seed` are as they were given."""

    def __init__(
        self,
        ranges: Mapping[str, tuple[float, float]] | None = None,
        seconds: Mapping[str, float] | None = None,
        seed: int = 1,
    ) -> None:
        self._ranges = _RANGES | dict(ranges or {})
        fixed = _SECONDS | dict(seconds or {})
        self.ping, self.idle = fixed["ping"], fixed["idle"]
        self.seed = seed
        self._random = random.Random(seed)  # noqa: S311 - delays, no secret
        self._lock = threading.Lock()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `SANDBOX_DELAYS`; raises ValueError with what is allowed."""
        ranges: dict[str, tuple[float, float]] = {}
        seconds: dict[str, float] = {}
        seed = 1
        for item in filter(None, text.split(",")):
            name, _, value = item.partition("=")
            refused = ValueError(f"SANDBOX_DELAYS: {item!r} is not one of {_KNOWN}")
            try:
                if name == "seed":
                    seed = int(value)
                elif name in _SECONDS:
                    seconds[name] = float(value)
                elif name in _RANGES:
                    low, _, high = value.partition(":")
                    ranges[name] = (float(low), float(high or low))
                else:
                    raise refused
            except ValueError:
                raise refused from None
        return cls(ranges, seconds, seed)

    def of(self, kind: str) -> float:
        """The next delay of a kind, in seconds."""
        with self._lock:
            return self._random.uniform(*self._ranges[kind])
