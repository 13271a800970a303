"""The ports in memory: a journal, an endpoint, and time that passes only while someone sleeps."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from modeldelivery.release.core.action import Timing
from modeldelivery.release.core.endpoint import Condition, Endpoint, Incarnation, Variant
from modeldelivery.release.core.journal import Journal
from modeldelivery.release.core.weights import Weights
from modeldelivery.release.errors import BusyError, ConflictError, LostError
from modeldelivery.release.ports import Stored
from modeldelivery.release.runner import Runner
from modeldelivery.release.version import Version

START = 1_700_000_000.0  # seconds since the epoch


@dataclass
class Time:
    """A clock, and the people who are told about waiting."""

    seconds: float = 0.0
    told: list[str] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def note(self, sentence: str) -> None:
        self.told.append(sentence)

    def waiting(self, why: str, seconds: float) -> None:
        self.told.append(f"{why} ({seconds:.0f} s)")


@dataclass
class Store:
    """The journal's object. `faults` names what happens to the next writes: conflict, lost (stored all the same), or unsent."""

    time: Time
    journal: Journal = field(default_factory=Journal)
    version: int = 0
    faults: deque[str] = field(default_factory=deque)
    written: list[Journal] = field(default_factory=list)
    silent: int = 0  # reads that get no answer

    def read(self) -> Stored:
        if self.silent:
            self.silent -= 1
            raise LostError("GetObject")
        return self._stored()

    def write(self, journal: Journal, etag: str | None) -> Stored:
        fault = self.faults.popleft() if self.faults else ""
        if fault == "conflict":
            self.version += 1  # someone else wrote the same again
        if fault == "unsent":
            raise LostError("PutObject")
        if etag != self._stored().etag:
            raise ConflictError("PutObject")
        self.journal, self.version = journal, self.version + 1
        self.written.append(journal)
        if fault == "lost":
            raise LostError("PutObject")
        return self._stored()

    def _stored(self) -> Stored:
        etag = str(self.version) if self.version else None
        return Stored(journal=self.journal, etag=etag, now=START + self.time.seconds)


@dataclass
class Host:
    """An endpoint. `faults` names what happens to the next calls: busy, lost (taken all the same), unsent, reverted."""

    time: Time
    endpoint: Endpoint | None = None
    aimed: Endpoint | None = None  # what it will be when SageMaker is through
    tag: str | None = None
    looks: int = 1  # describes that show Updating after a call
    left: int = 0
    lives: int = 0
    faults: deque[str] = field(default_factory=deque)
    calls: list[tuple[str, dict[Version, int]]] = field(default_factory=list)
    prepared: dict[str, tuple[tuple[Version, ...], dict[Version, int]]] = field(default_factory=dict)
    entered: list[tuple[Version, int]] = field(default_factory=list)  # versions new to a living endpoint

    def describe(self) -> Endpoint | None:
        if self.aimed and self.left == 0:
            self.endpoint, self.aimed = self.aimed, None
        elif self.aimed:
            self.left -= 1
        return self.endpoint

    @property
    def timing(self) -> Timing:
        return Timing()

    def marked(self) -> str | None:
        return self.tag

    def mark(self, text: str) -> None:
        self.tag = text

    def unmark(self) -> None:
        self.tag = None

    def name(self, fleet: Sequence[Version]) -> str:
        return "+".join(sorted(fleet))

    def move(self, weights: Weights, *, token: str = "", operation: str = "") -> None:  # noqa: ARG002
        assert self.endpoint is not None
        assert weights.keys() == self.endpoint.variants.keys()
        seen = {
            v: msgspec.structs.replace(variant, current=weights[v], desired=weights[v])
            for v, variant in self.endpoint.variants.items()
        }
        self._call("move", dict(weights), msgspec.structs.replace(self.endpoint, variants=seen))

    def scale(self, version: Version, instances: int) -> None:
        assert self.endpoint is not None
        scaled = msgspec.structs.replace(
            self.endpoint.variants[version], instances=instances, instances_desired=instances
        )
        after = msgspec.structs.replace(self.endpoint, variants={**self.endpoint.variants, version: scaled})
        self._call("scale", {version: instances}, after)

    def prepare(self, config: str, fleet: Sequence[Version], weights: Weights) -> None:
        self.prepared[config] = (tuple(fleet), dict(weights))

    def change(self, config: str, *, token: str = "", operation: str = "") -> None:  # noqa: ARG002
        fleet, weights = self.prepared[config]
        before = self.endpoint.variants if self.endpoint else {}
        lost = [v for v, seen in before.items() if v not in fleet and (seen.current or seen.desired)]
        assert not lost, f"{lost} would be dropped with traffic"
        entering = [(v, weights[v]) for v in fleet if self.endpoint and v not in before]
        after = Endpoint(
            incarnation=self.endpoint.incarnation if self.endpoint else self._next_life(),
            condition=Condition.READY,
            word="InService",
            config=config,
            variants={v: before.get(v) or serving(weights[v]) for v in fleet},
        )
        self._call("create" if self.endpoint is None else "fleet", dict(weights), after)
        self.entered += entering

    def _next_life(self) -> Incarnation:
        self.lives += 1
        return Incarnation("arn:endpoint", START + self.lives)

    def _call(self, kind: str, asked: dict[Version, int], after: Endpoint) -> None:
        fault = self.faults.popleft() if self.faults else ""
        if fault == "busy" or self.aimed:
            raise BusyError("the endpoint is changing")
        if fault == "unsent":
            raise LostError(kind)
        self.calls.append((kind, asked))
        aimed = self.endpoint if fault == "reverted" and self.endpoint else after
        self.endpoint = _changing(self.endpoint or after, asked if kind == "move" else {})
        self.aimed, self.left = aimed, self.looks
        if fault == "lost":
            raise LostError(kind)


def _changing(before: Endpoint, asked: dict[Version, int]) -> Endpoint:
    """While SageMaker is at work: Desired is as asked, Current as before."""
    seen = {
        v: msgspec.structs.replace(variant, desired=asked.get(v, variant.desired))
        for v, variant in before.variants.items()
    }
    return msgspec.structs.replace(before, condition=Condition.BUSY, word="Updating", variants=seen)


def serving(weight: float, instances: int = 1) -> Variant:
    return Variant(current=weight, desired=weight, instances=instances, instances_desired=instances)


def an_endpoint(weights: dict[Version, float], config: str = "config", **changes: object) -> Endpoint:
    """One at rest, in its first life, with a running instance of each version."""
    endpoint = Endpoint(
        incarnation=Incarnation("arn:endpoint", START),
        condition=Condition.READY,
        word="InService",
        config=config,
        variants={v: serving(w) for v, w in weights.items()},
    )
    return msgspec.structs.replace(endpoint, **changes)


def conductor(store: Store, host: Host, time: Time, patience: float = 300.0) -> Runner:
    return Runner(store=store, traffic=host, fleet=host, clock=time, progress=time, patience=patience)
