"""What holds data is encrypted and open to nobody else."""

from collections.abc import Mapping

from modeldelivery.catalogue.table import kind_of
from modeldelivery.catalogue.tokens import REPOSITORY
from modeldelivery.policy.document import documents
from modeldelivery.policy.finding import Finding, Found, Level, ResourceRule
from modeldelivery.policy.stack import UNKNOWN, Environment, Resource

_PUBLIC_ACLS = {"public-read", "public-read-write", "authenticated-read"}
_PUBLIC_GROUPS = ("/AllUsers", "/AuthenticatedUsers")


def _judge(resource: Resource, _: Environment) -> Found:
    yield from _unencrypted(resource)
    yield from _public_acl(resource)
    if kind_of(resource.type).data_policy:
        yield from _public_policy(resource)


def _unencrypted(resource: Resource) -> Found:
    key = kind_of(resource.type).encryption_key
    if key and not resource.props.get(key):
        yield Finding(
            resource=resource,
            what=key,
            text=f"{resource.name} is not encrypted under the environment's key.",
            fix=f"pass `{key}`, the ARN of the registry's key",
        )
    if resource.type == REPOSITORY and not _under_kms(resource):
        yield Finding(
            resource=resource,
            what="encryptionConfigurations",
            text=f"images in {resource.name} are not encrypted under a KMS key.",
            fix='`encryption_configurations=[{"encryption_type": "KMS", "kms_key": key.arn}]`; it replaces the repository',
        )


def _under_kms(repository: Resource) -> bool:
    configurations = repository.props.get("encryptionConfigurations")
    if configurations is UNKNOWN:
        return True  # it is given, and ECR knows no other kind that a program would have to wait for
    return any(str(each.get("encryptionType", "")).startswith("KMS") for each in configurations or ())


def _public_acl(resource: Resource) -> Found:
    if not resource.type.startswith("aws:s3/"):
        return
    acl = resource.props.get("acl")
    grants = (resource.props.get("accessControlPolicy") or {}).get("grants") or ()
    groups = [uri for grant in grants if (uri := _grantee(grant)).endswith(_PUBLIC_GROUPS)]
    for public in [acl] if acl in _PUBLIC_ACLS else groups:
        yield Finding(
            resource=resource,
            what=f"acl {public}",
            text=f"{resource.name} is public through its ACL.",
            fix="take the ACL away, and own the bucket's objects with BucketOwnershipControls `BucketOwnerEnforced`",
        )


def _grantee(grant: Mapping[str, object]) -> str:
    grantee = grant.get("grantee")
    return str(grantee.get("uri", "")) if isinstance(grantee, Mapping) else ""


def _public_policy(resource: Resource) -> Found:
    for document in documents(resource):
        if not isinstance(document.statements, tuple):
            continue  # iam-wildcards says so
        for statement in document.statements:
            for principal in statement.anyone:
                for action in statement.actions:
                    yield Finding(
                        resource=resource,
                        what=f"principal {principal}: {action}",
                        text=f"{resource.name} lets anybody in the world {action}, as far as its conditions do not forbid.",
                        fix="name the accounts or services in `Principal`",
                    )


PRIVATE_STORAGE = ResourceRule(
    name="private-storage",
    level=Level.MANDATORY,
    reason="Models, images and captured requests are the customers' data: encrypted, and nobody else's.",
    fix="pass the environment's KMS key; no public ACL; name accounts and services in a policy's `Principal`",
    judge=_judge,
)
