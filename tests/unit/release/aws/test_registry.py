"""What is found in the registry's bucket, and how it is said when it is not what it should be."""

import json

import pytest

from modeldelivery.release import record
from modeldelivery.release.aws.environment import AwsEnvironment
from modeldelivery.release.errors import (
    ConflictError,
    DamagedError,
    NoRegistryError,
    UnreachableError,
    UpdateNeededError,
)
from modeldelivery.release.naming import Place, parse_environment, parse_model
from modeldelivery.release.version import Version
from tests.fakes.aws import FakeAws, refusal
from tests.fakes.journal import START

PLACE = Place(
    model=parse_model("flights"),
    environment=parse_environment("prod"),
    account="222222222222",
    region="eu-west-1",
)
V1 = Version("v1.0.0")


@pytest.fixture
def aws():
    return FakeAws(id=PLACE.account, buckets={PLACE.registry_bucket})


@pytest.fixture
def opened(aws):
    return AwsEnvironment(account=aws.account, place=PLACE)


def puts(aws, key, body):
    aws.objects[key] = body, '"1"'


def test_versions_are_listed_over_all_pages_by_precedence(aws, opened):
    for version in ("v1.10.0", "v1.9.0", "v1.2.0"):
        puts(aws, f"versions/{version}.json", b"{}")

    assert opened.registry.versions() == ("v1.2.0", "v1.9.0", "v1.10.0")
    assert [a for _, a in aws.calls] == ["s3:ListObjectsV2"] * 3


def test_where_there_is_no_bucket_there_are_no_versions(aws, opened):
    aws.buckets.clear()

    assert opened.registry.versions() == ()


@pytest.mark.parametrize("key", ["versions/notes.txt", "versions/v1.0.0"])
def test_an_object_that_is_no_record_is_named(aws, opened, key):
    puts(aws, key, b"{}")

    with pytest.raises(UnreachableError, match=f"{key} is not a version's record"):
        opened.registry.versions()


def test_a_record_that_cannot_be_understood_says_where_earlier_ones_are(aws, opened):
    puts(aws, "versions/v1.0.0.json", b"{")

    with pytest.raises(DamagedError, match="cannot be understood") as error:
        opened.registry.entry(V1)
    assert "`aws s3api list-object-versions --bucket flights-prod-registry-" in error.value.hint


def test_a_record_that_requires_a_newer_program_is_not_read(aws, opened):
    puts(aws, "versions/v1.0.0.json", b'{"requires": ["places"]}')

    with pytest.raises(UpdateNeededError, match="requires places"):
        opened.registry.entry(V1)


@pytest.mark.parametrize(
    ("code", "is_answer"), [("ImageNotFoundException", False), ("RepositoryNotFoundException", False)]
)
def test_an_image_that_is_not_there_is_not_there(aws, opened, code, is_answer):
    aws.faults["ecr:BatchGetImage"].append(refusal(code))

    assert (opened.registry.image("sha256:0") is not None) is is_answer


def test_any_other_refusal_of_ecr_is_a_sentence(aws, opened):
    aws.faults["ecr:BatchGetImage"].append(refusal("KmsException", "the key is disabled"))

    with pytest.raises(UnreachableError, match=r"ecr:BatchGetImage flights-prod: .*the key is disabled"):
        opened.registry.image("sha256:0")


def test_a_journal_that_cannot_be_understood_says_where_earlier_ones_are(aws, opened):
    puts(aws, PLACE.journal_key, b"[]")

    with pytest.raises(DamagedError, match="cannot be understood") as error:
        opened.endpoint.store.read()
    assert f"--prefix {PLACE.journal_key}`" in error.value.hint


DIGESTS = {"image": "sha256:" + "a" * 64, "model": "sha256:" + "b" * 64, "data": "r1"}
RECORD = {
    "version": V1,
    "digests": DIGESTS,
    "image": "image@sha256:a",
    "model_data": "s3://b/model.tar.gz",
    "registered_at": START,
    "registered_by": "ada",
}


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"version": "v9.0.0"}, "version is v9.0.0"),
        ({"registered_at": 1e20}, "later than it can be"),
        ({"registered_at": -1.0}, "is -1.0, which is no time"),
        ({"image": ""}, "image is empty"),
        ({"digests": {**DIGESTS, "model": "sha256:0"}}, "write sha256:<64 hex digits>"),
    ],
)
def test_a_record_that_cannot_be_true_is_said_with_the_version_to_go_back_to(aws, opened, changed, sentence):
    opened.registry.write(record.decode(json.dumps(RECORD).encode(), ""), None)
    puts(aws, "versions/v1.0.0.json", json.dumps(RECORD | changed).encode())

    with pytest.raises(DamagedError) as error:
        opened.registry.entry(V1)
    assert sentence in error.value.message
    assert "--version-id 0 kept.json" in error.value.hint


def test_a_kept_record_that_requires_a_newer_program_is_one_to_go_back_to(aws, opened):
    aws.versions["versions/v1.0.0.json"].append(b'{"requires": ["places"]}')
    puts(aws, "versions/v1.0.0.json", b"{")

    with pytest.raises(DamagedError) as error:
        opened.registry.entry(V1)
    assert "--version-id 0 kept.json" in error.value.hint


def test_the_name_of_a_deleted_record_is_not_free(aws, opened):
    opened.registry.write(record.decode(json.dumps(RECORD).encode(), ""), None)
    aws.delete("versions/v1.0.0.json")

    with pytest.raises(DamagedError, match="was deleted") as error:
        opened.registry.entry(V1)
    assert error.value.hint.endswith("--content-type application/json --if-none-match '*'`")


def test_evidence_that_someone_writes_at_this_moment_is_asked_for_again(aws, opened):
    """S3 refuses one of two conditional writes at once, and neither may be there yet."""
    aws.faults["s3:PutObject"].append(refusal("ConditionalRequestConflict", status=409))

    with pytest.raises(ConflictError):
        opened.registry.store_evidence("sha256:0", "validation.json", b"{}")
    assert opened.registry.store_evidence("sha256:0", "validation.json", b"{}") == b"{}"
    assert aws.objects.keys() == {"evidence/sha256/0/validation.json"}


def test_a_journal_without_a_bucket_says_who_makes_it(aws, opened):
    aws.buckets.clear()

    with pytest.raises(NoRegistryError, match=r"there is no bucket .* If it was never made: `pulumi up`"):
        opened.endpoint.store.read()


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:PutObject"])
def test_any_other_refusal_of_s3_is_a_sentence(aws, opened, action):
    stored = opened.endpoint.store.read()
    aws.faults[action].append(refusal("InvalidObjectState", "archived"))

    with pytest.raises(UnreachableError, match="archived"):
        opened.endpoint.store.write(opened.endpoint.store.read().journal, stored.etag)
