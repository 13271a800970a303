"""Requests that are sent while a clock in memory passes, each answered at once by whoever has the traffic."""

from collections.abc import Callable

from modeldelivery.release.core import weights
from modeldelivery.release.core.drill_figures import Answer
from modeldelivery.release.naming import variant_name
from tests.fakes.endpoint import FakeEndpoint
from tests.fakes.time import FakeTime

EVERY = 0.1  # seconds


class FakeSending:
    """A Sending: a request each tenth of a second, from now on.

    Args:
        time: whose sleeps pass in tenths of a second from now on.
        host: whose current weights say who answers.
        fails: of which request, by its number, nothing comes.
    """

    def __init__(
        self, time: FakeTime, host: FakeEndpoint, fails: Callable[[int], bool] = lambda _: False
    ) -> None:
        self._host, self._time, self._fails = host, time, fails
        self.answers: list[Answer] = []
        self.sleep = time.sleep
        time.sleep = self._passes  # type: ignore[method-assign]

    def settled(self) -> list[Answer]:
        return list(self.answers)

    def _passes(self, seconds: float) -> None:
        steps = max(round(seconds / EVERY), 1)
        for _ in range(steps):
            self.sleep(seconds / steps)
            endpoint, now = self._host.endpoint, self._time.seconds
            assert endpoint is not None
            serving = weights.main_version(endpoint.current)
            assert serving is not None
            lost = self._fails(len(self.answers))
            answer = Answer(now, now, 0) if lost else Answer(now, now, 200, variant_name(serving))
            self.answers.append(answer)
