"""Keep-alive connections to model servers."""

import asyncio
import socket
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import httptools

from sandbox.processes.door import socket_inside

Done = Callable[["Reply | None"], None]


@dataclass
class Reply:
    """A model server's answer."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Upstream(asyncio.Protocol):
    """One connection; carries one request at a time."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool
        self._transport: asyncio.Transport | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._done: Done | None = None
        self.used = False  # carried a request before: the server may have closed it meanwhile
        self.open = True

    def send(self, data: bytes, done: Done) -> None:
        """`done` gets the reply, or None when the connection broke."""
        assert self._transport is not None
        self._done = done
        self._parser = httptools.HttpResponseParser(self)
        self._headers, self._body = [], []
        self._transport.write(data)

    def close(self) -> None:
        self.open = False
        if self._transport:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own class is none of asyncio's

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self.open = False
        self._pool.forget(self)
        self._finish(None)

    def data_received(self, data: bytes) -> None:
        if self._parser is None or self._done is None:
            self.close()  # a server that talks unasked
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.close()
            self._finish(None)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        assert self._parser is not None
        reply = Reply(self._parser.get_status_code(), self._headers, b"".join(self._body))
        if reply.status < 200:  # noqa: PLR2004 - 100 Continue: the answer is still to come
            self._headers, self._body = [], []
            return
        self.used = True
        if self.open and self._parser.should_keep_alive():
            self._pool.release(self)
        else:
            self.close()
        self._finish(reply)

    def _finish(self, reply: Reply | None) -> None:
        done, self._done = self._done, None
        if done:
            done(reply)


@dataclass
class Pool:
    """The connections to one instance, and how many requests it has in flight."""

    port: int
    door: str | None = None
    in_flight: int = 0
    idle: deque[Upstream] = field(default_factory=deque)
    closed: bool = False

    def get(self) -> Upstream | None:
        """An idle connection, the warmest first."""
        while self.idle:
            upstream = self.idle.pop()
            if upstream.open:
                return upstream
        return None

    async def connect(self) -> Upstream:
        """Raises OSError when the instance does not listen."""
        loop = asyncio.get_running_loop()
        _, protocol = await loop.create_connection(lambda: Upstream(self), sock=await self._connected(loop))
        return protocol

    async def _connected(self, loop: asyncio.AbstractEventLoop) -> socket.socket:
        if self.door:
            connection = await loop.run_in_executor(None, socket_inside, Path(self.door))
        else:
            connection = socket.socket()
        try:
            connection.setblocking(False)  # noqa: FBT003 - it takes no names
            await loop.sock_connect(connection, ("127.0.0.1", self.port))
        except BaseException:
            connection.close()
            raise
        return connection

    def release(self, upstream: Upstream) -> None:
        if self.closed:
            upstream.close()
        else:
            self.idle.append(upstream)

    def forget(self, upstream: Upstream) -> None:
        if upstream in self.idle:
            self.idle.remove(upstream)

    def close(self) -> None:
        self.closed = True
        while self.idle:
            self.idle.pop().close()
