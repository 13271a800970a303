"""A Clock that passes only while someone sleeps, and a Progress that remembers what it was told."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class FakeTime:
    """`on_wait`: what happens at each of the next waits; it may raise."""

    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)
    waits: list[tuple[str, float]] = field(default_factory=list)
    on_wait: deque[Callable[[], object]] = field(default_factory=deque)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def note(self, sentence: str) -> None:
        self.notes.append(sentence)

    def waiting(self, why: str, seconds: float) -> None:
        self.waits.append((why, seconds))
        if self.on_wait:
            self.on_wait.popleft()()
