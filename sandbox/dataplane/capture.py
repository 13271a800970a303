"""Data capture: what was asked and answered, as SageMaker writes it.

A line an invocation, one file an hour and variant at least, in UTC:
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
"""

import base64
import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

_AGE = 5.0  # seconds for which lines wait
_SIZE = (
    1 << 23
)  # bytes of lines that do not wait: what each PutObject costs beside its bytes is a hundred lines' worth
_MANY = 64  # invocations that become lines together
_LARGE = 1 << 18  # bytes of their bodies that do not wait for others


class Capture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What of an endpoint's invocations is kept, and where.

    Attributes:
        percentage: of the invocations.
        input, output: what of each.
        json, csv: content types that are kept as text; all others are base64.
        destination: `s3://` URI of the prefix.
        kms_key: of the objects; "" for the bucket's own.
        roles: ARN by variant, in whose name its lines are written.
    """

    percentage: int
    input: bool
    output: bool
    json: list[str]
    csv: list[str]
    destination: str
    kms_key: str
    roles: dict[str, str]


class Exchange(NamedTuple):
    """One invocation that was answered well.

    Attributes:
        account, endpoint, variant: where.
        inference_id: the caller's own; "" without one.
        attributes: the caller's custom attributes; "" without any.
        request: content type and body.
        response: content type and body.
    """

    account: str
    endpoint: str
    variant: str
    inference_id: str
    attributes: str
    request: tuple[str, bytes]
    response: tuple[str, bytes]


class Place(NamedTuple):
    """Where lines go, and in whose name."""

    account: str
    endpoint: str
    variant: str
    hour: str
    destination: str
    kms_key: str
    role: str


class Batch(NamedTuple):
    """Lines of one file."""

    place: Place
    lines: bytes


class _Body(msgspec.Struct, frozen=True, gc=False):
    observedContentType: str  # noqa: N815 - SageMaker's names, and those below
    mode: str
    data: str
    encoding: str


class _Bodies(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    endpointInput: _Body | None = None  # noqa: N815
    endpointOutput: _Body | None = None  # noqa: N815


class _Event(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    eventId: str  # noqa: N815
    customAttributes: list[str] = []  # noqa: N815
    inferenceId: str = ""  # noqa: N815
    inferenceTime: str  # noqa: N815


class _Line(msgspec.Struct, frozen=True, gc=False):
    captureData: _Bodies  # noqa: N815
    eventMetadata: _Event  # noqa: N815
    eventVersion: str  # noqa: N815


@dataclass
class _Buffer:
    since: float
    lines: list[bytes] = field(default_factory=list)
    size: int = 0


class Captures:
    """Lines that were not handed over yet.

    An invocation is only noted; many become lines together, which costs each a third of what it costs alone, between two
    others' answers.
    """

    def __init__(self, generator: random.Random, clock: Callable[[], float] = time.time) -> None:
        self._random, self._clock = generator, clock
        self._identities = random.Random()  # noqa: S311 - names, no secrets; by no seed: no other process gives the same
        self._noted: list[tuple[Capture, Exchange, float]] = []  # what are no lines yet, each with its moment
        self._size = 0  # bytes of their bodies
        self._buffers: dict[Place, _Buffer] = {}
        self._encoder = msgspec.json.Encoder()
        self._second, self._hour, self._written = -1, "", ""  # the newest second, and how it is written

    def take(self, capture: Capture, exchange: Exchange) -> None:
        """Keep one, by chance."""
        if self._random.random() * 100 >= capture.percentage:
            return
        self._noted.append((capture, exchange, self._clock()))
        self._size += len(exchange.request[1]) + len(exchange.response[1])
        if len(self._noted) >= _MANY or self._size >= _LARGE:
            self._write()

    def due(self, *, everything: bool = False) -> list[Batch]:
        """What waits no longer, taken out."""
        self._write()
        now = self._clock()
        places = [
            place
            for place, buffer in self._buffers.items()
            if everything or buffer.size >= _SIZE or now - buffer.since >= _AGE
        ]
        return [Batch(place, b"".join(self._buffers.pop(place).lines)) for place in places]

    def _write(self) -> None:
        noted, self._noted, self._size = self._noted, [], 0
        for capture, exchange, moment in noted:
            if int(moment) != self._second:
                self._second, utc = int(moment), time.gmtime(moment)
                self._hour = time.strftime("%Y/%m/%d/%H", utc)
                self._written = time.strftime("%Y-%m-%dT%H:%M:%SZ", utc)
            place = Place(
                exchange.account, exchange.endpoint, exchange.variant, self._hour,
                capture.destination, capture.kms_key, capture.roles[exchange.variant],
            )  # fmt: skip
            buffer = self._buffers.get(place)
            if buffer is None:
                buffer = self._buffers[place] = _Buffer(moment)
            identity = uuid.UUID(int=self._identities.getrandbits(128), version=4)
            line = self._encoder.encode(_line(capture, exchange, str(identity), self._written)) + b"\n"
            buffer.lines.append(line)
            buffer.size += len(line)


def _line(capture: Capture, exchange: Exchange, identity: str, written: str) -> _Line:
    return _Line(
        _Bodies(
            _body(capture, "INPUT", *exchange.request) if capture.input else None,
            _body(capture, "OUTPUT", *exchange.response) if capture.output else None,
        ),
        _Event(
            eventId=identity,
            customAttributes=[exchange.attributes] if exchange.attributes else [],
            inferenceId=exchange.inference_id,
            inferenceTime=written,
        ),
        "0",
    )


def _body(capture: Capture, mode: str, content_type: str, body: bytes) -> _Body:
    plain = content_type.partition(";")[0].strip().lower()
    encoding = "CSV" if plain in capture.csv else "JSON" if plain in capture.json else "BASE64"
    if encoding != "BASE64":
        try:
            return _Body(content_type, mode, body.decode(), encoding)
        except UnicodeDecodeError:
            encoding = "BASE64"
    return _Body(content_type, mode, base64.b64encode(body).decode(), encoding)
