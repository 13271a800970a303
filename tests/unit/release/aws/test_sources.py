"""What a training reads is named by content: which data set and image are the newest, and what stands for no champion."""

import hashlib
from datetime import UTC, datetime
from types import SimpleNamespace

import boto3
import pytest
from botocore.stub import Stubber

from modeldelivery.release.aws.sources import AwsSources
from modeldelivery.release.champion import no_champion
from modeldelivery.release.errors import RefusedError, UnreachableError
from modeldelivery.release.naming import Place, parse_environment, parse_model

PLACE = Place(
    model=parse_model("flights"),
    environment=parse_environment("staging"),
    account="111111111111",
    region="eu-west-1",
)
REGISTRY = "111111111111.dkr.ecr.eu-west-1.amazonaws.com"
OLD, NEW = (f"sha256:{digit * 64}" for digit in "12")


def at(day):
    return datetime(2026, 11, day, tzinfo=UTC)


@pytest.fixture(scope="module")
def clients():
    session = boto3.Session("key", "secret", region_name="eu-west-1")
    return SimpleNamespace(s3=session.client("s3"), ecr=session.client("ecr"))


@pytest.fixture
def stubs(clients):
    s3, ecr = clients.s3, clients.ecr
    with Stubber(s3) as of_s3, Stubber(ecr) as of_ecr:
        yield SimpleNamespace(s3=of_s3, ecr=of_ecr, sources=AwsSources(clients=clients, place=PLACE))
        of_s3.assert_no_pending_responses()
        of_ecr.assert_no_pending_responses()


def lists(stubs, *pages):
    for number, objects in enumerate(pages):
        more = {"IsTruncated": True, "NextContinuationToken": "1"} if number < len(pages) - 1 else {}
        contents = [{"Key": key, "LastModified": when} for key, when in objects]
        stubs.s3.add_response("list_objects_v2", {"Contents": contents, **more})


def prefix(revision):
    return f"datasets/{revision.replace(':', '/')}/"


def test_the_newest_data_set_is_the_one_whose_manifest_was_written_last(stubs):
    lists(
        stubs,
        [(f"{prefix(OLD)}flights/2013-01.csv", at(1)), (f"{prefix(OLD)}manifest.json", at(2))],
        [(f"{prefix(NEW)}manifest.json", at(3)), (f"datasets/sha256/{'3' * 64}/flights/2013-01.csv", at(4))],
    )
    assert stubs.sources.newest_data() == NEW


def test_without_a_whole_data_set_there_is_none(stubs):
    lists(stubs, [(f"{prefix(OLD)}flights/2013-01.csv", at(1))])
    assert stubs.sources.newest_data() is None


def test_a_data_set_without_its_manifest_is_not_there(stubs):
    stubs.s3.add_client_error("head_object", "404", http_status_code=404)
    assert stubs.sources.data_uri(NEW) is None
    key = {
        "Bucket": PLACE.data_bucket,
        "Key": f"{prefix(NEW)}manifest.json",
        "ExpectedBucketOwner": PLACE.account,
    }
    stubs.s3.add_response("head_object", {}, key)
    assert stubs.sources.data_uri(NEW) == f"s3://{PLACE.data_bucket}/{prefix(NEW)}"


def test_an_account_that_does_not_train_is_told_what_to_set(stubs):
    stubs.s3.add_client_error("list_objects_v2", "NoSuchBucket", http_status_code=404)
    with pytest.raises(UnreachableError, match="set model-delivery:training"):
        stubs.sources.newest_data()


@pytest.mark.parametrize(
    ("steps", "repository"), [(False, "flights-staging"), (True, "flights-staging-steps")]
)
def test_the_newest_image_is_the_one_that_was_pushed_last(stubs, steps, repository):
    for digest, day, more in ((NEW, 3, {"nextToken": "1"}), (OLD, 1, {})):
        details = [{"imageDigest": digest, "imagePushedAt": at(day), "repositoryName": repository}]
        stubs.ecr.add_response("describe_images", {"imageDetails": details, **more})
    assert stubs.sources.newest_image(steps=steps) == f"{REGISTRY}/{repository}@{NEW}"


def test_an_image_of_another_repository_or_by_tag_is_refused(stubs):
    for uri in (f"{REGISTRY}/flights-staging@{NEW}", f"{REGISTRY}/flights-staging-steps:v1", "steps"):
        with pytest.raises(RefusedError, match="names no image of flights-staging-steps by digest"):
            stubs.sources.has_image(uri, steps=True)


@pytest.mark.parametrize(("held", "there"), [([NEW], True), ([OLD], False), ([], False)])
def test_an_image_by_digest_is_looked_for(stubs, held, there):
    details = [{"imageDigest": digest, "imagePushedAt": at(1)} for digest in held]
    stubs.ecr.add_response("describe_images", {"imageDetails": details})
    assert stubs.sources.has_image(f"{REGISTRY}/flights-staging@{NEW}", steps=False) is there


def test_a_file_that_says_that_there_is_no_champion_is_written_once(stubs):
    content = no_champion("staging")
    folder = f"artifacts/sha256/{hashlib.sha256(content).hexdigest()}/"
    request = {
        "Bucket": PLACE.registry_bucket,
        "Key": f"{folder}none.json",
        "Body": content,
        "ContentType": "application/json",
        "IfNoneMatch": "*",
        "ExpectedBucketOwner": PLACE.account,
    }
    assert stubs.sources.champion_uri(None) == f"s3://{PLACE.registry_bucket}/{folder}"
    stubs.s3.add_response("put_object", {}, request)
    stubs.sources.store_no_champion()
    stubs.s3.add_client_error("put_object", "PreconditionFailed", http_status_code=412)
    stubs.sources.store_no_champion()


def test_the_champion_is_the_folder_of_its_artifact(stubs):
    assert stubs.sources.champion_uri(NEW) == f"s3://{PLACE.registry_bucket}/artifacts/sha256/{'2' * 64}/"
