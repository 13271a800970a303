"""Whom AWS takes a run for: an identity that STS tells, for the journal; nothing fails without it."""

import threading
from collections.abc import Callable

from modeldelivery.release.errors import DeliveryError


class StsCaller:
    """A Caller whose one call is made in a thread of its own.

    The thread is a daemon: a process that has nothing else to do ends without its answer.

    Args:
        arn: asks STS; raises DeliveryError.
        known: what STS has said already.
    """

    def __init__(self, arn: Callable[[], str], arn_known: str | None = None) -> None:
        self._ask_sts, self._arn = arn, arn_known
        self._thread: threading.Thread | None = None

    def ask(self) -> None:
        if self._arn is None and self._thread is None:
            self._thread = threading.Thread(target=self._learn, name="caller", daemon=True)
            self._thread.start()

    def answer(self, within: float) -> str | None:
        if self._thread:
            self._thread.join(within)
        return self._arn

    def _learn(self) -> None:
        try:
            self._arn = self._ask_sts()
        except DeliveryError:
            return  # away, slow or denied: then the journal has the actor alone, and the calls' request ids
