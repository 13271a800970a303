"""Several operations at once on the fakes, one at a time by a clock that they share: the same seed, the same order."""

import random
import threading
from collections.abc import Callable, Mapping

from modeldelivery.release.core.action import Done
from modeldelivery.release.errors import DeliveryError
from tests.fakes.time import FakeTime

End = Done | DeliveryError


class Turns(FakeTime):
    """A clock whose `sleep` lets the others run until it is this one's turn again.

    Attributes:
        ends: how each operation ended, and when.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.chance = random.Random(seed)  # noqa: S311 - an order, no secret
        self.ends: dict[str, tuple[End, float]] = {}
        self._due: dict[str, float] = {}
        self._turn = threading.Condition()
        self._now: str | None = None

    def sleep(self, seconds: float) -> None:
        name = threading.current_thread().name
        if name not in self._due:
            super().sleep(seconds)
            return
        with self._turn:
            self._due[name] = self.seconds + seconds
            self._next()
            self._turn.wait_for(lambda: self._now == name)

    def call(self) -> None:
        """Any call of a platform takes a while."""
        self.sleep(self.chance.uniform(0.01, 0.2))

    def run(self, operations: Mapping[str, Callable[[], Done]]) -> dict[str, tuple[End, float]]:
        """Run all of them to their ends."""
        threads = [
            threading.Thread(target=self._runs, args=(name, operation), name=name, daemon=True)
            for name, operation in operations.items()
        ]
        self._due = {name: self.seconds + self.chance.uniform(0, 0.5) for name in operations}
        for thread in threads:
            thread.start()
        with self._turn:
            self._next()
        for thread in threads:
            thread.join()
        for end, _ in self.ends.values():
            if isinstance(end, BaseException) and not isinstance(end, DeliveryError):
                raise end
        return self.ends

    def _runs(self, name: str, operation: Callable[[], Done]) -> None:
        with self._turn:
            self._turn.wait_for(lambda: self._now == name)
        try:
            end: End = operation()
        except BaseException as error:  # noqa: BLE001 - else its turn would never end; `run` raises what is no ending
            end = error
        with self._turn:
            self.ends[name] = end, self.seconds
            del self._due[name]
            self._next()

    def _next(self) -> None:
        if self._due:
            self._now = min(self._due, key=lambda each: (self._due[each], each))
            self.seconds = max(self.seconds, self._due[self._now])
            self._turn.notify_all()
