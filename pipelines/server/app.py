"""SageMaker's container contract over HTTP: `/ping`, `/invocations`, and `/metrics` for Prometheus."""

import logging
import threading
import time

import msgspec
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from pipelines.server.drain import Drain
from pipelines.server.media import (
    CSV,
    JSON,
    Media,
    NotAcceptableError,
    UnsupportedMediaTypeError,
    answer_format,
    body_format,
)
from pipelines.server.metrics import CONTENT_TYPE, Metrics
from pipelines.server.model import BadModelError, Model, load
from pipelines.server.rows import BadRequestError
from pipelines.server.settings import Settings

MAX_BODY_BYTES = 6 * 1024 * 1024  # SageMaker's own bound for a real-time invocation
CLIENT_CLOSED = 499  # nginx's word for a client that left before the answer

_log = logging.getLogger("pipelines.server")


class Prediction(msgspec.Struct, frozen=True):
    probability: float
    late: bool


class Answer(msgspec.Struct, frozen=True):
    predictions: list[Prediction]
    model_version: str


class Refusal(msgspec.Struct, frozen=True, omit_defaults=True):
    error: str
    row: int | None = None
    field: str | None = None


class TooLargeError(ValueError):
    """A body beyond MAX_BODY_BYTES."""


class ModelServer:
    """One model behind HTTP; `loading` becomes `ready` or stays broken with a reason."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._model: Model | None = None
        self._reason = "loading"
        self._metrics = Metrics()
        self._custom = {"x-amzn-sagemaker-custom-attributes": f"model_version={settings.version}"}
        self.drain = Drain(settings.drain_seconds)
        self.app = Starlette(
            routes=[
                Route("/invocations", self.invocations, methods=["POST"]),
                Route("/ping", self.ping),
                Route("/metrics", self.metrics),
            ]
        )

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
            self._metrics.model.labels(self._settings.version, model.digest).set(1)
            self._model = model
            _log.info("serving %s, model %s", self._settings.version, model.digest)

    async def ping(self, _request: Request) -> Response:
        """200 when the model answers its self-check, here and now; else 503 with the reason."""
        if self.drain.draining:
            return self._refuse(503, "draining: told to stop")
        if self._model is None:
            return self._refuse(503, self._reason)
        try:
            self._model.check()
        except BadModelError as error:
            _log.error("unhealthy: %s", error)
            return self._refuse(503, str(error))
        return self._respond(
            msgspec.json.encode(
                {"model_version": self._settings.version, "model_digest": self._model.digest}
            ),
            JSON,
        )

    async def metrics(self, _request: Request) -> Response:
        return Response(self._metrics.text(), media_type=CONTENT_TYPE)

    async def invocations(self, request: Request) -> Response:
        started = time.monotonic()
        status = 500
        self.drain.arrive(started)
        self._metrics.in_flight.inc()
        try:
            response = await self._answer(request)
            status = response.status_code
            return response
        finally:
            self.drain.leave()
            self._metrics.in_flight.dec()
            self._metrics.requests.labels(status).inc()
            self._metrics.latency.observe(time.monotonic() - started)

    async def _answer(self, request: Request) -> Response:
        model = self._model
        if model is None:
            return self._refuse(503, self._reason)
        try:
            accept = answer_format(request.headers.get("accept", ""))
            media = body_format(request.headers.get("content-type", ""))
            body = await _body(request)
            batch = (
                model.rows.json(body) if media.media == JSON else model.rows.csv(body, header=media.header)
            )
        except BadRequestError as error:
            return self._refuse(400, str(error), error.row, error.field)
        except NotAcceptableError as error:
            return self._refuse(406, str(error))
        except TooLargeError as error:
            return self._refuse(413, str(error))
        except UnsupportedMediaTypeError as error:
            return self._refuse(415, str(error))
        except ClientDisconnect:
            return self._refuse(CLIENT_CLOSED, "the client left")
        self._metrics.rows.inc(len(batch.matrix))
        for feature, count in batch.unseen.items():
            self._metrics.unseen.labels(feature).inc(count)
        probabilities = [round(p, 6) for p in model.probabilities(batch.matrix).tolist()]
        return self._respond(self._write(probabilities, model.schema.threshold, accept), accept)

    def _write(self, probabilities: list[float], threshold: float, media: Media) -> bytes:
        if media == CSV:
            return "".join(f"{p},{str(p >= threshold).lower()}\n" for p in probabilities).encode()
        predictions = [Prediction(p, p >= threshold) for p in probabilities]
        return msgspec.json.encode(Answer(predictions, self._settings.version))

    def _refuse(self, status: int, error: str, row: int | None = None, field: str | None = None) -> Response:
        return self._respond(msgspec.json.encode(Refusal(error, row, field)), JSON, status)

    def _respond(self, body: bytes, media: Media, status: int = 200) -> Response:
        # While draining each connection ends with its answer: a kept one would be cut under the client's next request.
        headers = {**self._custom, "connection": "close"} if self.drain.draining else self._custom
        return Response(body, status, headers, media)


async def _body(request: Request) -> bytes:
    """The request's body, never holding more than MAX_BODY_BYTES of it; raises TooLargeError."""
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > MAX_BODY_BYTES:
        raise _too_large(f"{length} bytes")
    chunks = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            raise _too_large(f"{size} bytes or more")
        chunks.append(chunk)
    return b"".join(chunks)


def _too_large(size: str) -> TooLargeError:
    return TooLargeError(
        f"a body of {size} is too large: send at most {MAX_BODY_BYTES} bytes, in several requests"
    )
