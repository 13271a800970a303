"""SageMaker's container contract over HTTP: `/ping`, `/invocations`, and `/metrics` for Prometheus.

An ASGI application without a framework: what a framework costs a request is as much as the model itself
(`benchmarks/measurements/model_server.py`).
"""

import asyncio
import gc
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

import msgspec

from pipelines.server.answers import AnswerWriter
from pipelines.server.body import BODY_SECONDS, ClientLeftError, Message, Receive, TooLargeError, read_body
from pipelines.server.drain import Drain
from pipelines.server.media import (
    CSV,
    JSON,
    BodyFormat,
    NotAcceptableError,
    UnsupportedMediaTypeError,
    answer_format,
    body_format,
)
from pipelines.server.metrics import CONTENT_TYPE, Metrics
from pipelines.server.model import BadModelError, Model, NoNumberError, load
from pipelines.server.rows import BadRequestError, Batch, Outputs
from pipelines.server.settings import Settings

Scope: TypeAlias = Mapping[str, Any]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

LARGE_BYTES = 32 * 1024  # a larger body is read beside the event loop, which answers `/ping` meanwhile
CLIENT_CLOSED = 499  # nginx's word for a client that left before the answer

_CONTENT_TYPES = {
    JSON: (b"content-type", b"application/json"),
    CSV: (b"content-type", b"text/csv; charset=utf-8"),
}
_log = logging.getLogger("pipelines.server")


class Refusal(msgspec.Struct, frozen=True, omit_defaults=True):
    error: str
    row: int | None = None
    field: str | None = None


class Response(msgspec.Struct, frozen=True):
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
        try:
            model = load(self._settings.model_dir, self._settings.digest)
        except BadModelError as error:
            self._reason = str(error)
            _log.error("model not loaded: %s", error)
        except Exception:  # noqa: BLE001 the thread's last word: without it /ping would say `loading` for ever
            self._reason = "the model could not be loaded; the log has the traceback"
            _log.exception("model not loaded")
        else:
            self._metrics.loaded(self._settings.version, model.digest)
            self._ready = model, AnswerWriter(model.schema.output, self._settings.version)
            gc.collect()
            gc.freeze()  # what is there now stays: no collection needs to walk it while requests are answered
            _log.info("serving %s, model %s", self._settings.version, model.digest)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI 3)."""
        path, method = scope["path"], scope["method"]
        if path == "/invocations":
            if method == "POST":
                await self._invocation(scope, receive, send)
            else:
                await self._send(send, _not_allowed("POST"))
        elif path in {"/ping", "/metrics"}:
            if method not in {"GET", "HEAD"}:
                await self._send(send, _not_allowed("GET, HEAD"))
            elif path == "/ping":
                await self._send(send, self._ping())
            else:
                await self._send(send, Response(200, self._metrics.text(), CONTENT_TYPE))
        else:
            await self._send(send, _refusal(404, "there are /ping, /invocations and /metrics"))

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
        started = time.monotonic()
        status = 500
        self.drain.arrive(started)
        self._metrics.begin()
        try:
            response = await self._answer(scope, receive)
            status = response.status
            await self._send(send, response)
        finally:
            self.drain.leave()
            self._metrics.end(status, time.monotonic() - started)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        if self._ready is None:
            return _refusal(503, self._reason)
        model, writer = self._ready
        try:
            sent, accepted, length = _headers(scope)
            accept = answer_format(accepted)
            media = body_format(sent)
            body = await read_body(receive, length)
            if len(body) <= LARGE_BYTES:
                batch, outputs = _predict(model, media, body)
            else:
                loop = asyncio.get_running_loop()
                batch, outputs = await loop.run_in_executor(self._large, _predict, model, media, body)
        except BadRequestError as error:
            return _refusal(400, str(error), error.row, error.field)
        except NotAcceptableError as error:
            return _refusal(406, str(error))
        except TimeoutError:
            return _refusal(408, f"the body did not arrive within {BODY_SECONDS:g} s")
        except TooLargeError as error:
            return _refusal(413, str(error))
        except UnsupportedMediaTypeError as error:
            return _refusal(415, str(error))
        except ClientLeftError:
            return _refusal(CLIENT_CLOSED, "the client left")
        except NoNumberError as error:
            _log.error("no prediction: %s", error)
            return _refusal(500, str(error))
        except Exception:  # noqa: BLE001 the client gets a sentence, the log the traceback
            _log.exception("no prediction")
            return _refusal(500, "the server failed; its log has the traceback")
        self._metrics.predicted(len(outputs), batch.unseen.items())
        return Response(200, writer.json(outputs) if accept == JSON else writer.csv(outputs), accept)

    async def _send(self, send: Send, response: Response) -> None:
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
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": response.body})


def _predict(model: Model, media: BodyFormat, body: bytes) -> tuple[Batch, Outputs]:
    """Raises BadRequestError and NoNumberError."""
    rows = model.rows
    batch = rows.json(body) if media.media == JSON else rows.csv(body, header=media.header)
    return batch, model.predict(batch.matrix)


def _headers(scope: Scope) -> tuple[str, str, int]:
    """Content-Type, Accept, and Content-Length or 0."""
    sent, accepted, length = "", [], b""
    for name, value in scope["headers"]:
        if name == b"content-type":
            sent = value.decode("latin-1")
        elif name == b"accept":
            accepted.append(value.decode("latin-1"))
        elif name == b"content-length":
            length = value
    return sent, ",".join(accepted), int(length) if length.isdigit() else 0


def _refusal(status: int, error: str, row: int | None = None, field: str | None = None) -> Response:
    return Response(status, msgspec.json.encode(Refusal(error, row, field)))


def _not_allowed(methods: str) -> Response:
    return Response(405, msgspec.json.encode(Refusal(f"allowed: {methods}")), allow=methods)
