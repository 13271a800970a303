"""What AWS would refuse of a version is read from its own models, before the version's name is claimed."""

import msgspec
import pytest

from modeldelivery.awsmodels import check
from modeldelivery.awsmodels.pattern import UnsupportedPatternError
from modeldelivery.release.aws import requests
from modeldelivery.release.errors import InvalidError
from modeldelivery.release.naming import evidence_key
from modeldelivery.release.record import Samples, Source, VersionRecord
from modeldelivery.release.samples import Sample
from modeldelivery.release.version import DigestSet, parse_version
from tests.unit.release.stored import PLACE

DIGEST = "sha256:" + "a" * 64
RECORD = VersionRecord(
    version=parse_version("v1.0.0"),
    digests=DigestSet(image=DIGEST, model=DIGEST, data="2013-q1"),
    image=f"222222222222.dkr.ecr.eu-west-1.amazonaws.com/flights-prod@{DIGEST}",
    model_data="s3://bucket/artifacts/model.tar.gz",
    registered_at=1.0,
    registered_by="ada",
)


def refused(record=RECORD, samples=(), place=PLACE):
    return [f"{each.call}: {each.why}" for each in requests.refusals(place, record, samples)]


def with_data(revision):
    return msgspec.structs.replace(RECORD, digests=DigestSet(image=DIGEST, model=DIGEST, data=revision))


def test_a_usual_version_is_taken():
    assert refused() == []


def test_a_package_names_where_its_metrics_are_and_what_it_was_made_by():
    execution = "arn:aws:sagemaker:eu-west-1:222222222222:pipeline/flights-prod/execution/abcdefghijkl"
    record = msgspec.structs.replace(
        RECORD,
        evidence={"metrics.json": DIGEST, "validation.json": "sha256:" + "b" * 64},
        source=Source(commit="c" * 40, execution=execution),
    )
    request = requests.package_request(PLACE, record)
    key = evidence_key(record.digests.id, "metrics.json")
    assert request["ModelMetrics"]["ModelQuality"]["Statistics"] == {
        "ContentType": "application/json",
        "ContentDigest": DIGEST,
        "S3Uri": f"s3://{PLACE.registry_bucket}/{key}",
    }
    assert request["MetadataProperties"] == {"CommitId": "c" * 40, "GeneratedBy": execution}
    assert refused(record) == []


def test_a_package_of_a_version_without_them_names_none():
    """SageMaker refuses an empty member."""
    assert {"ModelMetrics", "MetadataProperties"}.isdisjoint(requests.package_request(PLACE, RECORD))


@pytest.mark.parametrize("revision", ["a?b", "rows#1", "a\tb", "ä|ö", "x" * 257, "dvc:{rev}", "snow☃"])
def test_a_data_revision_that_a_package_cannot_carry_is_refused(revision):
    (why,) = refused(with_data(revision))

    assert why.startswith("sagemaker:CreateModelPackage: Value ")
    assert f"'{{data={revision}}}' at 'customerMetadataProperties'" in why


@pytest.mark.parametrize("revision", ["sha256:rows", "größe/2013 q1", "s3://bucket/data@5=7+1", "x" * 256])
def test_a_data_revision_that_a_package_can_carry_is_taken(revision):
    assert refused(with_data(revision)) == []


def test_a_version_whose_model_could_not_be_named_is_refused():
    long = msgspec.structs.replace(RECORD, version=parse_version("v1.0." + "1" * 45))

    assert any(why.startswith("sagemaker:CreateModel: ") and "modelName" in why for why in refused(long))


def test_a_content_type_that_a_package_cannot_list_is_refused():
    samples = Samples(digest=DIGEST, count=1, content_types=("text/csv",), accepts=("json",))

    (why,) = refused(msgspec.structs.replace(RECORD, samples=samples))

    assert "supportedResponseMIMETypes" in why


@pytest.mark.parametrize(
    ("sample", "member"),
    [
        (Sample(content_type="text/csv\u2028", body="1"), "contentType"),
        (Sample(content_type="x" * 1025, body="1"), "contentType"),
        (Sample(content_type="text/csv", body="x" * 6_291_457), "body"),
    ],
)
def test_a_sample_that_could_not_be_sent_is_refused(sample, member):
    why = refused(samples=(sample,))

    assert any(each.startswith("sagemaker-runtime:InvokeEndpoint: ") and member in each for each in why)


def test_a_pattern_that_a_newer_botocore_brings_is_a_sentence(monkeypatch):
    def unread(*_):
        raise UnsupportedPatternError(r"'a\\G', from '\\G' on")
        yield

    monkeypatch.setattr(check, "violations", unread)

    with pytest.raises(InvalidError, match=r"CreateModelPackage has a pattern .* update modelctl"):
        refused()
