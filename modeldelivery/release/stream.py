"""Requests as callers send them, at a steady rate whatever the answers do, and what became of each.

Open-loop: a request is sent when its time has come, not when the one before is answered. A load that waits for answers sends
fewer requests just while something is wrong, and reports fewer lost.
"""

import itertools
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from modeldelivery.release.core.drill_figures import Answer
from modeldelivery.release.core.probes import Request
from modeldelivery.release.ports import Clock
from modeldelivery.release.stream_ports import Sender

AT_ONCE = 64  # requests on their way; one more waits until one of them is answered, or is not sent


class Stream:
    """Sends while the `with` block runs.

    Args:
        sender: who sends a request.
        requests: what is sent, in turn.
        rate: requests a second.
        clock: by which they are sent and their answers dated.
    """

    def __init__(self, sender: Sender, requests: Sequence[Request], rate: int, clock: Clock) -> None:
        self._sender, self._rate, self._clock = sender, rate, clock
        self._requests = itertools.cycle(requests)
        self._answers: list[Answer] = []
        self._under_way: set[Future[None]] = set()
        self._sending = threading.Lock()  # a request that a sender already has is under way
        self._over = threading.Event()
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="request")
        self._thread = threading.Thread(target=self._run, name="requests", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self._pool.shutdown(cancel_futures=True)

    def settled(self) -> list[Answer]:
        """What became of every request, once each that was sent until now has been answered or given up.

        Those that still wait for their turn never are sent: where nobody answers, they would be waited for, `AT_ONCE` a minute, while
        callers are not answered either.
        """
        with self._sending:
            sent = [future for future in list(self._under_way) if not future.cancel()]
        for future in sent:
            future.result()
        return list(self._answers)

    def _run(self) -> None:
        began, number = self._clock.monotonic(), 0
        while not self._over.is_set():
            with self._sending:
                future = self._pool.submit(self._one, next(self._requests))
                self._under_way.add(future)
            future.add_done_callback(self._under_way.discard)
            number += 1
            ahead = began + number / self._rate - self._clock.monotonic()
            if ahead > 0:
                self._over.wait(ahead)

    def _one(self, request: Request) -> None:
        started = self._clock.monotonic()
        reply = self._sender.send(request)
        self._answers.append(Answer(started, self._clock.monotonic(), reply.status, reply.variant))
