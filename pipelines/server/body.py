"""A request's body: bounded in size, and in the time that it may take to arrive."""

import asyncio
import types
from collections.abc import Awaitable, Callable, Generator, Mapping
from typing import Any, TypeAlias

Message: TypeAlias = Mapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]

MAX_BODY_BYTES = 6 * 1024 * 1024  # SageMaker's own bound for a real-time invocation
BODY_SECONDS = 60.0  # for a body to arrive in: SageMaker's own bound for an answer


class TooLargeError(ValueError):
    """A body beyond MAX_BODY_BYTES."""


class ClientLeftError(ConnectionError):
    """The client closed before its body was there."""


def read_body(receive: Receive, length: int) -> bytes | Awaitable[bytes]:
    """The request's body, or, where it has to be waited for, what waits; never holding more than MAX_BODY_BYTES of it.

    Most bodies are there with their headers. To set a timer for such a one and take it back is a twentieth of what a request
    costs, and to await it half of that (`benchmarks/measurements/model_server.py`), so the time is measured once there is
    something to wait for.

    Args:
        receive: gives ASGI's messages of this request.
        length: bytes that its Content-Length names, or 0.

    Raises, itself or what waits:
        TooLargeError: it is larger.
        ClientLeftError: the client left before the end.
        TimeoutError: it did not arrive in BODY_SECONDS.
    """
    if length > MAX_BODY_BYTES:
        raise _too_large(f"{length} bytes")
    steps = receive().__await__()
    try:
        awaited = next(steps)
    except StopIteration as end:
        first: Message = end.value
        return _in_time(_whole(first, receive)) if first.get("more_body") else _piece(first, 0)
    return _in_time(_begun(awaited, steps, receive))


async def _in_time(body: Awaitable[bytes]) -> bytes:
    async with asyncio.timeout(BODY_SECONDS):
        return await body


async def _begun(awaited: Any, steps: Generator[Any, None, Message], receive: Receive) -> bytes:
    """The body whose first message was asked for already."""
    return await _whole(await _resumed(awaited, steps), receive)


async def _whole(message: Message, receive: Receive) -> bytes:
    """The body that begins with a message."""
    pieces = [_piece(message, 0)]
    size = len(pieces[0])
    while message.get("more_body"):
        message = await receive()
        pieces.append(_piece(message, size))
        size += len(pieces[-1])
    return b"".join(pieces)


def _piece(message: Message, before: int) -> bytes:
    """What a message brings, after so many bytes."""
    if message["type"] != "http.request":
        raise ClientLeftError
    piece: bytes = message.get("body", b"")
    if before + len(piece) > MAX_BODY_BYTES:
        raise _too_large(f"{before + len(piece)} bytes or more")
    return piece


@types.coroutine
def _resumed(awaited: Any, steps: Generator[Any, None, Message]) -> Generator[Any, None, Message]:
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
