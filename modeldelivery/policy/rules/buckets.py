"""What makes a bucket private stands in resources beside it; a bucket without one of them is not."""

from modeldelivery.catalogue.tokens import (
    BUCKET_ENCRYPTIONS,
    BUCKET_POLICY,
    BUCKETS,
    PUBLIC_ACCESS_BLOCK,
)
from modeldelivery.policy.document import Statement, documents
from modeldelivery.policy.finding import Finding, Found, Level, NotKnown, StackRule
from modeldelivery.policy.stack import UNKNOWN, Resource, Stack

_BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_WITHOUT_TLS = [{"bool": {"aws:securetransport": (false,)}} for false in ("false", "False")]


def _judge(stack: Stack) -> Found:
    for bucket in stack.of(*BUCKETS):
        yield from _encryption(bucket, stack)
        yield from _block(bucket, stack)
        yield from _tls(bucket, stack)


def _beside(bucket: Resource, stack: Stack, *types: str) -> list[Resource]:
    return [each for each in stack.of(*types) if each.belongs_to(bucket, "bucket")]


def _encryption(bucket: Resource, stack: Stack) -> Found:
    if not _beside(bucket, stack, *BUCKET_ENCRYPTIONS):
        yield Finding(
            resource=bucket,
            what="encryption",
            text=f"{bucket.name} has no BucketServerSideEncryptionConfiguration.",
            fix="declare it with `components.bucket.PrivateBucket`, which has one",
        )


def _block(bucket: Resource, stack: Stack) -> Found:
    block = _beside(bucket, stack, PUBLIC_ACCESS_BLOCK)
    open_ = [key for key in _BLOCKS if not any(each.props.get(key) in {True, UNKNOWN} for each in block)]
    if open_:
        yield Finding(
            resource=bucket,
            what="public access block",
            text=f"{bucket.name} has no full BucketPublicAccessBlock: {', '.join(open_)} missing.",
            fix="declare it with `components.bucket.PrivateBucket`, or set all four to true",
        )


def _tls(bucket: Resource, stack: Stack) -> Found:
    for policy in _beside(bucket, stack, BUCKET_POLICY):
        for document in documents(policy):
            if document.statements is UNKNOWN:
                yield NotKnown(resource=policy, what=document.key)
                return
            if isinstance(document.statements, tuple) and any(map(_only_over_tls, document.statements)):
                return
    yield Finding(
        resource=bucket,
        what="tls",
        text=f"no policy of {bucket.name} refuses what comes without TLS.",
        fix="declare it with `components.bucket.PrivateBucket`, whose policy denies `s3:*` where `aws:SecureTransport` is "
        "false",
    )


def _only_over_tls(statement: Statement) -> bool:
    """A denial of everything, to everybody, on the bucket and its objects, without TLS."""
    return (
        statement.effect == "Deny"
        and "*" in statement.principals
        and bool({"s3:*", "*"} & set(statement.actions))
        and statement.condition in _WITHOUT_TLS
        and (
            "*" in statement.resources
            or (
                any(resource.endswith("/*") for resource in statement.resources)
                and any("/" not in resource for resource in statement.resources)
            )
        )
    )


PRIVATE_BUCKETS = StackRule(
    name="private-buckets",
    level=Level.MANDATORY,
    reason="A bucket is private by what stands beside it: encryption, the public access block, and a denial without TLS.",
    fix="declare the bucket with `components.bucket.PrivateBucket`",
    judge=_judge,
)
