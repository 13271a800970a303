"""Calls that may hang: each in a thread of its own, awaited for as long as whoever asks can wait."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from typing import Any, TypeVar

T = TypeVar("T")


class Calls:
    """Calls by name. One that is under way is not made again: it would hang as well, and threads would pile up."""

    def __init__(self) -> None:
        self._made: dict[str, Future[Any]] = {}

    def make(self, wanted: Mapping[str, Callable[[], T]], seconds: float | None) -> dict[str, Future[T]]:
        """Make them at the same time; each as far as it is after so many seconds, None for as long as they take.

        One that an earlier caller did not wait for is awaited again, and made anew once it has ended.
        """
        for name, work in wanted.items():
            before = self._made.get(name)
            if before is None or before.done():
                self._made[name] = _begin(name, work)
        answers = {name: self._made[name] for name in wanted}
        wait(answers.values(), seconds)
        return answers


def _begin(name: str, work: Callable[[], T]) -> Future[T]:
    future: Future[T] = Future()

    def carry_out() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it is whoever asked that is told
            future.set_exception(error)

    threading.Thread(target=carry_out, name=name, daemon=True).start()  # none keeps a program from ending
    return future
