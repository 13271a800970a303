"""ECR: repositories, and images in them.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
"""

from collections.abc import Iterator

from sandbox.iam.core.access import Need
from sandbox.iam.operation import Operation
from sandbox.iam.permissions.keys import through
from sandbox.iam.permissions.rule import Estate, Rule, Rules, derived

_REPOSITORY = "arn:aws:ecr:{region}:{account}:repository/{}"
_DERIVED = derived(
    "ecr",
    "ecr",
    {"repositoryName": _REPOSITORY, "repositoryNames": _REPOSITORY, "resourceArn": ""},
    (
        *("CreateRepository", "DescribeRepositories", "DeleteRepository"),
        *("PutImageTagMutability", "PutImageScanningConfiguration"),
        *("SetRepositoryPolicy", "GetRepositoryPolicy", "DeleteRepositoryPolicy"),
        *("PutLifecyclePolicy", "GetLifecyclePolicy", "DeleteLifecyclePolicy"),
        *("ListTagsForResource", "TagResource", "UntagResource"),
        *("DescribeImages", "ListImages", "PutImage", "BatchGetImage", "BatchDeleteImage"),
        *("BatchCheckLayerAvailability", "GetDownloadUrlForLayer"),
        *("InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload"),
        "GetAuthorizationToken",
    ),
    tagging="TagResource",
)


def _in_registry(rule: Rule) -> Rule:
    """`registryId` names another account's registry."""

    def elsewhere(operation: Operation, estate: Estate) -> Iterator[Need]:
        registry = operation.text("registryId")
        for need in rule(operation, estate):
            own = f":{operation.account}:repository/"
            resource = need.resource.replace(own, f":{registry or operation.account}:repository/")
            yield Need(need.action, resource, need.context)

    return elsewhere


def _create_repository(operation: Operation, estate: Estate) -> Iterator[Need]:
    """ECR describes the key and makes itself grants on it, as the caller (userguide/encryption-at-rest.html)."""
    yield from _DERIVED["CreateRepository"](operation, estate)
    encryption = operation.members.get("encryptionConfiguration") or {}
    if key := encryption.get("kmsKey"):
        arn = estate.key_arn(operation.account, operation.region, key)
        yield through("ecr", operation.region, "DescribeKey", arn)
        yield through("ecr", operation.region, "CreateGrant", arn)


RULES: Rules = {
    **{call: _in_registry(rule) for call, rule in _DERIVED.items()},
    "CreateRepository": _create_repository,
}
