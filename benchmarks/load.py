"""A load of real invocations: keep-alive connections, each sending its next request when the last is answered.

The client is as light as Python allows (uvloop, httptools): what it costs itself would flatter every ratio.
"""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, cast

import httptools
import msgspec
import uvloop
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from modeldelivery.release.core.drill_figures import Answer, lost
from modeldelivery.release.naming import variant_name
from modeldelivery.release.version import Version
from sandbox.processes.door import socket_inside

_VARIANT = {
    b"x-amzn-invoked-production-variant",
    b"x-model",
}  # SageMaker's; the tests' container's, behind a gateway
_VERSION = b"x-amzn-sagemaker-custom-attributes"  # of this project's server, where nobody before it says more
_LAST_ANSWERS = 15.0  # seconds that requests in flight get when the load ends
_RECONNECT = 0.05  # seconds between attempts
_FRESH = 60.0  # seconds that a signature is used; AWS takes it for 300


class Request(msgspec.Struct, frozen=True):
    """One HTTP request, and the local port that it goes to.

    Attributes:
        make: the whole request, signed now.
    """

    port: int
    make: Callable[[], bytes]
    door: Path | None = None  # into the network of whoever listens, where that is not the machine's


class LostError(Exception):
    """Requests of a load that must lose none were not answered with a prediction."""


def invocation(port: int, endpoint: str, credentials: Credentials, body: bytes, media: str) -> Request:
    """InvokeEndpoint."""
    path, signer = f"/endpoints/{endpoint}/invocations", SigV4Auth(credentials, "sagemaker", "eu-west-1")

    def make() -> bytes:
        url, headers = f"http://127.0.0.1:{port}{path}", {"Content-Type": media}
        request = AWSRequest("POST", url, headers=headers, data=body)
        signer.add_auth(request)
        signature = {name: request.headers[name] for name in ("X-Amz-Date", "Authorization")}
        return _post(f"127.0.0.1:{port}", path, signature, body, media)

    return Request(port, make)


def straight(port: int, door: Path | None, body: bytes, media: str) -> Request:
    """The same, to a model server itself."""
    return Request(port, lambda: _post(f"127.0.0.1:{port}", "/invocations", {}, body, media), door)


def behind(port: int, hostname: str, body: bytes, media: str) -> Request:
    """The same, to a gateway that knows the model by its host name."""
    return Request(port, lambda: _post(hostname, "/invocations", {}, body, media))


def _post(host: str, path: str, headers: Mapping[str, str], body: bytes, media: str) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {media}\r\nAccept: application/json\r\n"
        f"Content-Length: {len(body)}\r\n"
    )
    return (
        "".join((head, *(f"{name}: {value}\r\n" for name, value in headers.items()), "\r\n")).encode() + body
    )


class Load:
    """Sends from a thread of its own while the `with` block runs; every request is in `answers` afterwards.

    Args:
        requests: what the connections send, each its own one of these over and over.
        connections: how many; more than requests share them out.
        pause: seconds between an answer and the next request of a connection.
    """

    def __init__(self, requests: Sequence[Request], connections: int, pause: float = 0.0) -> None:
        self.answers: list[Answer] = []
        self._requests = [requests[n % len(requests)] for n in range(connections)]
        self._pause = pause
        self._loop = uvloop.new_event_loop()
        self._ended = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="load")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()

    def _run(self) -> None:
        self._loop.run_until_complete(self._send())
        self._loop.close()

    async def _send(self) -> None:
        clients = [_Client(request, self._pause, self.answers) for request in self._requests]
        for client in clients:
            client.connect()
        await self._ended.wait()
        for client in clients:
            client.stop()
        await asyncio.wait([asyncio.ensure_future(c.idle.wait()) for c in clients], timeout=_LAST_ANSWERS)
        for client in clients:
            client.close()


class _Client(asyncio.Protocol):
    """One connection; carries one request at a time, and is made again when it breaks."""

    def __init__(self, request: Request, pause: float, answers: list[Answer]) -> None:
        self._request = request
        self._data, self._made = request.make(), time.monotonic()
        self._pause = pause
        self._answers = answers
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._connecting: asyncio.Task[None] | None = None
        self._started: float | None = None  # of the request in flight
        self._variant = ""
        self._stopped = False
        self.idle = asyncio.Event()

    def connect(self) -> None:
        self._connecting = asyncio.ensure_future(self._connect())

    def stop(self) -> None:
        """No further request."""
        self._stopped = True
        if self._started is None:
            self.idle.set()

    def close(self) -> None:
        """A request that is still in flight is lost."""
        self._stopped = True
        if self._connecting:
            self._connecting.cancel()
        if self._started is not None:
            self._note(0)
        if self._transport:
            self._transport.abort()

    async def _connect(self) -> None:
        """A connection that cannot be made is a request that is lost."""
        loop = asyncio.get_running_loop()
        while not self._stopped:
            started = time.monotonic()
            try:
                await loop.create_connection(lambda: self, sock=await self._connected(loop))
            except OSError:
                self._answers.append(Answer(started, time.monotonic(), 0, ""))
                await asyncio.sleep(_RECONNECT)
            else:
                return

    async def _connected(self, loop: asyncio.AbstractEventLoop) -> socket.socket:
        door = self._request.door
        connection = socket_inside(door) if door else socket.socket()
        try:
            connection.setblocking(False)  # noqa: FBT003 - it takes no names
            await loop.sock_connect(connection, ("127.0.0.1", self._request.port))
        except BaseException:
            connection.close()
            raise
        return connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own class is none of asyncio's
        self._parser = httptools.HttpResponseParser(self)
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._transport = None
        if self._started is not None:
            self._note(0)
        if not self._stopped:
            self.connect()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            if self._transport:
                self._transport.abort()

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name in _VARIANT:
            self._variant = value.decode()
        elif name == _VERSION and not self._variant:
            self._variant = variant_name(Version(value.decode().removeprefix("model_version=")))

    def on_message_complete(self) -> None:
        self._note(self._parser.get_status_code())
        if self._stopped or self._transport is None:
            return
        if not self._parser.should_keep_alive():
            self._transport.close()
        elif self._pause:
            asyncio.get_running_loop().call_later(self._pause, self._next)
        else:
            self._next()

    def _next(self) -> None:
        if self._transport is None or self._stopped:
            return
        self._variant = ""
        self._started = time.monotonic()
        if self._started > self._made + _FRESH:
            self._data, self._made = self._request.make(), self._started
        self._transport.write(self._data)

    def _note(self, status: int) -> None:
        if self._started is None:  # an answer that nobody asked for
            return
        self._answers.append(Answer(self._started, time.monotonic(), status, self._variant))
        self._started = None
        if self._stopped:
            self.idle.set()


def rate(request: Request, connections: int, seconds: float) -> float:
    """Predictions a second over `seconds`. Raises LostError."""
    load = Load([request], connections)
    begun = time.monotonic()
    with load:
        time.sleep(seconds)
    missed = lost(load.answers)
    if missed or not load.answers:
        raise LostError(
            f"{len(missed)} of {len(load.answers)} requests to port {request.port} got no prediction; "
            f"statuses {sorted({answer.status for answer in missed})}"
        )
    return len(load.answers) / (max(answer.ended for answer in load.answers) - begun)
