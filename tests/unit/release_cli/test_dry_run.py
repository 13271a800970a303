"""--dry-run: the very adapters over AWS clients that can only read; what would be written is listed as it would be sent."""

import gzip
import hashlib
import io
import json
from datetime import UTC, datetime
from email.utils import formatdate

import msgspec
import pytest
from botocore.exceptions import ClientError

from modeldelivery.release.aws import images
from modeldelivery.release.aws.approvals import SageMakerApprovals
from modeldelivery.release.aws.artifact import PART
from modeldelivery.release.aws.environment import AwsEnvironment
from modeldelivery.release.aws.traffic import MARK_TAG
from modeldelivery.release.cli import main
from modeldelivery.release.cli.context import Context
from modeldelivery.release.cli.dry_run import ASSUMED, DryRun
from modeldelivery.release.core.endpoint import Incarnation
from modeldelivery.release.naming import record_key
from modeldelivery.release.ports import DOCKER_MANIFEST
from modeldelivery.release.record import VersionRecord, encode
from modeldelivery.release.version import DigestSet
from tests.bits import packed
from tests.fakes.time import FakeTime

from .conftest import Ended
from .world import NOW, PLACE, V1, V2, V3, journal, rejection

BORN = datetime(2026, 1, 1, tzinfo=UTC)
LIFE = Incarnation("arn:endpoint", BORN.timestamp())
IMAGE = f"{PLACE.account}.dkr.ecr.{PLACE.region}.amazonaws.com/{PLACE.repository}@sha256:{'a' * 64}"
DATED = {"ResponseMetadata": {"HTTPHeaders": {"date": formatdate(NOW, usegmt=True)}}}


RECORD = VersionRecord(
    version=V3,
    digests=DigestSet(image="sha256:" + "a" * 64, model="sha256:" + "b" * 64, data="r1"),
    image=IMAGE,
    model_data="s3://bucket/model.tar.gz",
    registered_at=NOW,
    registered_by="ada",
    package_arn="arn:package/3",
)
CONFIG = b'{"os": "linux", "architecture": "amd64", "config": null}'


def _digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class ReadOnly:
    """AWS clients with the calls that read, and no other."""

    def __init__(self):
        self.id, self.known_arn = PLACE.account, None
        self.fenced = self.patient = self.s3 = self.ecr = self.sagemaker = self.autoscaling = self
        self.journal, self.approval = journal(incarnation=LIFE), "PendingManualApproval"
        self.status, self.tags, self.weights = "InService", {}, {V1: 0, V2: 100}

    def describe_model_package(self, **_):
        return {"ModelApprovalStatus": self.approval}

    def get_object(self, **parameters):
        if parameters["Key"] == record_key(V3):
            return {"Body": io.BytesIO(encode(RECORD)), "ETag": '"1"'} | json.loads(json.dumps(DATED))
        if parameters["Key"] != PLACE.journal_key or self.journal is None:
            raise absent("NoSuchKey")
        return {"Body": io.BytesIO(msgspec.json.encode(self.journal)), "ETag": '"1"'} | json.loads(
            json.dumps(DATED)
        )

    def arn(self):
        raise AssertionError("a dry run does not ask STS")

    def head_object(self, **_):
        raise absent("404")

    def describe_endpoint(self, **_):
        return {
            "EndpointName": PLACE.endpoint,
            "EndpointArn": LIFE.id,
            "CreationTime": BORN,
            "EndpointStatus": self.status,
            "EndpointConfigName": "config",
            "ProductionVariants": [
                {
                    "VariantName": version.replace(".", "-"),
                    "CurrentWeight": weight,
                    "DesiredWeight": weight,
                    "CurrentInstanceCount": 1,
                    "DesiredInstanceCount": 1,
                }
                for version, weight in self.weights.items()
            ],
        }

    def list_tags(self, **_):
        return {"Tags": [{"Key": key, "Value": value} for key, value in self.tags.items()]}

    def batch_get_image(self, **_):
        manifest = {"mediaType": DOCKER_MANIFEST, "config": {"digest": _digest(CONFIG)}}
        return {
            "images": [{"imageManifest": json.dumps(manifest), "imageManifestMediaType": DOCKER_MANIFEST}]
        }

    def get_download_url_for_layer(self, **_):
        return {"downloadUrl": "https://ecr.example/config"}

    def list_model_packages(self, **_):
        return {"ModelPackageSummaryList": []}


