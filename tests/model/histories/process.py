"""Operations as processes of which one runs at a time: each goes on only when the schedule says so, and may be killed.

An operation is ordinary code over ports. Each of its calls hands control back to the schedule, which decides what happens
before the call is carried out: other operations, the platform, time.
"""

import threading
from collections.abc import Callable


class KilledError(BaseException):
    """The process was killed: nothing of it runs any more."""


class Process:
    """One operation.

    Attributes:
        doing: the call that it is about to make.
        wakes: instant before which it sleeps.
        result: what it returned, once it did.
        error: what it raised instead.
    """

    def __init__(self, name: str, body: Callable[["Process"], object]) -> None:
        self.name = name
        self.doing = "begins"
        self.wakes = 0.0
        self.result: object = None
        self.error: BaseException | None = None
        self.ended = False
        self._killed = False
        self._body = body
        self._turn, self._over = threading.Lock(), threading.Lock()
        self._turn.acquire()
        self._over.acquire()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def killed(self) -> bool:
        return isinstance(self.error, KilledError)

    def resume(self) -> None:
        """Let it run until its next call, or to its end."""
        self._turn.release()
        self._over.acquire()

    def kill(self) -> None:
        """It ends here; the call that it was about to make is not made."""
        self._killed = True
        self.resume()
        self._thread.join()

    def pause(self, doing: str, wakes: float = 0.0) -> None:
        """From within: about to make a call, or asleep until `wakes`. Raises KilledError."""
        if not self._killed:
            self.doing, self.wakes = doing, wakes
            self._over.release()
            self._turn.acquire()
        if self._killed:
            raise KilledError

    def _run(self) -> None:
        self._turn.acquire()
        try:
            if not self._killed:
                self.result = self._body(self)
            else:
                self.error = KilledError()
        except BaseException as error:  # noqa: BLE001 - whatever it was, the schedule judges it
            self.error = error
        self.ended = True
        self._over.release()
