"""What each type of resource is to a reviewer: what it is called, and what is lost with it.

A type that is not in the table is taken for one that holds something: nothing unknown is ever shown as harmless.
"""

from enum import StrEnum

import msgspec

ENDPOINT = "modeldelivery:index:Endpoint"
MODEL = "aws:sagemaker/model:Model"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
SCALING_TARGET = "aws:appautoscaling/target:Target"
SCALING_POLICY = "aws:appautoscaling/policy:Policy"
BUCKET = "aws:s3/bucket:Bucket"
KEY = "aws:kms/key:Key"
REPOSITORY = "aws:ecr/repository:Repository"


class Nature(StrEnum):
    """What is lost when a resource goes."""

    HOLDS = "holds"  # data, keys or traffic
    GUARDS = "guards"  # others are less safe without it
    PLAIN = "plain"  # it can be made again as it was


class ResourceKind(msgspec.Struct, frozen=True):
    """`words` is what a reviewer calls it; `known` is false for a type that the table does not have."""

    words: str
    nature: Nature
    known: bool = True


_KINDS = {
    ENDPOINT: ResourceKind("endpoint", Nature.HOLDS),
    BUCKET: ResourceKind("bucket", Nature.HOLDS),
    KEY: ResourceKind("encryption key", Nature.HOLDS),
    REPOSITORY: ResourceKind("image repository", Nature.HOLDS),
    "aws:sagemaker/modelPackageGroup:ModelPackageGroup": ResourceKind("model package group", Nature.HOLDS),
    "aws:s3/bucketPolicy:BucketPolicy": ResourceKind("bucket policy", Nature.GUARDS),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": ResourceKind(
        "public access block", Nature.GUARDS
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": ResourceKind("bucket ownership", Nature.GUARDS),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": ResourceKind(
        "bucket encryption", Nature.GUARDS
    ),
    "aws:s3/bucketVersioning:BucketVersioning": ResourceKind("bucket versioning", Nature.GUARDS),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": ResourceKind(
        "bucket lifecycle", Nature.GUARDS
    ),
    "aws:s3/bucketLogging:BucketLogging": ResourceKind("access logging", Nature.GUARDS),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": ResourceKind("repository policy", Nature.GUARDS),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": ResourceKind("repository lifecycle", Nature.GUARDS),
    ALARM: ResourceKind("alarm", Nature.GUARDS),
    "aws:kms/alias:Alias": ResourceKind("key alias", Nature.PLAIN),
    "aws:iam/role:Role": ResourceKind("role", Nature.PLAIN),
    "aws:iam/rolePolicy:RolePolicy": ResourceKind("role policy", Nature.PLAIN),
    "aws:iam/policy:Policy": ResourceKind("IAM policy", Nature.PLAIN),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": ResourceKind("policy attachment", Nature.PLAIN),
    MODEL: ResourceKind("model", Nature.PLAIN),
    SCALING_TARGET: ResourceKind("scaling target", Nature.PLAIN),
    SCALING_POLICY: ResourceKind("scaling policy", Nature.PLAIN),
}

_WORDS = {kind.words for kind in _KINDS.values()} | {"provider", "version"}


def kind_of(type_: str) -> ResourceKind:
    """A type's place in the table; providers are the engine's own, and hold nothing."""
    if type_.startswith("pulumi:providers:"):
        return ResourceKind("provider", Nature.PLAIN)
    return _KINDS.get(type_) or ResourceKind(type_, Nature.HOLDS, known=False)


def rank(type_: str) -> int:
    """What a reviewer wants to read of first: the endpoint, then what is not known, then the table's order."""
    order = list(_KINDS)
    return order.index(type_) * 2 if type_ in _KINDS else 1


def is_ours(words: str) -> bool:
    """Whether they are this table's words, and not a type that came with a document."""
    return words in _WORDS


def is_component(type_: str, *, custom: bool, project: str) -> bool:
    """Whether it is only a name that others stand under: the stack itself, or a component of this project."""
    return not custom and (type_ == "pulumi:pulumi:Stack" or type_.startswith(f"{project}:"))
