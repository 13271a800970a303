"""What an environment has proved, and what its journal decided, asked with a preview's own credentials."""

import json
import urllib.request

import boto3
import msgspec
import pytest
from moto.server import ThreadedMotoServer

from modeldelivery.release.approval import Approval
from modeldelivery.release.aws.approvals import SageMakerApprovals
from modeldelivery.release.aws.environment import open_environment
from modeldelivery.release.aws.journal import S3Journal
from modeldelivery.release.aws.traffic import SageMakerTraffic
from modeldelivery.release.core.endpoint import Condition, Endpoint, Incarnation, Variant
from modeldelivery.release.core.journal import Event, EventKind, Journal, Served, encode
from modeldelivery.release.core.target import placed
from modeldelivery.release.core.verification import Verification, verify_name
from modeldelivery.release.errors import UnreachableError
from modeldelivery.release.naming import Place, evidence_key, parse_environment, parse_model, record_key
from modeldelivery.release.operations.status import Status
from modeldelivery.release.record import VersionRecord
from modeldelivery.release.record import encode as encode_record
from modeldelivery.release.version import DigestSet, Version
from modeldelivery.review import evidence_source
from modeldelivery.review.evidence_source import NEWEST, Observation, decided, observe, waiting
from tests.unit.release.core.test_target import PLACE as CLUSTER
from tests.unit.release.kubernetes.bench import ClusterBench

ACCOUNT, REGION = "123456789012", "eu-west-1"
PLACE = Place(
    model=parse_model("flights"), environment=parse_environment("staging"), account=ACCOUNT, region=REGION
)
CONFIG = {
    "model-delivery:model": "flights",
    "aws:region": REGION,
    "aws:allowedAccountIds": json.dumps([ACCOUNT]),
}
A, B = Version("v1.0.0"), Version("v1.1.0")
BROKEN = Endpoint(
    incarnation=Incarnation(
        id=f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/flights-staging", created=100.0
    ),
    condition=Condition.BROKEN,
    word="Failed",
    config="flights-staging-1",
    remedy="delete it",
    variants={A: Variant(current=1.0, desired=1.0, instances=1, instances_desired=1)},
)
SERVES = msgspec.structs.replace(BROKEN, condition=Condition.READY, word="InService", remedy="")


def deny(*_):
    raise UnreachableError("denied")


