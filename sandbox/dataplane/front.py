"""The HTTP side that callers see: InvokeEndpoint's request and its answers."""

import asyncio
import json
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Protocol, cast
from urllib.parse import unquote

import httptools

MOST_BODY = 25 * 1024 * 1024  # bytes, InvokeEndpoint's limit
_INVOKE = re.compile(r"/endpoints/([^/]+)/invocations")
_KEY = re.compile(rb"Credential=([^/,\s]+)/")


@dataclass
class Invocation:
    """One InvokeEndpoint call."""

    key: str  # access key
    endpoint: str
    variant: str | None  # TargetVariant
    content_type: bytes
    accept: bytes
    attributes: bytes  # X-Amzn-SageMaker-Custom-Attributes
    body: bytes


class Backend(Protocol):
    """Who answers invocations."""

    def invoke(self, invocation: Invocation, front: "Front") -> None:
        """Answer by exactly one `front.answer` or `front.refuse`, now or later."""


class Front(asyncio.Protocol):
    """A caller's connection: requests are answered one after another, in order."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._headers: dict[bytes, bytes] = {}
        self._body: list[bytes] = []
        self._size = 0
        self._waiting: deque[Callable[[], None]] = deque()
        self._busy = False
        self._closing = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own class is none of asyncio's

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._transport = None

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._closing = True
            self.refuse(400, "ValidationError", "this is not an HTTP request")

    def on_message_begin(self) -> None:
        self._url, self._headers, self._body, self._size = b"", {}, [], 0

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        if self._headers.get(b"expect", b"").lower() == b"100-continue" and self._transport:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self._size += len(body)
        if self._size <= MOST_BODY:
            self._body.append(body)

    def on_message_complete(self) -> None:
        self._closing = not self._parser.should_keep_alive()
        self._waiting.append(self._task())
        self._go()

    def _task(self) -> Callable[[], None]:
        path = self._url.decode("latin-1").partition("?")[0]
        method = self._parser.get_method()
        invoke = _INVOKE.fullmatch(path)
        if method != b"POST" or not invoke:
            text = f"the sandbox's data plane does not know {method.decode()} {path}"
            return partial(self.refuse, 400, "UnknownOperationException", text)
        if self._size > MOST_BODY:
            text = f"the body has {self._size} bytes; {MOST_BODY} are allowed"
            return partial(self.refuse, 413, "ValidationError", text)
        key = _KEY.search(self._headers.get(b"authorization", b""))
        variant = self._headers.get(b"x-amzn-sagemaker-target-variant")
        invocation = Invocation(
            key[1].decode() if key else "",
            unquote(invoke[1]),
            variant.decode() if variant else None,
            self._headers.get(b"content-type", b"application/octet-stream"),
            self._headers.get(b"accept", b"*/*"),
            self._headers.get(b"x-amzn-sagemaker-custom-attributes", b""),
            b"".join(self._body),
        )
        return partial(self._backend.invoke, invocation, self)

    def answer(self, status: int, headers: bytes, body: bytes) -> None:
        """Write one answer; `headers` are whole lines, each with its line end."""
        if self._transport:
            closing = b"Connection: close\r\n" if self._closing else b""
            head = b"HTTP/1.1 %d %s\r\nContent-Length: %d\r\n%s%s\r\n"
            phrase = b"OK" if status == HTTPStatus.OK else b"Error"
            self._transport.write(head % (status, phrase, len(body), headers, closing) + body)
            if self._closing:
                self._transport.close()
        self._busy = False
        if self._waiting:
            self._go()

    def refuse(self, status: int, code: str, message: str, **more: object) -> None:
        """Answer with an error as botocore reads it."""
        headers = f"Content-Type: application/json\r\nx-amzn-ErrorType: {code}\r\n"
        self.answer(
            status, headers.encode(), json.dumps({"message": message, "Message": message, **more}).encode()
        )

    def _go(self) -> None:
        if not self._busy and self._waiting:
            self._busy = True
            self._waiting.popleft()()
