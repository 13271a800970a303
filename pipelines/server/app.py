"""SageMaker's container contract over HTTP: `/ping`, `/invocations`, and `/metrics` for Prometheus.

An ASGI application without a framework: what a framework costs a request is as much as the model itself
(`benchmarks/measurements/model_server.py`).
"""

import asyncio
import gc
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any, TypeAlias

import msgspec

from pipelines.server.answers import AnswerWriter
from pipelines.server.body import BODY_SECONDS, ClientLeftError, Message, Receive, TooLargeError, read_body
from pipelines.server.drain import Drain
from pipelines.server.media import (
    CSV,
    JSON,
    BodyFormat,
    Media,
    NotAcceptableError,
    UnsupportedMediaTypeError,
    answer_format,
    body_format,
)
from pipelines.server.metrics import CONTENT_TYPE, Metrics
from pipelines.server.model import BadModelError, Model, NoNumberError, load
from pipelines.server.rows import BadRequestError, Batch, Matrix
from pipelines.server.settings import Settings

Scope: TypeAlias = Mapping[str, Any]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

CLIENT_CLOSED = 499  # nginx's word for a client that left before the answer

_CONTENT_TYPES = {
    JSON: (b"content-type", b"application/json"),
    CSV: (b"content-type", b"text/csv; charset=utf-8"),
}
_log = logging.getLogger("pipelines.server")


class NotReadyError(Exception):
    """An invocation before a model is loaded, or of one that cannot be: why."""


class Refusal(msgspec.Struct, frozen=True, omit_defaults=True):
    error: str
    row: int | None = None
    field: str | None = None


class Response(msgspec.Struct, frozen=True, gc=False):
    """What is sent."""

    status: int
    body: bytes
    media: str = JSON
    allow: str = ""  # what another method than the request's would be


class ModelServer:
    """One model behind HTTP; `loading` becomes `ready` or stays broken with a reason."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ready: tuple[Model, AnswerWriter] | None = None
        self._reason = "loading"
        self._metrics = Metrics()
        self._custom = (
            b"x-amzn-sagemaker-custom-attributes",
            f"model_version={settings.version}".encode("latin-1"),
        )
        self._large = ThreadPoolExecutor(1, thread_name_prefix="large-body")
        self.drain = Drain(settings.drain_seconds)

    def start_loading(self) -> None:
        """Load beside the event loop, so that `/ping` answers meanwhile; a daemon never holds up the exit."""
        threading.Thread(target=self._load, name="load-model", daemon=True).start()

    def _load(self) -> None:
        started = time.monotonic()
        try:
            model = load(self._settings.model_dir, self._settings.digest)
        except BadModelError as error:
            self._reason = str(error)
            _log.error("model not loaded: %s", error)
        except Exception:  # noqa: BLE001 the thread's last word: without it /ping would say `loading` for ever
            self._reason = "the model could not be loaded; the log has the traceback"
            _log.exception("model not loaded")
        else:
            self._metrics.loaded(
                self._settings.version, model.digest, model.schema, time.monotonic() - started
            )
            self._ready = model, AnswerWriter(model.schema.output, self._settings.version)
            gc.collect()
            gc.freeze()  # what is there now stays: no collection needs to walk it while requests are answered
            _log.info("serving %s, model %s", self._settings.version, model.digest)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Coroutine[Any, Any, None]:
        """Answer one request (ASGI 3)."""
        if scope["path"] == "/invocations" and scope["method"] == "POST":
            return self._invocation(scope, receive, send)
        return self._send(send, self._look(scope["path"], scope["method"]))

    def _look(self, path: str, method: str) -> Response:
        """The answer to whatever is no invocation."""
        if path == "/invocations":
            return _not_allowed("POST")
        if path not in {"/ping", "/metrics"}:
            return _refusal(404, "there are /ping, /invocations and /metrics")
        if method not in {"GET", "HEAD"}:
            return _not_allowed("GET, HEAD")
        if path == "/ping":
            return self._ping()
        return Response(200, self._metrics.text(draining=self.drain.draining), CONTENT_TYPE)

    def _ping(self) -> Response:
        """200 when the model answers its self-check, here and now; else 503 with the reason."""
        if self.drain.draining:
            return _refusal(503, "draining: told to stop")
        if self._ready is None:
            return _refusal(503, self._reason)
        model = self._ready[0]
        try:
            model.check()
        except BadModelError as error:
            _log.error("unhealthy: %s", error)
            return _refusal(503, str(error))
        serving = {"model_version": self._settings.version, "model_digest": model.digest}
        return Response(200, msgspec.json.encode(serving))

    async def _invocation(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One coroutine from the body to the answer: each that it awaited would cost a request a hundredth of its time."""
        started = time.monotonic()
        status, prediction = 500, None
        self.drain.arrive(started)
        self._metrics.begin()
        try:
            try:
                model, writer = self._loaded()
                sent, accepted, length = _headers(scope["headers"])
                accept, media = _formats(sent, accepted)
                body = read_body(receive, length)
                if not isinstance(body, bytes):
                    body = await body
                if model.rows.large(body):  # beside the event loop, which answers `/ping` meanwhile
                    loop = asyncio.get_running_loop()
                    prediction, answer = await loop.run_in_executor(
                        self._large, _answered, model, writer, media, accept, body
                    )
                else:
                    prediction, answer = _answered(model, writer, media, accept, body)
                response = Response(200, answer, accept)
            except Exception as error:  # noqa: BLE001 the client gets a sentence, the log the traceback
                if isinstance(error, BadRequestError) and error.field and error.fault:
                    self._metrics.refused(error.field, error.fault)
                response = _refused(error)
            status = response.status
            await send(self._start(response))
            await send({"type": "http.response.body", "body": response.body})
        finally:
            self.drain.leave()
            self._metrics.end(status, time.monotonic() - started, prediction)

    def _loaded(self) -> tuple[Model, AnswerWriter]:
        """Raises NotReadyError."""
        if self._ready is None:
            raise NotReadyError(self._reason)
        return self._ready

    async def _send(self, send: Send, response: Response) -> None:
        await send(self._start(response))
        await send({"type": "http.response.body", "body": response.body})

    def _start(self, response: Response) -> Message:
        """The message before the body."""
        headers = [
            self._custom,
            _CONTENT_TYPES.get(response.media) or (b"content-type", response.media.encode()),
            (b"content-length", b"%d" % len(response.body)),
        ]
        if response.allow:
            headers.append((b"allow", response.allow.encode()))
        if self.drain.draining:
            # each connection ends with its answer: a kept one would be cut under the client's next request
            headers.append((b"connection", b"close"))
        return {"type": "http.response.start", "status": response.status, "headers": headers}


