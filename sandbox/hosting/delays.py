"""How long AWS takes, from a seed: `SANDBOX_DELAYS="weights=0.3:0.8,endpoint=0.2:0.5,ping=30,seed=1"`."""

import random
import threading
from typing import Self

_KNOWN = "weights=LOW:HIGH, endpoint=LOW:HIGH, ping=SECONDS, seed=INTEGER"


class Delays:
    """Seconds that each kind of change takes."""

    def __init__(
        self,
        weights: tuple[float, float] = (0.3, 0.8),  # a weights call
        endpoint: tuple[float, float] = (
            0.2,
            0.5,
        ),  # creating, updating, rolling back, deleting, beside the containers
        ping: float = 60.0,  # deadline for a container's first good /ping
        seed: int = 1,
    ) -> None:
        self._ranges = {"weights": weights, "endpoint": endpoint}
        self.ping = ping
        self.seed = seed
        self._random = random.Random(seed)  # noqa: S311 - delays, no secret
        self._lock = threading.Lock()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `SANDBOX_DELAYS`; raises ValueError with what is allowed."""
        ranges: dict[str, tuple[float, float]] = {}
        ping, seed = 60.0, 1
        for item in filter(None, text.split(",")):
            name, _, value = item.partition("=")
            refused = ValueError(f"SANDBOX_DELAYS: {item!r} is not one of {_KNOWN}")
            if name not in {"weights", "endpoint", "ping", "seed"}:
                raise refused
            try:
                if name == "ping":
                    ping = float(value)
                elif name == "seed":
                    seed = int(value)
                else:
                    low, _, high = value.partition(":")
                    ranges[name] = (float(low), float(high or low))
            except ValueError:
                raise refused from None
        return cls(**ranges, ping=ping, seed=seed)

    def of(self, kind: str) -> float:
        """The next delay of a kind, in seconds."""
        with self._lock:
            return self._random.uniform(*self._ranges[kind])
