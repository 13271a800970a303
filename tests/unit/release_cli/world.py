"""What a command works with, in memory: an endpoint on which two versions served, and its journal."""

import hashlib
import json
from contextlib import nullcontext
from dataclasses import dataclass, field

import msgspec

from modeldelivery.release.aws.traffic import CONDITIONS
from modeldelivery.release.cli.context import Context
from modeldelivery.release.cli.options import Options
from modeldelivery.release.core.endpoint import Condition, Endpoint, Incarnation, Variant
from modeldelivery.release.core.journal import Event, EventKind, Journal, Rejection, Served
from modeldelivery.release.naming import Place, parse_environment, parse_model
from modeldelivery.release.record import GateOutcome, Source, VersionRecord
from modeldelivery.release.training_ports import Training
from modeldelivery.release.verify_ports import Verifying
from modeldelivery.release.version import DigestSet, parse_version
from tests.fakes.approvals import FakeApprovals
from tests.fakes.builds import FakeBuilds
from tests.fakes.endpoint import FakeEndpoint
from tests.fakes.journal import FakeJournal
from tests.fakes.registry import FakeRegistry
from tests.fakes.scaling import FakeScaling
from tests.fakes.sending import FakeSending
from tests.fakes.time import FakeTime
from tests.fakes.training import FakeExecutions, FakeHoldings, FakeSources
from tests.fakes.variants import FakeVariants
from tests.fakes.verdicts import FakeVerdicts

V1, V2, V3 = (parse_version(f"v{n}.0.0") for n in (1, 2, 3))
LIFE = Incarnation("arn:endpoint", 1.0)
NOW = 1_800_000_000.0
PLACE = Place(
    model=parse_model("flights"),
    environment=parse_environment("prod"),
    account="222222222222",
    region="eu-west-1",
)
REPOSITORY = f"{PLACE.account}.dkr.ecr.{PLACE.region}.amazonaws.com/{PLACE.repository}"
DIGEST = "sha256:" + "a" * 64


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


def register(registry, version, bits):
    """A version with the artifact that it names."""
    model = "sha256:" + hashlib.sha256(bits).hexdigest()
    record = VersionRecord(
        version=version,
        digests=DigestSet(image="sha256:" + 64 * "0", model=model, data="rows"),
        image="image",
        model_data="s3://bucket/model.tar.gz",
        registered_at=NOW,
        registered_by="ada",
    )
    registry.records[version] = record, "1"
    registry.artifacts[model] = bits


@dataclass
class World:
    """Everything a command works with; each run of one is a new operation."""

    time: FakeTime = field(default_factory=FakeTime)
    store: FakeJournal = field(init=False)
    hosting: FakeEndpoint = field(init=False)
    registry: FakeRegistry = field(init=False)
    scaling: FakeScaling = field(default_factory=FakeScaling)
    executions: FakeExecutions = field(init=False)
    sources: FakeSources = field(default_factory=FakeSources)
    holdings: FakeHoldings = field(default_factory=FakeHoldings)
    approvals: FakeApprovals = field(default_factory=FakeApprovals)
    builds: FakeBuilds = field(default_factory=FakeBuilds)
    variants: FakeVariants = field(default_factory=FakeVariants)
    verdicts: FakeVerdicts | None = None
    runs: int = 0

    def __post_init__(self):
        self.executions = FakeExecutions(on_end=self.registered)
        self.store = FakeJournal(self.time, journal(), version=1, started=NOW)
        self.hosting = FakeEndpoint(self.time, endpoint(), looks=0)
        self.registry = FakeRegistry(self.time, started=NOW)

    def registered(self, inputs, arn):
        """What the last step of a training does."""
        record = VersionRecord(
            version=inputs.version,
            digests=DigestSet(
                image=inputs.image.rpartition("@")[2], model=f"sha256:{'9' * 64}", data=inputs.data_revision
            ),
            image=inputs.image,
            model_data="s3://registry/model.tar.gz",
            registered_at=NOW,
            registered_by="registrar",
            package_arn=f"arn:package/{arn}",
            source=Source(commit=inputs.commit, execution=arn),
            gates={"auc": GateOutcome(verdict="passed"), **_skipped(inputs.skip)},
        )
        self.registry.records[inputs.version] = record, "1"

    def opens(self, options: Options):
        self.runs += 1
        return Context(
            place=replace_model(options),
            store=self.store,
            traffic=self.hosting,
            registry=self.registry,
            scaling=self.scaling,
            clock=self.time,
            progress=self.time,
            actor=options.actor or "bob@operator",
            operation=f"run-{self.runs}",
            patience=options.timeout,
            training=lambda: Training(
                executions=self.executions, sources=self.sources, holdings=self.holdings
            ),
            approvals=lambda: self.approvals,
            builds=lambda: self.builds,
            verifying=lambda: Verifying(invocations=self.variants, loads=self.variants, hosts=self.variants),
            streams=self.streams,
            verdicts=None if self.verdicts is None else lambda: self.verdicts,
        )

    def streams(self, requests, rate):  # noqa: ARG002 - whatever is sent is answered by who serves
        return nullcontext(FakeSending(self.time, self.hosting))


def _skipped(skip):
    """Gates that a training's parameter names."""
    given = json.loads(skip or '{"gates": []}')
    return {
        name: GateOutcome(verdict="skipped", by=given["by"], because=given["because"])
        for name in given["gates"]
    }


def replace_model(options):
    return msgspec.structs.replace(PLACE, model=options.model, environment=options.env)
