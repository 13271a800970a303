"""What the registry promises: private, encrypted under one key, nothing that matters deleted by age or by mistake."""

import re

import pytest

BUCKET = "aws:s3/bucket:Bucket"
BUCKETS = ["flights-prod-registry", "flights-prod-logs"]
POLICY = "aws:s3/bucketPolicy:BucketPolicy"
KEY = "aws:kms/key:Key"
KEY_ARN = "arn:test:aws:kms/key:Key:flights-prod"


def statement(policy, sid):
    return next(statement for statement in policy["Statement"] if statement["Sid"] == sid)


@pytest.mark.parametrize("name", BUCKETS)
def test_no_bucket_can_be_made_public(prod, name):
    block = prod.only("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", name).inputs
    assert all(
        block[key] is True
        for key in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    )


@pytest.mark.parametrize("name", BUCKETS)
def test_no_bucket_answers_without_tls(prod, name):
    bucket = prod.only(BUCKET, name).inputs["bucket"]
    denial = statement(prod.only(POLICY, name).document("policy"), "OnlyOverTls")
    assert denial == {
        "Sid": "OnlyOverTls",
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


@pytest.mark.parametrize("name", BUCKETS)
def test_no_bucket_policy_allows_anyone_but_log_delivery(prod, name):
    allowed = [
        statement["Principal"]
        for statement in prod.only(POLICY, name).document("policy")["Statement"]
        if statement["Effect"] == "Allow"
    ]
    assert allowed == ([{"Service": "logging.s3.amazonaws.com"}] if name == "flights-prod-logs" else [])


@pytest.mark.parametrize("name", BUCKETS)
def test_acls_are_off(prod, name):
    rule = prod.only("aws:s3/bucketOwnershipControls:BucketOwnershipControls", name).inputs["rule"]
    assert rule == {"objectOwnership": "BucketOwnerEnforced"}


def test_objects_are_encrypted_under_the_registrys_key(prod):
    rules = prod.only(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "flights-prod-registry",
    ).inputs["rules"]
    assert rules == [
        {
            "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY_ARN},
            "bucketKeyEnabled": True,
        }
    ]


def test_another_key_is_refused_but_no_key_named_is_not(prod):
    """A denial on a header that is absent would refuse every plain upload."""
    condition = statement(prod.only(POLICY, "flights-prod-registry").document("policy"), "OnlyUnderTheKey")[
        "Condition"
    ]
    header = "s3:x-amz-server-side-encryption-aws-kms-key-id"
    assert condition == {"Null": {header: "false"}, "StringNotEquals": {header: KEY_ARN}}


def test_records_evidence_and_journal_can_only_be_written_conditionally(prod):
    denial = statement(prod.only(POLICY, "flights-prod-registry").document("policy"), "OnlyConditionalWrites")
    assert [resource.rpartition(":::")[2].split("/", 1)[1] for resource in denial["Resource"]] == [
        "journal/*",
        "versions/*",
        "evidence/*",
    ]
    assert denial["Condition"] == {"Null": {"s3:if-match": "true", "s3:if-none-match": "true"}}


def test_records_evidence_and_journal_are_never_deleted_nor_are_their_earlier_versions(prod):
    denial = statement(
        prod.only(POLICY, "flights-prod-registry").document("policy"), "RecordsAndJournalsAreNeverDeleted"
    )
    assert (denial["Effect"], denial["Principal"]) == ("Deny", {"AWS": "*"})
    assert denial["Action"] == ["s3:DeleteObject", "s3:DeleteObjectVersion"]
    assert [resource.rpartition(":::")[2].split("/", 1)[1] for resource in denial["Resource"]] == [
        "journal/*",
        "versions/*",
        "evidence/*",
    ]
    assert "Condition" not in denial


def test_the_registry_bucket_is_versioned(prod):
    versioning = prod.only("aws:s3/bucketVersioning:BucketVersioning", "flights-prod-registry").inputs
    assert versioning["versioningConfiguration"] == {"status": "Enabled"}


def test_nothing_current_in_the_registry_expires_but_what_is_captured(prod):
    rules = prod.only(
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "flights-prod-registry"
    ).inputs["rules"]
    assert [rule for rule in rules if rule["id"] != "capture"] == [
        {
            "id": "replaced-or-abandoned",
            "status": "Enabled",
            "filter": {},
            "noncurrentVersionExpiration": {"noncurrentDays": 365},
            "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
        }
    ]


def test_access_is_logged_into_a_bucket_of_its_own(prod):
    logging = prod.only("aws:s3/bucketLogging:BucketLogging").inputs
    assert logging["bucket"] == "flights-prod-registry-222222222222-eu-west-1"
    assert logging["targetBucket"] == "flights-prod-logs-222222222222-eu-west-1"


def test_only_this_registrys_access_logs_are_accepted(prod):
    delivery = statement(prod.only(POLICY, "flights-prod-logs").document("policy"), "AccessLogsOfTheRegistry")
    assert delivery["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "222222222222"},
        "ArnEquals": {"aws:SourceArn": "arn:aws:s3:::flights-prod-registry-222222222222-eu-west-1"},
    }


def test_the_key_rotates(prod):
    assert prod.only(KEY).inputs["enableKeyRotation"] is True


def test_the_key_is_only_for_its_own_account_and_for_what_its_alarms_say(prod):
    principals = [statement["Principal"] for statement in prod.only(KEY).document("policy")["Statement"]]
    own = {"AWS": "arn:aws:iam::222222222222:root"}
    assert principals == [own, own, own, {"Service": "cloudwatch.amazonaws.com"}]


def test_the_key_policy_names_every_action(prod):
    actions = [action for each in prod.only(KEY).document("policy")["Statement"] for action in each["Action"]]
    assert [action for action in actions if "*" in action] == []


def test_data_is_used_only_through_the_services_that_hold_it(prod):
    policy = prod.only(KEY).document("policy")
    services = ("s3", "ecr", "sagemaker", "sns")
    through = {"kms:ViaService": [f"{name}.eu-west-1.amazonaws.com" for name in services]}
    assert statement(policy, "UseThroughServices")["Condition"]["StringEquals"] == through
    assert statement(policy, "GrantsForServices")["Condition"]["StringEquals"] == through
    assert not {"kms:Decrypt", "kms:GenerateDataKey"} & set(statement(policy, "Administration")["Action"])


def test_an_images_tag_never_moves(prod):
    assert prod.only("aws:ecr/repository:Repository").inputs["imageTagMutability"] == "IMMUTABLE"


def test_images_are_scanned_and_encrypted_under_the_key(prod):
    repository = prod.only("aws:ecr/repository:Repository").inputs
    assert repository["imageScanningConfiguration"] == {"scanOnPush": True}
    assert repository["encryptionConfigurations"] == [{"encryptionType": "KMS", "kmsKey": KEY_ARN}]


def test_no_image_expires_while_an_endpoint_may_pull_it(prod):
    assert prod.of_type("aws:ecr/lifecyclePolicy:LifecyclePolicy") == []


def test_what_cannot_be_made_again_is_protected_in_prod(prod):
    protected = {resource.type for resource in prod.resources if resource.protect}
    assert {
        BUCKET,
        KEY,
        "aws:ecr/repository:Repository",
        "aws:sagemaker/modelPackageGroup:ModelPackageGroup",
    } <= protected
    assert prod.only(BUCKET, "flights-prod-registry").inputs["forceDestroy"] is False
    assert prod.only("aws:ecr/repository:Repository").inputs["forceDelete"] is False


def test_staging_can_be_destroyed_with_what_is_in_it(staging):
    """But for the data of models that may serve elsewhere."""
    protected = [resource for resource in staging.resources if resource.protect]
    assert {each.name for each in protected} == {"flights-data"}
    assert staging.only(BUCKET, "flights-staging-registry").inputs["forceDestroy"] is True


def test_only_what_others_must_find_has_a_name_of_its_own(prod):
    """A physical name blocks replacement, so only those of docs/architecture.md's table are given."""
    named = {
        resource.type
        for resource in prod.resources
        for key in ("name", "bucket", "modelPackageGroupName", "endpointName")
        if resource.inputs.get(key)
    }
    attached = {
        kind for kind in named if re.fullmatch(r"aws:s3/bucket.+:Bucket.+", kind)
    }  # to a bucket, by its name
    assert named - attached == {
        BUCKET,
        "aws:ecr/repository:Repository",
        "aws:kms/alias:Alias",
        "aws:sagemaker/modelPackageGroup:ModelPackageGroup",
        "aws:sns/topic:Topic",
        "modeldelivery:index:Endpoint",
    }


def test_the_package_group_says_who_approves_versions_beside_the_tags_of_everything(staging, prod):
    """Whoever runs `modelctl` has no config of this program."""
    groups = [
        each.only("aws:sagemaker/modelPackageGroup:ModelPackageGroup").inputs for each in (staging, prod)
    ]
    assert [each["tags"]["model-delivery:approval"] for each in groups] == ["gates", "person"]
    assert {each["tags"]["managed-by"] for each in groups} == {"pulumi"}
