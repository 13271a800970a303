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

from sandbox.origin import refusal
from sandbox.signature import Message

MOST_BODY = 25 * 1024 * 1024  # bytes, InvokeEndpoint's limit
MOST_TEXT = 1024  # characters of Accept, Content-Type and the custom attributes
MOST_IDENTITY = 64  # characters of the inference id
_OWN = "x-amzn-sagemaker-"
# Others of InvokeEndpoint's own headers choose a model, a container or a session, which the sandbox's endpoints do not have.
_ACTED_ON = {
    "x-amzn-sagemaker-target-variant",
    "x-amzn-sagemaker-custom-attributes",
    "x-amzn-sagemaker-inference-id",
}
_TEXTS = {"accept", "content-type", "x-amzn-sagemaker-custom-attributes"}
_INVOKE = re.compile(r"/endpoints/([^/]+)/invocations")


@dataclass
class Invocation:
    """One InvokeEndpoint call."""

    message: Message  # as it came, which is what its caller signed
    endpoint: str
    variant: str | None  # TargetVariant
    content_type: bytes
    accept: bytes
    attributes: bytes  # X-Amzn-SageMaker-Custom-Attributes
    inference_id: str  # X-Amzn-SageMaker-Inference-Id, which only what is captured keeps

    @property
    def body(self) -> bytes:
        return self.message.body


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
        self._port = 0  # the server's
        self._url = b""
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self._size = 0
        self._waiting: deque[Callable[[], None]] = deque()
        self._busy = False
        self._closing = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own class is none of asyncio's
        self._port = transport.get_extra_info("sockname")[1]

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
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        self._headers[key] = f"{self._headers[key]},{text}" if key in self._headers else text

    def on_headers_complete(self) -> None:
        if self._headers.get("expect", "").lower() == "100-continue" and self._transport:
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
        if why := refusal(self._headers, self._port):
            return partial(self.refuse, 403, "AccessDeniedException", why)
        target, method = self._url.decode("latin-1"), self._parser.get_method().decode()
        path = target.partition("?")[0]
        invoke = _INVOKE.fullmatch(path)
        if method != "POST" or not invoke:
            text = f"the sandbox's data plane does not know {method} {path}"
            return partial(self.refuse, 400, "UnknownOperationException", text)
        if self._size > MOST_BODY:
            text = f"the body has {self._size} bytes; {MOST_BODY} are allowed"
            return partial(self.refuse, 413, "ValidationError", text)
        for name, value in self._headers.items():
            if name.startswith(_OWN) and name not in _ACTED_ON:
                return partial(self.refuse, 400, "ValidationError", f"the sandbox does not act on {name}")
            if name in _TEXTS and len(value) > MOST_TEXT:
                text = f"Value at '{name}' failed to satisfy constraint: Member must have length less than or equal to {MOST_TEXT}"
                return partial(self.refuse, 400, "ValidationError", f"1 validation error detected: {text}")
        if len(self._headers.get("x-amzn-sagemaker-inference-id", "")) > MOST_IDENTITY:
            text = f"Value at 'inferenceId' failed to satisfy constraint: Member must have length less than or equal to {MOST_IDENTITY}"
            return partial(self.refuse, 400, "ValidationError", f"1 validation error detected: {text}")
        invocation = Invocation(
            Message(method, target, self._headers, b"".join(self._body)),
            unquote(invoke[1]),
            self._headers.get("x-amzn-sagemaker-target-variant"),
            self._header("content-type", "application/octet-stream"),
            self._header("accept", "*/*"),
            self._header("x-amzn-sagemaker-custom-attributes", ""),
            self._headers.get("x-amzn-sagemaker-inference-id", ""),
        )
        return partial(self._backend.invoke, invocation, self)

    def _header(self, name: str, otherwise: str) -> bytes:
        return self._headers.get(name, otherwise).encode("latin-1")

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