@pytest.fixture(scope="module")
def aws():
    """Its address. A server, since answers of moto's in-process mocks have no date, which is the journal's clock."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(aws, monkeypatch, tmp_path):
    """An account without anything in it."""
    reset = urllib.request.Request(f"{aws}/moto-api/reset", method="POST")  # noqa: S310 - http, loopback
    urllib.request.urlopen(reset, timeout=300).close()  # noqa: S310 - as above
    for name in ("AWS_PROFILE", "AWS_ACCOUNT_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    return boto3.client("s3", region_name=REGION)


@pytest.fixture
def registry(s3):
    """Its registry's bucket: `registry(journal, records)`."""

    def put(journal, *records):
        s3.create_bucket(
            Bucket=PLACE.registry_bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        s3.put_object(Bucket=PLACE.registry_bucket, Key=PLACE.journal_key, Body=encode(journal))
        for record in records:
            s3.put_object(
                Bucket=PLACE.registry_bucket, Key=record_key(record.version), Body=encode_record(record)
            )

    return put


def a_record(version, **changes):
    made = VersionRecord(
        version=version,
        digests=DigestSet(image="sha256:" + "0" * 64, model="sha256:" + "1" * 64, data="d"),
        image="i",
        model_data="m",
        registered_at=0.0,
        registered_by="ada",
        metrics={"auc": 0.7},
        package_arn=f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/flights-staging/1",
    )
    return msgspec.structs.replace(made, **changes)


def a_journal(*versions):
    """The first of them serves since the beginning."""
    first = versions[0]
    served = Event(
        operation="x",
        kind=EventKind.CREATE,
        at=100.0,
        actor="ada",
        reason="why",
        source={},
        target={first: 100},
    )
    return Journal(
        live=first,
        fleet=versions,
        weights={first: 100},
        digests={version: f"sha256:{version}" for version in versions},
        served=(Served(version=first, since=100.0, whole=100.0),),
        decision=served,
        history=(served,),
    )


def verifies(s3, record, environment):
    """As `modelctl verify` of an environment leaves it, or a promotion brought it."""
    made = Verification(
        environment=environment,
        endpoint=f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/flights-{environment}",
        version=record.version,
        digests=record.digests,
        at=100.0,
        by="ada",
        checks=("the self-check",),
        latency=None,
    )
    key = evidence_key(record.digests.id, verify_name(environment))
    s3.put_object(Bucket=PLACE.registry_bucket, Key=key, Body=msgspec.json.encode(made))


def releasing(live):
    return CONFIG | {"model-delivery:release": json.dumps({"live": live, "fleet": [A, B]})}


def test_the_version_that_live_moves_to_comes_with_the_verifications_of_every_environment(
    registry, s3, monkeypatch
):
    monkeypatch.setattr(SageMakerTraffic, "describe", lambda _: SERVES)
    moves_to = a_record(B)
    registry(a_journal(A, B), a_record(A), moves_to)
    for environment in ("dev", "staging"):
        verifies(s3, moves_to, environment)
    s3.put_object(
        Bucket=PLACE.registry_bucket, Key=evidence_key(moves_to.digests.id, "verify-x.json"), Body=b"{"
    )
    goes_live = observe("staging", releasing(B)).goes_live
    assert goes_live.version == B
    assert [each.environment for each in goes_live.verified] == ["dev", "staging"]
    assert goes_live.here("staging").held == "1 checks, and nothing served beside it to compare with"
    assert observe("staging", releasing(A)).goes_live is None  # it is what was applied last
    assert observe("staging", CONFIG).goes_live is None
    for wrong in ("{", '{"live": "1.0"}', '{"live": "v1.0.0", "fleets": []}', "[]"):
        observation = observe("staging", CONFIG | {"model-delivery:release": wrong})
        assert (observation.goes_live, observation.problem) == (None, None)


def test_what_served_and_what_the_registry_measured_is_proved(registry):
    registry(a_journal(A, B), a_record(A), a_record(B, metrics={"auc": 0.8}))
    observation = observe("staging", CONFIG)
    assert observation.problem is None
    assert {proof.version: (proof.serving, proof.metrics) for proof in observation.standing.proofs} == {
        A: (True, {"auc": 0.7}),
        B: (False, {"auc": 0.8}),
    }


def test_what_a_version_that_was_not_registered_to_its_end_measured_is_not_known(registry):
    registry(a_journal(A), a_record(A, package_arn=None))
    standing = observe("staging", CONFIG).standing
    assert [proof.metrics for proof in standing.proofs] == [None]


def test_an_environment_without_a_registry_has_proved_nothing_and_that_is_no_problem(s3):  # noqa: ARG001
    assert observe("staging", CONFIG) == Observation(standing=None, findings=(), problem=None)


def test_an_endpoint_whose_registry_is_gone_is_told_of(s3, monkeypatch):  # noqa: ARG001
    monkeypatch.setattr(SageMakerTraffic, "describe", lambda _: BROKEN)
    monkeypatch.setattr(SageMakerTraffic, "marked", lambda _: None)
    observation = observe("staging", CONFIG)
    assert observation.findings[0].code == "endpoint-broken"
    assert f"the journal cannot be read: there is no bucket {PLACE.registry_bucket}" in observation.problem


def test_where_neither_registry_nor_endpoint_can_be_seen_that_is_said(s3, monkeypatch):  # noqa: ARG001
    monkeypatch.setattr(SageMakerTraffic, "describe", deny)
    assert "the endpoint cannot be seen: denied" in observe("staging", CONFIG).problem


def test_an_environment_on_a_cluster_is_looked_at_where_its_journal_says(registry, monkeypatch):
    bench = ClusterBench()
    registry(placed(bench.store.journal, CLUSTER))
    monkeypatch.setattr(
        evidence_source, "_route", lambda _, place: bench.traffic() if place == CLUSTER else None
    )

    observed = observe("staging", CONFIG)

    assert [each.code for each in observed.findings if each.code.startswith("endpoint-")] == []
    assert decided("staging", CONFIG).serving == "v1.1.0"


def test_what_an_endpoint_is_not_looked_at_for_is_a_problem_and_what_was_read_counts(registry, monkeypatch):
    registry(a_journal(A), a_record(A))
    monkeypatch.setattr(SageMakerTraffic, "describe", deny)
    observation = observe("staging", CONFIG)
    assert observation.problem == "the endpoint cannot be seen: denied"
    assert observation.standing.proofs[0].serving


def test_a_preview_opens_an_environment_once_and_reads_its_journal_once(registry, monkeypatch):
    registry(a_journal(A), a_record(A))
    calls = []

    def count(name, call):
        def counted(*arguments, **options):
            calls.append(name)
            return call(*arguments, **options)

        return counted

    monkeypatch.setattr(evidence_source, "open_environment", count("opened", open_environment))
    monkeypatch.setattr(S3Journal, "read", count("read", S3Journal.read))
    observe("staging", CONFIG)
    assert calls == ["opened", "read"]


def test_only_the_newest_versions_are_looked_up_since_each_is_a_call(registry):
    versions = [Version(f"v1.{minor}.0") for minor in range(NEWEST + 2)]
    journal = msgspec.structs.replace(a_journal(*versions), fleet=tuple(versions[-2:]))
    registry(journal, *(a_record(version) for version in versions))
    standing = observe("staging", CONFIG).standing
    assert {proof.version for proof in standing.proofs if not proof.metrics} == {"v1.0.0", "v1.1.0"}


@pytest.mark.parametrize("allowed", [["222222222222"], []])
def test_credentials_of_another_account_prove_nothing_and_are_named(registry, allowed):
    registry(a_journal(A), a_record(A))
    elsewhere = {**CONFIG, "aws:allowedAccountIds": json.dumps(allowed)}
    observation = observe("staging", elsewhere)
    assert observation.standing is None
    assert observation.problem.startswith("what staging has proved cannot be read: ")
    sentence = f"are of account {ACCOUNT}, and this stack may only touch {', '.join(allowed) or 'none'}: "
    assert sentence in observation.problem
    assert sentence in decided("staging", elsewhere)


def test_a_journal_that_cannot_be_understood_is_no_proof_of_nothing(s3, registry):
    registry(a_journal(A))
    s3.put_object(Bucket=PLACE.registry_bucket, Key=PLACE.journal_key, Body=b"{")
    observation = observe("staging", CONFIG)
    assert observation.standing is None
    assert "cannot be understood" in observation.problem


def test_a_record_that_cannot_be_understood_is_no_proof_and_is_named(s3, registry):
    registry(a_journal(A))
    s3.put_object(Bucket=PLACE.registry_bucket, Key=record_key(A), Body=b"{")
    observation = observe("staging", CONFIG)
    assert observation.standing is None
    assert "what staging has proved cannot be read: " in observation.problem


def test_a_drift_is_told_beside_what_the_journal_decided(registry):
    registry(a_journal(A, B))
    outcome = decided("staging", CONFIG)
    assert isinstance(outcome, Status)
    assert (outcome.live, outcome.decision.by, outcome.decision.reason) == (A, "ada", "why")


def with_candidates(count):
    release = {"live": A, "fleet": [A], "candidates": count}
    return CONFIG | {"model-delivery:release": json.dumps(release)}


@pytest.mark.parametrize(
    ("count", "status", "waits"),
    [(1, "Approved", (B,)), (1, "PendingManualApproval", ()), (0, "Approved", ())],
)
def test_an_approved_version_that_is_to_join_by_rule_waits(registry, monkeypatch, count, status, waits):
    registry(a_journal(A), a_record(A), a_record(B))
    monkeypatch.setattr(SageMakerTraffic, "describe", lambda _: BROKEN)
    monkeypatch.setattr(SageMakerApprovals, "of", lambda *_: Approval(status=status, description=""))
    assert waiting("staging", with_candidates(count)) == waits


def test_what_is_not_known_of_candidates_is_said(registry, monkeypatch):
    registry(a_journal(A), a_record(A), a_record(B))
    monkeypatch.setattr(SageMakerTraffic, "describe", deny)
    assert waiting("staging", with_candidates(1)) == "whether a candidate waits cannot be told: denied"


def test_where_config_has_no_release_nobody_waits():
    assert waiting("staging", CONFIG) == ()
