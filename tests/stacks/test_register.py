"""Registering against the sandbox's S3, ECR and SageMaker: twice, with other bits, killed at every AWS call."""

import base64
import hashlib
import json
import subprocess
import sys

import msgspec
import pytest

from modeldelivery.release.aws.registry import AwsRegistry
from modeldelivery.release.aws.session import PATIENT
from modeldelivery.release.errors import DamagedError, RefusedError, UnreachableError
from modeldelivery.release.naming import (
    Place,
    artifact_key,
    evidence_key,
    parse_environment,
    parse_model,
    record_key,
)
from modeldelivery.release.operations.register import Registration, register
from modeldelivery.release.reader import ServerReader
from modeldelivery.release.version import parse_version
from tests.bits import packed
from tests.conftest import CHECKOUT, ECHO

pytestmark = pytest.mark.stacks


class Killed(BaseException):
    """The process ends here."""


class Clients:
    """The sandbox's clients, with the calls that were sent; the process may end before or after the n-th."""

    def __init__(self, session):
        self.calls, self.checksums, self._kill = [], [], None
        self.s3, self.ecr, self.sagemaker = (
            session.client(n, config=PATIENT) for n in ("s3", "ecr", "sagemaker")
        )
        for client in (self.s3, self.ecr, self.sagemaker):
            client.meta.events.register("before-send", self._before)
            client.meta.events.register("after-call", self._after)

    def begin(self, kill=None):
        """A new process; `kill` is ("before" | "after", n)."""
        self.calls, self.checksums, self._kill = [], [], kill
        return self

    def _before(self, request, event_name, **_):
        if self._kill == ("before", len(self.calls)):
            raise Killed
        self.calls.append(event_name.rsplit(".", 1)[1])
        self.checksums.append(_text(request.headers.get("x-amz-checksum-sha256", "")))

    def _after(self, **_):
        if self._kill == ("after", len(self.calls) - 1):
            raise Killed


def _text(header):
    return header.decode() if isinstance(header, bytes) else header


class Silent:
    def note(self, sentence):
        pass

    def waiting(self, why, seconds):
        pass


class Shelf:
    """An environment's registry with one pushed image."""

    def __init__(self, sandbox, model):
        self.place = Place(
            model=parse_model(model),
            environment=parse_environment("staging"),
            account="111111111111",
            region="eu-west-1",
        )
        self.sandbox = sandbox
        self.clients = Clients(sandbox.session("staging"))
        sandbox.client("staging", "s3").create_bucket(
            Bucket=self.place.registry_bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        sandbox.client("staging", "sagemaker").create_model_package_group(
            ModelPackageGroupName=self.place.package_group
        )
        sandbox.client("staging", "ecr").create_repository(
            repositoryName=self.place.repository, imageTagMutability="IMMUTABLE"
        )
        pushed = subprocess.run(
            [
                sys.executable,
                "-m",
                "sandbox",
                "image",
                "--profile",
                "staging",
                "--repository",
                self.place.repository,
                str(ECHO),
            ],
            cwd=CHECKOUT,
            env=sandbox.env,
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
        )
        self.image = pushed.stdout.strip()

    def registry(self, kill=None):
        """As a new process has it."""
        return AwsRegistry(clients=self.clients.begin(kill), place=self.place)

    def register(self, registration, registry=None):
        return register(self.place, registry or self.registry(), registration, Silent(), ServerReader())

    def packages(self):
        """ARNs of all model packages."""
        listed = self.sandbox.client("staging", "sagemaker").list_model_packages(
            ModelPackageGroupName=self.place.package_group, MaxResults=100
        )
        return {p["ModelPackageArn"] for p in listed["ModelPackageSummaryList"]}

    def kept(self, key):
        s3 = self.sandbox.client("staging", "s3")
        return s3.get_object(Bucket=self.place.registry_bucket, Key=key)["Body"].read()

    def put(self, key, body):
        self.sandbox.client("staging", "s3").put_object(Bucket=self.place.registry_bucket, Key=key, Body=body)


@pytest.fixture(scope="module")
def shelf(sandbox):
    return Shelf(sandbox, "shelf")


@pytest.fixture
def registration(shelf, tmp_path, request):
    """A registration of bits of its own, under a version of its own."""
    name = hashlib.sha256(request.node.name.encode()).digest()
    bits = packed({"model.bin": name})
    path = tmp_path / "model.tar.gz"
    path.write_bytes(bits)
    return Registration(
        version=parse_version(f"v{int.from_bytes(name[:4], 'big')}.0.0"),
        image=shelf.image,
        artifact=path,
        model_digest="sha256:" + hashlib.sha256(bits).hexdigest(),
        data_revision="sha256:rows",
        actor="ada@example",
        metrics={"auc": 0.7, "seed": 1, "trained_until": "2013-03"},
        evidence={"validation.json": name, "page.html": b"<p>"},
    )


def test_a_registered_version_has_its_artifact_record_and_package(shelf, registration):
    registered = shelf.register(registration)

    record = shelf.registry().record(registration.version)
    assert record == registered.record
    assert not registered.already
    assert record.registered_by == "ada@example"
    assert record.metrics == registration.metrics
    stored = shelf.sandbox.client("staging", "s3").get_object(
        Bucket=shelf.place.registry_bucket, Key=artifact_key(registration.model_digest)
    )
    assert stored["Body"].read() == registration.artifact.read_bytes()
    package = shelf.clients.sagemaker.describe_model_package(ModelPackageName=record.package_arn)
    assert package["CustomerMetadataProperties"]["version"] == registration.version
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    (container,) = package["InferenceSpecification"]["Containers"]
    assert container == {"Image": registration.image, "ModelDataUrl": record.model_data}


def test_registering_the_same_bits_again_changes_nothing(shelf, registration):
    first = shelf.register(registration)
    registry = shelf.registry()

    second = shelf.register(registration, registry)

    assert second.already
    assert second.record == first.record
    assert not {"PutObject", "CreateModelPackage"} & set(registry.clients.calls)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"data_revision": "sha256:other"}, "data revision sha256:rows, not sha256:other"),
        ({"metrics": {"auc": 0.9}}, "other metrics"),
    ],
)
def test_other_bits_under_a_version_that_is_taken_are_refused(shelf, registration, changed, named):
    shelf.register(registration)

    with pytest.raises(RefusedError, match="register new bits as a new version") as refused:
        shelf.register(msgspec.structs.replace(registration, **changed))

    assert named in str(refused.value)


