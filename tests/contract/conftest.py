"""Every implementation of a port, in memory and on the sandbox, as the same thing to a test."""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
import pytest

from modeldelivery.release.aws.environment import AwsEndpoint, AwsEnvironment
from modeldelivery.release.aws.session import Account
from modeldelivery.release.core.endpoint import Condition
from modeldelivery.release.core.request import Entrance, Member, RouteMember
from modeldelivery.release.kubernetes.fleet import KubernetesFleet
from modeldelivery.release.kubernetes.traffic import KubernetesTraffic
from modeldelivery.release.naming import Place, parse_environment, parse_model, variant_name
from modeldelivery.release.ports import Clock, Fleet, JournalStore, Registry, Traffic
from modeldelivery.release.version import Version
from tests.bits import FOREIGN
from tests.fakes.aws import FakeAws
from tests.fakes.endpoint import FakeEndpoint, an_endpoint
from tests.fakes.journal import START, FakeJournal
from tests.fakes.kubernetes import NAMESPACE, FakeCluster
from tests.fakes.registry import FakeRegistry
from tests.fakes.time import FakeTime

A, B, C = Version("v7.0.0"), Version("v7.1.0"), Version("v7.2.0")
BROKEN, LATER = (
    Version("v7.9.0"),
    Version("v7.9.1"),
)  # their containers end, at once and after TRIED, without an answer
TRIED = 4.0  # seconds, in which a busy machine as well makes a few calls
ACCOUNT, REGION = "111111111111", "eu-west-1"
LOOKS = 600  # at an endpoint, before a change of it counts as stuck

_numbers = itertools.count(1)


@dataclass
class Target:
    """One endpoint to be, and the ports to it.

    Attributes:
        resized: the fleet port where config wants so many instances of each version, or another type.
        breaks: brings the endpoint into a state in which it takes no change.
        stays_busy: begins a change that takes long enough for a few calls, and comes to nothing.
        clock: by which it changes, where that is not by looking.
        store: of its journal, where its releases are tried (tests/contract/releases.py).
    """

    name: str
    traffic: Traffic
    fleet: Fleet
    pause: Callable[[], object]
    resized: Callable[[str], Fleet]
    breaks: Callable[[], object]
    stays_busy: Callable[[], object]
    clock: Clock | None = None
    store: JournalStore | None = None

    def changed(self, fleet, weights, operation="op-fleet"):
        """Bring the endpoint to a fleet, or make it; what it then is."""
        before = self.traffic.describe()
        config = self.fleet.name(fleet)
        self.fleet.prepare(config, fleet, weights)
        self.fleet.change(config, token=before.token if before else "", operation=operation)
        return self.settled()

    def moved(self, weights, operation="op-move"):
        """Move traffic by what was just described; what the endpoint then is."""
        self.traffic.move(weights, token=self.traffic.describe().token, operation=operation)
        return self.settled()

    def settled(self):
        return self.once(lambda endpoint: endpoint is None or not endpoint.busy)

    def once(self, holds):
        """The endpoint as soon as something holds of it."""
        for _ in range(LOOKS):
            endpoint = self.traffic.describe()
            if holds(endpoint):
                return endpoint
            self.pause()
        raise AssertionError(f"{self.name} is still {endpoint.word}: {endpoint.variants}")


def on_the_sandbox(name):
    return pytest.param(name, marks=pytest.mark.sandbox)


@pytest.fixture(scope="session")
def account(sandbox):
    return Account(sandbox.session("staging"), ACCOUNT)


@pytest.fixture(scope="session")
def served_models(hosting):
    """Models of A, B, C and of those whose containers end exist."""
    for version in (A, B, C):
        hosting.model(variant_name(version))
    hosting.model(variant_name(BROKEN), exit=True)
    hosting.model(variant_name(LATER), late=TRIED, exit=True)


@pytest.fixture(
    params=[
        *("memory", "memory, compare-and-swap", "AWS in memory", "Kubernetes in memory"),
        on_the_sandbox("SageMaker"),
    ]
)
def target(request):
    """An endpoint that is not there yet."""
    if request.param == "Kubernetes in memory":
        yield on_kubernetes_in_memory(request.param)
        return
    if request.param == "AWS in memory":
        aws = FakeAws()
        endpoint = AwsEndpoint(account=aws.account, name="contract", bucket="contract", key="journal")
        yield on_sagemaker(endpoint, request.param, _nothing, aws)
        return
    if request.param != "SageMaker":
        yield in_memory(request.param, compares="swap" in request.param)
        return
    request.getfixturevalue("served_models")
    account = request.getfixturevalue("account")
    endpoint = AwsEndpoint(
        account=account, name=f"contract-{next(_numbers)}", bucket="contract", key="journal"
    )
    yield (target := on_sagemaker(endpoint, request.param, lambda: time.sleep(0.02)))
    if target.settled() is not None:
        account.patient.sagemaker.delete_endpoint(EndpointName=endpoint.name)


def in_memory(name, *, compares):
    time_ = FakeTime()
    fake = FakeEndpoint(time_, compares=compares)

    def breaks():
        fake.endpoint = an_endpoint({A: 100}, condition=Condition.BROKEN, word="Failed", remedy="delete it")

    def stays_busy():
        fake.faults.append("reverted")
        fake.move({A: 50, B: 50}, token=fake.describe().token, operation="op-long")

    return Target(
        name, fake, fake, lambda: time_.sleep(1), lambda _: _Renamed(fake), breaks, stays_busy,
        clock=time_, store=FakeJournal(time_),
    )  # fmt: skip


