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
from typing import Any, NamedTuple

import msgspec

_AGE = 5.0  # seconds for which lines wait
_SIZE = 1 << 20  # bytes of lines that do not wait


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


class _Place(NamedTuple):
    """Where lines go, and in whose name."""

    account: str
    endpoint: str
    variant: str
    hour: str
    destination: str
    kms_key: str
    role: str


@dataclass
class _Buffer:
    since: float
    lines: list[bytes] = field(default_factory=list)
    size: int = 0


class Captures:
    """Lines that were not handed over yet."""

    def __init__(self, generator: random.Random, clock: Callable[[], float] = time.time) -> None:
        self._random, self._clock = generator, clock
        self._buffers: dict[_Place, _Buffer] = {}
        self._encoder = msgspec.json.Encoder()
        self._second, self._hour, self._written = -1, "", ""  # the newest second, and how it is written

    def take(self, capture: Capture, exchange: Exchange) -> None:
        """Keep one, by chance."""
        if self._random.random() * 100 >= capture.percentage:
            return
        now = self._clock()
        if int(now) != self._second:
            self._second, utc = int(now), time.gmtime(now)
            self._hour = time.strftime("%Y/%m/%d/%H", utc)
            self._written = time.strftime("%Y-%m-%dT%H:%M:%SZ", utc)
        place = _Place(
            exchange.account, exchange.endpoint, exchange.variant, self._hour,
            capture.destination, capture.kms_key, capture.roles[exchange.variant],
        )  # fmt: skip
        buffer = self._buffers.get(place)
        if buffer is None:
            buffer = self._buffers[place] = _Buffer(now)
        line = self._encoder.encode(_line(capture, exchange, self._written)) + b"\n"
        buffer.lines.append(line)
        buffer.size += len(line)

    def due(self, *, everything: bool = False) -> list[dict[str, Any]]:
        """What waits no longer, taken out: `{account, endpoint, variant, hour, destination, kms_key, role, lines}`."""
        now = self._clock()
        places = [
            place
            for place, buffer in self._buffers.items()
            if everything or buffer.size >= _SIZE or now - buffer.since >= _AGE
        ]
        return [
            place._asdict() | {"lines": b"".join(self._buffers.pop(place).lines).decode()} for place in places
        ]


def _line(capture: Capture, exchange: Exchange, written: str) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    if capture.input:
        kept["endpointInput"] = _kept(capture, "INPUT", *exchange.request)
    if capture.output:
        kept["endpointOutput"] = _kept(capture, "OUTPUT", *exchange.response)
    about: dict[str, Any] = {"eventId": str(uuid.uuid4())}
    if exchange.attributes:
        about["customAttributes"] = [exchange.attributes]
    if exchange.inference_id:
        about["inferenceId"] = exchange.inference_id
    about["inferenceTime"] = written
    return {"captureData": kept, "eventMetadata": about, "eventVersion": "0"}


def _kept(capture: Capture, mode: str, content_type: str, body: bytes) -> dict[str, str]:
    plain = content_type.partition(";")[0].strip().lower()
    encoding = "CSV" if plain in capture.csv else "JSON" if plain in capture.json else "BASE64"
    if encoding != "BASE64":
        try:
            data = body.decode()
        except UnicodeDecodeError:
            encoding = "BASE64"
    if encoding == "BASE64":
        data = base64.b64encode(body).decode()
    return {"observedContentType": content_type, "mode": mode, "data": data, "encoding": encoding}
