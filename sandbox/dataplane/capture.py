"""Data capture: which invocations are kept, and the files that their lines make: one an hour and variant at least, in UTC."""

import itertools
import logging
import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from sandbox.dataplane.lines import Exchange, Lines
from sandbox.dataplane.spool import File, Place, Spool

_LOG = logging.getLogger(__name__)
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
class _Open:
    """Lines that go to one place.

    Attributes:
        since: monotonic: a clock that is set back must not keep lines.
        file: that they are written to; None where it cannot be.
        lost: lines that could not be written.
        why: not.
    """

    since: float
    file: File | None = None
    lost: int = 0
    why: str = ""


class Captures:
    """Lines that were not handed over yet.

    An invocation is only noted; many become lines together, which costs each less than it costs alone, between two
    others' answers. No invocation fails because its line cannot be kept.
    """

    def __init__(
        self,
        generator: random.Random,
        spool: Spool,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._random, self._spool, self._clock, self._monotonic = generator, spool, clock, monotonic
        # Names that no other process gives, and that no generator has to make one by one.
        self._names, self._numbers = str(uuid.uuid4())[:_PREFIX].encode(), itertools.count()
        self._noted: list[tuple[Rule, Exchange, float]] = []  # what are no lines yet, each with its moment
        self._size = 0  # bytes of their bodies
        self._open: dict[tuple[Place, str], _Open] = {}  # by place and hour
        self._second, self._hour, self._moment = -1, "", b""  # the newest second, and how it is written

    def take(self, rule: Rule, exchange: Exchange) -> None:
        """Keep one, by chance."""
        if rule.percentage < _ALL and self._random.random() * _ALL >= rule.percentage:
            return
        self._noted.append((rule, exchange, self._clock()))
        self._size += len(exchange.request) + len(exchange.response)
        if len(self._noted) >= _MANY or self._size >= _LARGE:
            self._write()

    def due(self, *, everything: bool = False) -> list[str]:
        """Names of the files that are written to no more."""
        self._write()
        now = self._monotonic()
        keys = [
            key
            for key, each in self._open.items()
            if everything or now - each.since >= _AGE or (each.file and each.file.size >= _SIZE)
        ]
        ended = {key: self._open.pop(key) for key in keys}
        for (place, _), each in ended.items():
            if each.lost:
                _LOG.warning("%d lines of capture of %s are lost: %s", each.lost, place.endpoint, each.why)
        files = [each.file for each in ended.values() if each.file]
        for file in files:
            file.close()
        return [file.name for file in files]

    def _write(self) -> None:
        noted, self._noted, self._size = self._noted, [], 0
        lines: dict[tuple[Place, str], list[bytes]] = {}
        for rule, exchange, moment in noted:
            if int(moment) != self._second:
                self._set_second(int(moment))
            event = b"%s%012x" % (self._names, next(self._numbers))
            lines.setdefault((rule.place, self._hour), []).append(
                rule.lines.line(exchange, event, self._moment)
            )
        for key, of in lines.items():
            self._append(key, of)

    def _append(self, key: tuple[Place, str], lines: list[bytes]) -> None:
        under_way = self._open.get(key) or self._begin(key)
        if under_way.file:
            try:
                under_way.file.write(b"".join(lines))
            except OSError as error:
                under_way.why = str(error)
            else:
                return
        under_way.lost += len(lines)

    def _begin(self, key: tuple[Place, str]) -> _Open:
        place, hour = key
        begun = self._open[key] = _Open(self._monotonic())
        try:
            begun.file = self._spool.open(place._replace(hour=hour))
        except OSError as error:
            begun.why = str(error)
        return begun

    def _set_second(self, second: int) -> None:
        self._second, utc = second, time.gmtime(second)
        self._hour = time.strftime("%Y/%m/%d/%H", utc)
        self._moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", utc).encode()