def absent(code):
    return ClientError(
        {"Error": {"Code": code, "Message": "absent"}, **json.loads(json.dumps(DATED))}, "GetObject"
    )


@pytest.fixture
def aws(monkeypatch):
    monkeypatch.setattr(images, "download", lambda _: (200, CONFIG))
    return ReadOnly()


@pytest.fixture
def dry_run(aws, capsys):
    """`modelctl COMMAND --env prod --dry-run ARGUMENTS`."""

    def opens(options):
        account = DryRun(aws, FakeTime())
        environment = AwsEnvironment(account=account, place=PLACE)
        return Context(
            place=PLACE,
            store=environment.endpoint.store,
            traffic=environment.endpoint.traffic,
            registry=environment.registry,
            scaling=environment.endpoint.scaling,
            clock=account,
            progress=FakeTime(),
            actor="bob@operator",
            operation="run-1",
            patience=options.timeout,
            calls=account.calls,
            caller=account,
            approvals=lambda: SageMakerApprovals(sagemaker=account.patient.sagemaker, place=PLACE),
        )

    def run(command, *arguments):
        status = main([command, "--env", "prod", "--dry-run", *map(str, arguments)], opens=opens)
        output = capsys.readouterr()
        return Ended(status, output.out, output.err)

    return run


def written(ended):
    return [call["call"] for call in ended.json["calls"] if call["writes"]]


def test_a_rollback_lists_intent_move_and_outcome_with_their_parameters(dry_run):
    ended = dry_run("rollback", "--reason", "errors doubled", "--json")

    assert (ended.status, ended.json["outcome"]) == (0, "dry run")
    assert written(ended) == ["s3:PutObject", "sagemaker:UpdateEndpointWeightsAndCapacities", "s3:PutObject"]
    calls = [call["call"] for call in ended.json["calls"]]
    assert (
        calls.index("sts:GetCallerIdentity")
        == calls.index("sagemaker:UpdateEndpointWeightsAndCapacities") + 1
    )
    intent, move, _ = (call["parameters"] for call in ended.json["calls"] if call["writes"])
    assert intent["IfMatch"] == '"1"'
    assert intent["Body"]["intent"]["target"] == {"v1.0.0": 100, "v2.0.0": 0}
    assert [r["version"] for r in intent["Body"]["rejections"]] == ["v2.0.0"]
    assert move["DesiredWeightsAndCapacities"] == [
        {"VariantName": "v1-0-0", "DesiredWeight": 100.0},
        {"VariantName": "v2-0-0", "DesiredWeight": 0.0},
    ]


def test_people_read_the_same_calls(dry_run):
    out = dry_run("rollback", "--reason", "errors doubled").out

    assert out.startswith("dry run, nothing was changed. It would end with status 0: rolled back to v1.0.0\n")
    assert 'read sagemaker:DescribeEndpoint\n  EndpointName = "flights-prod"' in out
    assert "would call sagemaker:UpdateEndpointWeightsAndCapacities\n" in out


def test_calls_after_a_wait_say_what_they_assume(dry_run, aws):
    aws.status = "Updating"

    calls = dry_run("rollback", "--reason", "errors doubled", "--json").json["calls"]

    notes = [call.get("note") for call in calls if call["writes"]]
    assert notes == [None, ASSUMED, ASSUMED]


def test_what_would_be_refused_is_refused(dry_run):
    ended = dry_run("rollback", "--reason", "errors doubled", "--to", "v3.0.0")

    assert ended.status == 1
    assert "v3.0.0 is not on the endpoint" in ended.err


def test_without_the_journal_tag_and_move_are_listed(dry_run, aws):
    aws.journal = None

    ended = dry_run("rollback", "--without-journal", "--to", "v1.0.0", "--reason", "S3 is down", "--json")

    assert written(ended) == ["sagemaker:AddTags", "sagemaker:UpdateEndpointWeightsAndCapacities"]
    assert "It would end with status 4" in ended.json["summary"]