def test_another_model_under_a_version_that_is_taken_is_refused_before_its_upload(
    shelf, registration, tmp_path
):
    shelf.register(registration)
    other = tmp_path / "other.tar.gz"
    other.write_bytes(b"other")
    digest = "sha256:" + hashlib.sha256(b"other").hexdigest()
    registry = shelf.registry()

    with pytest.raises(RefusedError, match="already registered by ada@example"):
        shelf.register(msgspec.structs.replace(registration, artifact=other, model_digest=digest), registry)

    assert registry.clients.calls == ["GetObject"]


def test_an_image_that_was_never_pushed_is_refused(shelf, registration):
    absent = registration.image.partition("@")[0] + "@sha256:" + "0" * 64

    with pytest.raises(RefusedError, match="push it first"):
        shelf.register(msgspec.structs.replace(registration, image=absent))

    assert shelf.registry().entry(registration.version).record is None


def test_s3_is_told_what_the_bits_must_be(shelf, registration):
    """S3 compares (BadDigest); the sandbox's does not, so what is sent is what can be seen."""
    shelf.register(registration)

    checksum = base64.b64encode(bytes.fromhex(registration.model_digest.removeprefix("sha256:"))).decode()
    assert checksum in shelf.clients.checksums


def test_bits_that_someone_else_put_under_a_digest_are_not_believed(shelf, registration):
    shelf.put(artifact_key(registration.model_digest), b"something else")

    with pytest.raises(UnreachableError, match="does not hold what its name says"):
        shelf.register(registration)


def test_a_record_that_cannot_be_understood_is_said_so(shelf, registration):
    shelf.put(
        record_key(registration.version),
        json.dumps({"version": registration.version, "colour": "red"}).encode(),
    )

    with pytest.raises(DamagedError, match="cannot be understood"):
        shelf.registry().record(registration.version)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_registration_killed_at_any_call_is_completed_by_a_rerun_with_one_package(
    shelf, registration, when
):
    whole = shelf.registry()
    shelf.register(registration, whole)
    calls = whole.clients.calls
    assert {"PutObject", "CreateModelPackage", "BatchGetImage", "GetDownloadUrlForLayer"} <= set(calls)

    for n, call in enumerate(calls):
        body = packed({"model.bin": bytes([n]), "of": registration.version.encode()})
        registration.artifact.write_bytes(body)
        fresh = msgspec.structs.replace(
            registration,
            version=parse_version(f"{registration.version[:-2]}.{n + 1}"),
            model_digest="sha256:" + hashlib.sha256(body).hexdigest(),
        )
        before = shelf.packages()
        with pytest.raises(Killed):
            shelf.register(fresh, shelf.registry(kill=(when, n)))
        half = shelf.registry().entry(fresh.version).record
        assert half is None or {shelf.kept(evidence_key(half.digests.id, name)) for name in half.evidence}, (
            call
        )

        record = shelf.register(fresh).record

        assert shelf.packages() - before == {record.package_arn}, call
        assert shelf.registry().record(fresh.version) == record
        assert record.evidence == {
            name: f"sha256:{hashlib.sha256(shelf.kept(evidence_key(record.digests.id, name))).hexdigest()}"
            for name in fresh.evidence
        }


def test_versions_are_listed_by_precedence_and_a_missing_registry_has_none(sandbox, shelf):
    other = Shelf(sandbox, "listed")
    for n in (10, 9, 2):
        other.put(record_key(parse_version(f"v1.{n}.0")), b"{}")

    assert other.registry().versions() == ("v1.2.0", "v1.9.0", "v1.10.0")
    nowhere = msgspec.structs.replace(shelf.place, model=parse_model("nowhere"))
    assert AwsRegistry(clients=shelf.clients, place=nowhere).versions() == ()


def test_an_environment_that_was_never_made_says_who_makes_it(shelf, registration):
    nowhere = msgspec.structs.replace(shelf.place, model=parse_model("nowhere"))
    image = registration.image.replace(shelf.place.repository, nowhere.repository)
    registry = AwsRegistry(clients=shelf.clients, place=nowhere)

    with pytest.raises(RefusedError, match="has no image"):
        register(
            nowhere, registry, msgspec.structs.replace(registration, image=image), Silent(), ServerReader()
        )
    with pytest.raises(UnreachableError, match="pulumi up"):
        registry.store_artifact(registration.artifact, registration.model_digest, Silent())
