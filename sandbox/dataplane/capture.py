"""Data capture: which invocations are kept, and the files that their lines make: one an hour and variant at least, in UTC."""

import itertools
import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from sandbox.dataplane.lines import Exchange, Lines

_AGE = 5.0  # seconds for which lines wait
_SIZE = (
    1 << 23
)  # bytes of lines that do not wait: what each PutObject costs beside its bytes is a hundred lines' worth
_MANY = 64  # invocations that become lines together
_LARGE = 1 << 18  # bytes of their bodies that do not wait for others
_ALL = 100  # percent
_PREFIX = 24  # characters of a UUID before its last group, among them version and kind


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


class Rule(NamedTuple):
    """What becomes of the invocations of one variant.

    Attributes:
        percentage: of them that are kept.
        place: where they go; its hour is still empty.
        lines: how they are written.
    """

    percentage: int
    place: Place
    lines: Lines


def rules(captures: dict[str, dict[str, Capture]]) -> dict[tuple[str, str, str], Rule]:
    """Of everything that is captured, by account, endpoint and variant."""
    return {
        (account, endpoint, variant): Rule(
            capture.percentage,
            Place(account, endpoint, variant, "", capture.destination, capture.kms_key, role),
            Lines(request=capture.input, response=capture.output, json=capture.json, csv=capture.csv),
        )
        for account, endpoints in captures.items()
        for endpoint, capture in endpoints.items()
        for variant, role in capture.roles.items()
    }


@dataclass
class _Buffer:
    since: float  # monotonic: a clock that is set back must not keep lines
    lines: list[bytes] = field(default_factory=list)
    size: int = 0


class Captures:
    """Lines that were not handed over yet.

    An invocation is only noted; many become lines together, which costs each less than it costs alone, between two
    others' answers.
    """

    def __init__(
        self,
        generator: random.Random,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._random, self._clock, self._monotonic = generator, clock, monotonic
        # Names that no other process gives, and that no generator has to make one by one.
        self._names, self._numbers = str(uuid.uuid4())[:_PREFIX].encode(), itertools.count()
        self._noted: list[tuple[Rule, Exchange, float]] = []  # what are no lines yet, each with its moment
        self._size = 0  # bytes of their bodies
        self._buffers: dict[tuple[Place, str], _Buffer] = {}  # by place and hour
        self._second, self._hour, self._moment = -1, "", b""  # the newest second, and how it is written

    def take(self, rule: Rule, exchange: Exchange) -> None:
        """Keep one, by chance."""
        if rule.percentage < _ALL and self._random.random() * _ALL >= rule.percentage:
            return
        self._noted.append((rule, exchange, self._clock()))
        self._size += len(exchange.request) + len(exchange.response)
        if len(self._noted) >= _MANY or self._size >= _LARGE:
            self._write()

    def due(self, *, everything: bool = False) -> list[Batch]:
        """What waits no longer, taken out."""
        self._write()
        now = self._monotonic()
        keys = [
            key
            for key, buffer in self._buffers.items()
            if everything or buffer.size >= _SIZE or now - buffer.since >= _AGE
        ]
        return [
            Batch(place._replace(hour=hour), b"".join(self._buffers.pop((place, hour)).lines))
            for place, hour in keys
        ]

    def _write(self) -> None:
        noted, self._noted, self._size = self._noted, [], 0
        for rule, exchange, moment in noted:
            if int(moment) != self._second:
                self._set_second(int(moment))
            buffer = self._buffers.get((rule.place, self._hour))
            if buffer is None:
                buffer = self._buffers[rule.place, self._hour] = _Buffer(self._monotonic())
            event = b"%s%012x" % (self._names, next(self._numbers))
            line = rule.lines.line(exchange, event, self._moment)
            buffer.lines.append(line)
            buffer.size += len(line)

    def _set_second(self, second: int) -> None:
        self._second, utc = second, time.gmtime(second)
        self._hour = time.strftime("%Y/%m/%d/%H", utc)
        self._moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", utc).encode()