def _answered(
    model: Model, writer: AnswerWriter, media: BodyFormat, accept: Media, body: bytes
) -> tuple[tuple[Batch, Matrix], bytes]:
    """What was predicted, and the answer's body. Raises BadRequestError and NoNumberError."""
    rows = model.rows
    batch = rows.json(body) if media.media == JSON else rows.csv(body, header=media.header)
    tensor, outputs = model.predict(batch.matrix)
    return (batch, tensor), writer.json(outputs) if accept == JSON else writer.csv(outputs)


def _headers(headers: Sequence[tuple[bytes, bytes]]) -> tuple[bytes, bytes, int]:
    """Content-Type, Accept, and Content-Length or 0."""
    sent, accepted, length = b"", b"", b""
    for name, value in headers:
        if name == b"content-type":
            sent = value
        elif name == b"accept":
            accepted = accepted + b"," + value if accepted else value
        elif name == b"content-length":
            length = value
    return sent, accepted, int(length) if length.isdigit() else 0


@lru_cache(maxsize=64)
def _formats(sent: bytes, accepted: bytes) -> tuple[Media, BodyFormat]:
    """What to write and what to read. Raises NotAcceptableError and UnsupportedMediaTypeError."""
    return answer_format(accepted.decode("latin-1")), body_format(sent.decode("latin-1"))


def _refused(error: Exception) -> Response:
    """The answer to a request that could not be answered with predictions."""
    match error:
        case BadRequestError():
            return _refusal(400, str(error), error.row, error.field)
        case NotReadyError():
            return _refusal(503, str(error))
        case NotAcceptableError():
            return _refusal(406, str(error))
        case TimeoutError():
            return _refusal(408, f"the body did not arrive within {BODY_SECONDS:g} s")
        case TooLargeError():
            return _refusal(413, str(error))
        case UnsupportedMediaTypeError():
            return _refusal(415, str(error))
        case ClientLeftError():
            return _refusal(CLIENT_CLOSED, "the client left")
        case NoNumberError():
            _log.error("no prediction: %s", error)
            return _refusal(500, str(error))
    _log.error("no prediction", exc_info=error)
    return _refusal(500, "the server failed; its log has the traceback")


def _refusal(status: int, error: str, row: int | None = None, field: str | None = None) -> Response:
    return Response(status, msgspec.json.encode(Refusal(error, row, field)))


def _not_allowed(methods: str) -> Response:
    return Response(405, msgspec.json.encode(Refusal(f"allowed: {methods}")), allow=methods)
