"""What holds data is encrypted and open to nobody else."""

import json

import pytest

from modeldelivery.policy.rules.iam import IAM_WILDCARDS
from modeldelivery.policy.rules.storage import PRIVATE_STORAGE
from modeldelivery.policy.stack import UNKNOWN
from tests.unit.policy.found import endpoint, resource, whats

KEYED = [
    ("modeldelivery:index:Endpoint", "kmsKeyArn"),
    ("aws:sagemaker/endpointConfiguration:EndpointConfiguration", "kmsKeyArn"),
    ("aws:sns/topic:Topic", "kmsMasterKeyId"),
    ("aws:sqs/queue:Queue", "kmsMasterKeyId"),
    ("aws:cloudwatch/logGroup:LogGroup", "kmsKeyId"),
]
OPENED_BY_A_POLICY = [
    "aws:s3/bucket:Bucket",
    "aws:s3/bucketV2:BucketV2",
    "aws:s3/bucketPolicy:BucketPolicy",
    "aws:ecr/repositoryPolicy:RepositoryPolicy",
    "aws:kms/key:Key",
    "aws:kms/keyPolicy:KeyPolicy",
    "aws:sns/topic:Topic",
    "aws:sns/topicPolicy:TopicPolicy",
    "aws:sqs/queue:Queue",
    "aws:sqs/queuePolicy:QueuePolicy",
]
REPOSITORY = "aws:ecr/repository:Repository"
GROUPS = "http://acs.amazonaws.com/groups/"


def bucket_policy(effect, principal):
    statement = {
        "Effect": effect,
        "Principal": principal,
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::b/*",
    }
    return resource("aws:s3/bucketPolicy:BucketPolicy", policy=json.dumps({"Statement": [statement]}))


@pytest.mark.parametrize(("kind", "key"), KEYED)
def test_without_its_key_it_is_found(kind, key):
    assert whats(PRIVATE_STORAGE, resource(kind)) == [key]


@pytest.mark.parametrize(("kind", "key"), KEYED)
@pytest.mark.parametrize("value", ["arn:key", UNKNOWN])
def test_with_a_key_known_or_not_yet_it_is_not(kind, key, value):
    assert whats(PRIVATE_STORAGE, resource(kind, **{key: value})) == []


@pytest.mark.parametrize("given", [None, [], [{"encryptionType": "AES256"}], [{}]])
def test_a_repository_without_kms_is_found(given):
    assert whats(PRIVATE_STORAGE, resource(REPOSITORY, encryptionConfigurations=given)) == [
        "encryptionConfigurations"
    ]


@pytest.mark.parametrize("given", [[{"encryptionType": "KMS"}], [{"encryptionType": "KMS_DSSE"}], UNKNOWN])
def test_a_repository_under_kms_is_not(given):
    assert whats(PRIVATE_STORAGE, resource(REPOSITORY, encryptionConfigurations=given)) == []


@pytest.mark.parametrize("acl", ["public-read", "public-read-write", "authenticated-read"])
def test_a_public_acl_is_found_on_buckets_and_objects(acl):
    for kind in ("bucket:Bucket", "bucketAcl:BucketAcl", "bucketObjectv2:BucketObjectv2"):
        assert whats(PRIVATE_STORAGE, resource(f"aws:s3/{kind}", acl=acl)) == [f"acl {acl}"]


@pytest.mark.parametrize("group", ["global/AllUsers", "global/AuthenticatedUsers"])
def test_a_grant_to_everybody_is_found(group):
    grants = [{"grantee": {"type": "Group", "uri": GROUPS + group}, "permission": "READ"}]
    acl = resource("aws:s3/bucketAcl:BucketAcl", accessControlPolicy={"grants": grants})
    assert whats(PRIVATE_STORAGE, acl) == [f"acl {GROUPS}{group}"]


def test_a_private_acl_and_a_grant_to_the_log_service_are_not():
    grants = [{"grantee": {"type": "Group", "uri": f"{GROUPS}s3/LogDelivery"}, "permission": "WRITE"}]
    assert whats(PRIVATE_STORAGE, resource("aws:s3/bucketAcl:BucketAcl", acl="private")) == []
    assert (
        whats(PRIVATE_STORAGE, resource("aws:s3/bucketAcl:BucketAcl", accessControlPolicy={"grants": grants}))
        == []
    )


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}, {"AWS": ["arn:aws:iam::1:root", "*"]}])
def test_a_policy_that_lets_everybody_in_is_found(principal):
    assert whats(PRIVATE_STORAGE, bucket_policy("Allow", principal)) == ["principal *: s3:GetObject"]


@pytest.mark.parametrize("kind", OPENED_BY_A_POLICY)
def test_whatever_data_a_policy_opens_to_everybody_is_found_and_by_one_rule(kind):
    statement = {"Effect": "Allow", "Principal": "*", "Action": "x:Read", "Resource": "arn:aws:x:::named"}
    result = resource(kind, policy=json.dumps({"Statement": [statement]}))
    assert "principal *: x:Read" in whats(PRIVATE_STORAGE, result)
    assert whats(IAM_WILDCARDS, result) == []


@pytest.mark.parametrize(
    ("effect", "principal"),
    [
        ("Deny", "*"),
        ("Allow", {"AWS": "arn:aws:iam::1:root"}),
        ("Allow", {"Service": "logging.s3.amazonaws.com"}),
    ],
)
def test_a_denial_to_all_and_an_allowance_to_one_are_not(effect, principal):
    assert whats(PRIVATE_STORAGE, bucket_policy(effect, principal)) == []


def test_the_projects_endpoint_is_encrypted():
    assert whats(PRIVATE_STORAGE, endpoint("v1.0.0")) == []