def test_accept_lists_one_journal_write(dry_run, aws):
    aws.journal = journal(incarnation=LIFE, rejections=(rejection(V2),))

    assert written(dry_run("accept", "v2.0.0", "--reason", "fine", "--json")) == ["s3:PutObject"]


def test_adopt_lists_the_journal_write_and_then_the_tags_removal(dry_run, aws):
    aws.weights, aws.tags = {V1: 100, V2: 0}, {MARK_TAG: "ada moved all to v1.0.0"}

    ended = dry_run("adopt", "--reason", "S3 was down", "--json")

    assert written(ended) == ["s3:PutObject", "sagemaker:DeleteTags"]


def test_the_first_adopt_writes_a_journal_where_none_was(dry_run, aws):
    aws.journal = None

    (put,) = [c for c in dry_run("adopt", "--reason", "made by hand", "--json").json["calls"] if c["writes"]]

    assert put["parameters"]["IfNoneMatch"] == "*"
    assert put["parameters"]["Body"]["weights"] == {"v1.0.0": 0, "v2.0.0": 100}


def test_register_lists_upload_claim_package_and_completion(dry_run, tmp_path):
    artifact = tmp_path / "model.tar.gz"
    artifact.write_bytes(packed())
    page = tmp_path / "page.html"
    page.write_text("<p>")

    ended = dry_run(
        "register",
        "--version",
        "v3.1.0",
        "--image",
        IMAGE,
        "--artifact",
        artifact,
        "--data-revision",
        "r1",
        "--evidence",
        f"page.html={page}",
        "--json",
    )

    assert ended.status == 0, ended.err
    puts = ["s3:PutObject"] * 4  # sample requests, artifact, evidence, claim
    assert written(ended) == [*puts, "sagemaker:CreateModelPackage", "s3:PutObject"]
    _, upload, kept, claim, *_ = (c["parameters"] for c in ended.json["calls"] if c["writes"])
    assert hashlib.sha256(packed()).hexdigest() in upload["Key"]
    assert (kept["Key"].rpartition("/")[2], kept["IfNoneMatch"], kept["Body"]) == (
        "page.html",
        "*",
        "<3 bytes>",
    )
    assert (claim["Key"], claim["IfNoneMatch"]) == ("versions/v3.1.0.json", "*")


def test_a_large_artifact_is_listed_as_the_calls_that_its_parts_take(dry_run, tmp_path):
    artifact = tmp_path / "model.tar.gz"
    artifact.write_bytes(gzip.compress(gzip.decompress(packed({"model.bin": bytes(PART)})), 0))

    ended = dry_run(
        "register", "--version", "v3.1.0", "--image", IMAGE, "--artifact", artifact, "--data-revision", "r1", "--json"
    )  # fmt: skip

    assert ended.status == 0, ended.err
    assert written(ended)[1:4] == ["s3:CreateMultipartUpload", "s3:UploadPart", "s3:CompleteMultipartUpload"]


def test_approve_lists_the_one_call_that_says_so(dry_run):
    ended = dry_run("approve", V3, "--reason", "fine", "--json")

    assert ended.status == 0, ended.err
    (update,) = [c for c in ended.json["calls"] if c["writes"]]
    assert update["call"] == "sagemaker:UpdateModelPackage"
    assert update["parameters"] == {
        "ModelPackageArn": "arn:package/3",
        "ModelApprovalStatus": "Approved",
        "ApprovalDescription": "approved by bob@operator: fine",
    }


def test_reject_lists_the_journal_before_the_package(dry_run):
    ended = dry_run("reject", V3, "--reason", "biased", "--json")

    assert ended.status == 0, ended.err
    assert written(ended) == ["s3:PutObject", "sagemaker:UpdateModelPackage"]
    assert [c["parameters"].get("ModelApprovalStatus") for c in ended.json["calls"] if c["writes"]][
        -1
    ] == "Rejected"
