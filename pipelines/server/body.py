"""A request's body: bounded in size, and in the time that it may take to arrive."""

import asyncio
import types
from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping
from typing import Any, TypeAlias, TypeVar

Message: TypeAlias = Mapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
_T = TypeVar("_T")

MAX_BODY_BYTES = 6 * 1024 * 1024  # SageMaker's own bound for a real-time invocation
BODY_SECONDS = 60.0  # for a body to arrive in: SageMaker's own bound for an answer


class TooLargeError(ValueError):
    """A body beyond MAX_BODY_BYTES."""


class ClientLeftError(ConnectionError):
    """The client closed before its body was there."""


async def read_body(receive: Receive, length: int) -> bytes:
    """The request's body, never holding more than MAX_BODY_BYTES of it.

    Args:
        receive: gives ASGI's messages of this request.
        length: bytes that its Content-Length names, or 0.

    Raises:
        TooLargeError: it is larger.
        ClientLeftError: the client left before the end.
        TimeoutError: it did not arrive in BODY_SECONDS.
    """
    if length > MAX_BODY_BYTES:
        raise _too_large(f"{length} bytes")
    return await _within(BODY_SECONDS, _pieces(receive))


async def _pieces(receive: Receive) -> bytes:
    pieces: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientLeftError
        piece, more = message.get("body", b""), message.get("more_body", False)
        size += len(piece)
        if size > MAX_BODY_BYTES:
            raise _too_large(f"{size} bytes or more")
        pieces.append(piece)
    return b"".join(pieces)


async def _within(seconds: float, work: Coroutine[Any, Any, _T]) -> _T:
    """What `work` returns; raises TimeoutError.

    The time is measured once `work` has to wait. Most bodies are there with their headers, and to set a timer and take
    it back is a twentieth of what such a request costs (`benchmarks/measurements/model_server.py`).
    """
    steps = work.__await__()
    try:
        awaited = next(steps)
    except StopIteration as end:
        result: _T = end.value
        return result
    async with asyncio.timeout(seconds):
        return await _rest(awaited, steps)


@types.coroutine
def _rest(awaited: Any, steps: Generator[Any, None, _T]) -> Generator[Any, None, _T]:
    """Waits for what the first of the steps gave to wait for, then takes the others."""
    try:
        yield awaited
        return (yield from steps)
    finally:
        steps.close()


def _too_large(size: str) -> TooLargeError:
    return TooLargeError(
        f"a body of {size} is too large: send at most {MAX_BODY_BYTES} bytes, in several requests"
    )