@dataclass
class _Renamed:
    """The fake's fleet has no members: what they run on is only in the name."""

    fake: FakeEndpoint

    def name(self, fleet):
        return f"{self.fake.name(fleet)} resized"


def on_kubernetes_in_memory(name):
    """A gateway that looks at once, and answers as before for a second more."""
    time_ = FakeTime()
    cluster = FakeCluster(time_, lag=1.0)
    for version in (A, B, C):
        cluster.deploy(variant_name(version), f"sha256:{version}")
    traffic = KubernetesTraffic(server=cluster.server, namespace=NAMESPACE, name="contract")

    def fleet(port=8080):
        members = {
            v: RouteMember(version=v, digest=f"sha256:{v}", name=variant_name(v), port=port)
            for v in (A, B, C)
        }
        entrance = Entrance(gateway="public", gateway_namespace="gateways")
        return KubernetesFleet(
            traffic=traffic, members=members, entrance=entrance, owner="s3://contract/journal"
        )

    def stays_busy():
        cluster.looks_after = 5.0
        traffic.move({A: 50, B: 50}, token=traffic.describe().token, operation="op-long")

    def breaks():
        cluster.refuses["ResolvedRefs"] = "services is forbidden"
        usual.prepare("config", (A,), {A: 100})
        usual.change("config", token="", operation="op")

    usual = fleet()
    return Target(
        name, traffic, usual, lambda: time_.sleep(1), lambda _: fleet(port=9000), breaks, stays_busy,
        clock=time_, store=FakeJournal(time_),
    )  # fmt: skip


def on_sagemaker(endpoint, name, pause, aws=None):
    def fleet(instance_type="ml.m5.large"):
        members = {
            v: Member(
                version=v,
                digest=f"sha256:{v}",
                model_name=variant_name(v),
                instance_type=instance_type,
                instance_count=1,
            )
            for v in (A, B, C, BROKEN, LATER)
        }
        return endpoint.fleet(members, current={}, kms_key=None, capture=None, tags={"owner": "ml"})

    usual = fleet()

    def breaks():
        if aws:
            _fails(aws)
        config = usual.name([BROKEN])
        usual.prepare(config, [BROKEN], {BROKEN: 100})
        usual.change(config, token="", operation="op")

    def stays_busy():
        """The new version's container ends before it ever answered: SageMaker gives up on it, and rolls back silently."""
        config = usual.name([A, B, LATER])
        usual.prepare(config, [A, B, LATER], {A: 100, B: 0, LATER: 0})
        if aws:
            aws.reverts = 1
        usual.change(config, token="", operation="op-long")

    return Target(name, endpoint.traffic, usual, pause, fleet, breaks, stays_busy)


def _nothing():
    """Time passes by looking."""


def _fails(aws):
    """The next endpoint that is made comes to nothing."""
    create = aws._create_endpoint

    def creates(**parameters):
        create(**parameters)
        looks, made = aws.aimed[parameters["EndpointName"]]
        del made["ProductionVariants"]
        aws.aimed[parameters["EndpointName"]] = looks, made | {"EndpointStatus": "Failed"}

    aws._create_endpoint = creates


@pytest.fixture(params=["memory", "S3 in memory", on_the_sandbox("S3")])
def store(request) -> JournalStore:
    """A journal that is not there yet."""
    if request.param == "memory":
        return FakeJournal(FakeTime(), started=time.time())
    if request.param == "S3 in memory":
        aws = FakeAws(buckets={"contract"}, seconds=time.time() - START)
        return AwsEndpoint(account=aws.account, name="contract", bucket="contract", key="journal").store
    account = request.getfixturevalue("account")
    bucket = request.getfixturevalue("hosting").bucket
    return AwsEndpoint(
        account=account, name="contract", bucket=bucket, key=f"journal/contract-{next(_numbers)}.json"
    ).store


@dataclass
class Shelf:
    """A registry with one image."""

    registry: Registry
    image: str
    now: Callable[[], float] = field(default=time.time)


@pytest.fixture(params=["memory", on_the_sandbox("AWS")])
def shelf(request):
    if request.param == "memory":
        registry = FakeRegistry(images={"sha256:" + "a" * 64: FOREIGN}, started=time.time())
        return Shelf(registry, "sha256:" + "a" * 64)
    return request.getfixturevalue("aws_shelf")


@pytest.fixture(scope="session")
def aws_shelf(account, hosting):
    """The registry's image is the one that hosting pushed, so the repository is hosting's."""
    place = Place(
        model=parse_model("contract"),
        environment=parse_environment("staging"),
        account=ACCOUNT,
        region=REGION,
    )
    account.patient.s3.create_bucket(
        Bucket=place.registry_bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    account.patient.sagemaker.create_model_package_group(ModelPackageGroupName=place.package_group)
    registry = AwsEnvironment(account=account, place=_Pushed.of(place, hosting.image)).registry
    return Shelf(registry, hosting.image.partition("@")[2])


class _Pushed(Place, frozen=True, kw_only=True):
    """A place whose images are in another repository."""

    pushed: str

    @classmethod
    def of(cls, place, image):
        return cls(**msgspec.structs.asdict(place), pushed=image.partition("@")[0].partition("/")[2])

    @property
    def repository(self):
        return self.pushed
