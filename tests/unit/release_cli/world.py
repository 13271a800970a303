"""AWS in memory, one step at a time: a journal, an endpoint, a clock, and whatever goes wrong."""

import argparse
from dataclasses import dataclass, field

import msgspec

from modeldelivery.release.aws.traffic import CONDITIONS
from modeldelivery.release.cli.context import Context
from modeldelivery.release.core.action import Timing
from modeldelivery.release.core.endpoint import Condition, Endpoint, Incarnation, Variant
from modeldelivery.release.core.journal import Event, EventKind, Journal, Rejection, Served
from modeldelivery.release.errors import ConflictError
from modeldelivery.release.naming import Place, parse_environment, parse_model
from modeldelivery.release.ports import Stored
from modeldelivery.release.record import Entry
from modeldelivery.release.version import parse_version

V1, V2, V3 = (parse_version(f"v{n}.0.0") for n in (1, 2, 3))
LIFE = Incarnation("arn:endpoint", 1.0)
NOW = 1_800_000_000.0
PLACE = Place(
    model=parse_model("flights"),
    environment=parse_environment("prod"),
    account="222222222222",
    region="eu-west-1",
)


def event(kind=EventKind.UP, *, operation="up-1", target=None, actor="ci", reason="live changed"):
    return Event(
        operation=operation,
        kind=kind,
        at=NOW - 60,
        actor=actor,
        reason=reason,
        source={V1: 100},
        target=target or {V1: 0, V2: 100},
    )


def journal(**changes):
    """v2.0.0 serves since `up` decided so, v1.0.0 served before."""
    usual = Journal(
        incarnation=LIFE,
        live=V2,
        fleet=(V2, V1),
        weights={V1: 0, V2: 100},
        digests={V1: "sha256:1", V2: "sha256:2"},
        served=(
            Served(version=V1, since=NOW - 600, whole=NOW - 600),
            Served(version=V2, since=NOW - 60, whole=NOW - 60),
        ),
        decision=event(),
        history=(event(),),
    )
    return msgspec.structs.replace(usual, **changes)


def rejection(version, digest=None, reason="errors doubled"):
    return Rejection(version=version, digest=digest, at=NOW - 30, actor="ada", reason=reason)


def endpoint(weights=None, *, desired=None, status="InService", instances=None, failure=None, life=LIFE):
    current = {V1: 0, V2: 100} if weights is None else weights
    instances = instances or {}
    return Endpoint(
        incarnation=life,
        condition=CONDITIONS[status],
        word=status,
        remedy="delete it" if CONDITIONS[status] is Condition.BROKEN else "",
        config="config",
        variants={
            v: Variant(
                current=float(w),
                desired=float((desired or current)[v]),
                instances=instances.get(v, 1),
                instances_desired=instances.get(v, 1),
            )
            for v, w in current.items()
        },
        failure=failure,
    )


@dataclass
class Clock:
    time: float = 0.0

    def monotonic(self):
        return self.time

    def sleep(self, seconds):
        self.time += seconds


@dataclass
class Store:
    """A journal's object. `before_write` runs first, and may raise or write as someone else."""

    clock: Clock
    journal: Journal
    etag: int = 1
    before_write: list = field(default_factory=list)
    unreachable: Exception | None = None

    def read(self):
        if self.unreachable:
            raise self.unreachable
        return Stored(journal=self.journal, etag=str(self.etag), now=NOW + self.clock.time)

    def write(self, journal, etag):
        if self.before_write:
            self.before_write.pop(0)()
        if etag != str(self.etag):
            raise ConflictError("s3:PutObject")
        self.journal, self.etag = journal, self.etag + 1
        return self.read()


@dataclass
class Hosting:
    """An endpoint that takes `slow` seconds to move, or silently does not. `calls` is all that was asked of it and writes."""

    clock: Clock
    endpoint: Endpoint | None
    slow: float = 0.0
    tag: str | None = None
    calls: list = field(default_factory=list)
    ignores: bool = False
    on_move: list = field(default_factory=list)
    unreachable: Exception | None = None
    _until: float | None = None

    def describe(self):
        if self.unreachable:
            raise self.unreachable
        if self._until is not None and self.clock.time >= self._until:
            self.endpoint, self._until = endpoint(self.endpoint.desired), None
        return self.endpoint

    @property
    def timing(self):
        return Timing()

    def move(self, weights, **_):
        self.calls.append(("move", dict(weights)))
        if self.on_move:
            self.on_move.pop(0)()
        if self.ignores:
            return
        self.endpoint = endpoint(self.endpoint.current, desired=weights, status="Updating")
        self._until = self.clock.time + self.slow

    def scale(self, version, instances):
        self.calls.append(("scale", version, instances))
        grown = msgspec.structs.replace(
            self.endpoint.variants[version], instances=instances, instances_desired=instances
        )
        self.endpoint = msgspec.structs.replace(
            self.endpoint, variants={**self.endpoint.variants, version: grown}
        )

    def marked(self):
        return self.tag

    def mark(self, text):
        self.calls.append(("tag", text))
        self.tag = text

    def unmark(self):
        self.calls.append(("untag",))
        self.tag = None


@dataclass
class Registry:
    """Versions, images and packages in memory."""

    records: dict = field(default_factory=dict)
    images: set = field(default_factory=set)
    artifacts: dict = field(default_factory=dict)
    packages: list = field(default_factory=list)
    before_write: list = field(default_factory=list)

    def entry(self, version):
        record, etag = self.records.get(version, (None, None))
        return Entry(record=record, etag=etag, now=NOW)

    def has_image(self, digest):
        return digest in self.images

    def store_artifact(self, path, digest, progress):  # noqa: ARG002
        new = digest not in self.artifacts
        self.artifacts[digest] = path.read_bytes()
        return new

    def write(self, record, etag):
        if self.before_write:
            self.before_write.pop(0)()
        if self.entry(record.version).etag != etag:
            raise ConflictError("s3:PutObject")
        self.records[record.version] = record, str(int(etag or 0) + 1)

    def find_package(self, record):
        return next((f"arn:package/{n}" for n, v in enumerate(self.packages) if v == record.version), None)

    def create_package(self, record):
        self.packages.append(record.version)
        return f"arn:package/{len(self.packages) - 1}"


@dataclass
class Notes:
    """A Progress that remembers; `on_wait` runs at the next wait."""

    notes: list = field(default_factory=list)
    waits: list = field(default_factory=list)
    on_wait: list = field(default_factory=list)

    def note(self, sentence):
        self.notes.append(sentence)

    def waiting(self, why, seconds):
        self.waits.append((why, seconds))
        if self.on_wait:
            self.on_wait.pop(0)()


@dataclass
class World:
    """Everything a command works with; each run of one is a new operation."""

    clock: Clock = field(default_factory=Clock)
    progress: Notes = field(default_factory=Notes)
    registry: Registry = field(default_factory=Registry)
    store: Store = None
    hosting: Hosting = None
    runs: int = 0

    def __post_init__(self):
        self.store = self.store or Store(self.clock, journal())
        self.hosting = self.hosting or Hosting(self.clock, endpoint())

    def opens(self, options: argparse.Namespace):
        self.runs += 1
        return Context(
            place=replace_model(options),
            store=self.store,
            traffic=self.hosting,
            registry=self.registry,
            clock=self.clock,
            progress=self.progress,
            actor=options.actor or "bob@desk",
            operation=f"run-{self.runs}",
            patience=options.timeout,
        )


def replace_model(options):
    return msgspec.structs.replace(PLACE, model=options.model, environment=options.env)
