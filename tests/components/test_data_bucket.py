"""What the data bucket promises: private, under a key of its own, and a revision that never changes."""

import pytest

BUCKET = "aws:s3/bucket:Bucket"
KEY = "aws:kms/key:Key"
POLICY = "aws:s3/bucketPolicy:BucketPolicy"
NAME = "flights-data"
KEY_ARN = f"arn:test:{KEY}:{NAME}"
DATASETS = "arn:aws:s3:::flights-data-111111111111-eu-west-1/datasets/*"


def statements(recorder):
    document = recorder.only(POLICY, NAME).document("policy")
    return {statement["Sid"]: statement for statement in document["Statement"]}


def test_it_is_where_models_are_trained_and_nowhere_else(staging, prod):
    assert staging.only(BUCKET, NAME).inputs["bucket"] == "flights-data-111111111111-eu-west-1"
    assert staging.exports["dataBucket"] == "flights-data-111111111111-eu-west-1"
    assert NAME not in {resource.name for resource in prod.resources}
    assert "dataBucket" not in prod.exports


def test_data_is_protected_where_the_environment_is_not(staging, run):
    assert staging.only(KEY, "flights-staging").protect is False
    for kind in ("model-delivery:index:PrivateBucket", BUCKET, KEY):
        assert staging.only(kind, NAME).protect is True
    assert staging.only(BUCKET, NAME).inputs["forceDestroy"] is False
    let_go = run("staging", data='{"bucket": true, "protect": false}')
    assert let_go.only(KEY, NAME).protect is False
    assert let_go.only(BUCKET, NAME).inputs["forceDestroy"] is True


def test_it_is_encrypted_under_a_key_of_its_own_that_neither_images_nor_alarms_use(staging):
    rules = staging.only(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration", NAME
    ).inputs["rules"]
    assert rules[0]["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"] == KEY_ARN
    policy = staging.only(KEY, NAME).document("policy")
    used = next(each for each in policy["Statement"] if each["Sid"] == "UseThroughServices")
    assert used["Condition"]["StringEquals"]["kms:ViaService"] == [
        "s3.eu-west-1.amazonaws.com",
        "sagemaker.eu-west-1.amazonaws.com",
    ]
    assert "AlarmsThroughTopics" not in {each["Sid"] for each in policy["Statement"]}
    assert statements(staging)["OnlyUnderTheKey"]["Condition"]["StringNotEquals"] == {
        "s3:x-amz-server-side-encryption-aws-kms-key-id": KEY_ARN
    }


def test_it_is_private_and_answers_over_tls_only(staging):
    block = staging.only("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", NAME).inputs
    assert all(
        block[key] is True
        for key in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    )
    assert statements(staging)["OnlyOverTls"]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert {statement["Effect"] for statement in statements(staging).values()} == {"Deny"}


def test_a_revision_is_written_once_and_never_deleted(staging):
    written = statements(staging)["OnlyConditionalWrites"]
    assert (written["Action"], written["Resource"]) == ("s3:PutObject", DATASETS)
    assert written["Condition"] == {"Null": {"s3:if-none-match": "true"}}
    kept = statements(staging)["DatasetsAreNeverDeleted"]
    assert (kept["Action"], kept["Resource"]) == (["s3:DeleteObject", "s3:DeleteObjectVersion"], DATASETS)


def test_nothing_current_expires_and_what_was_deleted_can_be_got_back_for_a_year(staging):
    assert staging.only("aws:s3/bucketVersioning:BucketVersioning", NAME).inputs[
        "versioningConfiguration"
    ] == {"status": "Enabled"}
    (rule,) = staging.only("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", NAME).inputs[
        "rules"
    ]
    assert rule["noncurrentVersionExpiration"] == {"noncurrentDays": 365}
    assert "expiration" not in rule


@pytest.mark.parametrize("kind", [KEY, BUCKET])
def test_its_tags_say_whose_it_is(staging, kind):
    assert staging.only(kind, NAME).inputs["tags"]["owner"] == "ml-platform"
