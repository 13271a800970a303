"""What the sandbox's accounts hold, as far as permissions depend on it: read from moto, under the cloud's lock."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from moto.applicationautoscaling.models import applicationautoscaling_backends
from moto.ecr.models import ecr_backends
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.kms.utils import KEY_ID_LEN
from moto.s3.exceptions import S3ClientError
from moto.s3.models import s3_backends
from moto.sns.models import sns_backends

from sandbox.iam.arn import parse
from sandbox.iam.callers import find_role
from sandbox.iam.core.access import Context, Owned, Value
from sandbox.iam.core.document import Policy, read

if TYPE_CHECKING:
    import threading

_PARTITION = "aws"


class Estate:
    """The accounts; every use is under one lock, since moto knows no threads."""

    def __init__(
        self, lock: "threading.RLock", tags: Mapping[str, Callable[[str], Mapping[str, str]]]
    ) -> None:
        """`tags`: by service, what gives the tags of a resource by its ARN; of services that moto does not hold."""
        self._lock = lock
        self._tags = tags

    def owned(self, action: str, resource: str, account: str) -> Owned:
        """Whose a resource is, and its own policy; what names no account is the caller's. Raises PolicyError."""
        service, region, owner, name = parse(resource)
        with self._lock:
            match service:
                case "s3":
                    return _bucket(name.partition("/")[0], account)
                case "kms" if key := kms_backends[owner][region].keys.get(name.removeprefix("key/")):
                    return Owned(owner, read(key.policy, f"the policy of key {key.id}"), gated=True)
                case "ecr":
                    repository = name.removeprefix("repository/")
                    repository_found = ecr_backends[owner][region].repositories.get(repository)
                    return Owned(
                        owner,
                        _read(
                            repository_found.policy if repository_found else None,
                            f"the policy of repository {repository}",
                        ),
                    )
                case "sns":
                    topic = sns_backends[owner][region].topics.get(resource)
                    return Owned(owner, _read(topic.policy if topic else None, f"the policy of topic {name}"))
                case "iam" if action == "sts:AssumeRole":
                    role = find_role(resource)
                    trust = role and role.assume_role_policy_document
                    return Owned(owner, _read(trust, f"the trust policy of {name}"), gated=True)
        return Owned(owner or account)

    def context(self, resource: str) -> Context:
        """What is known of the resource itself: of a key its aliases and tags, of a connection its tags."""
        service, region, owner, name = parse(resource)
        if service in self._tags:
            return _tagged(self._tags[service](resource))
        if service != "kms" or not name.startswith("key/"):
            return Context()
        with self._lock:
            backend, key = kms_backends[owner][region], name.removeprefix("key/")
            key_found = backend.keys.get(key)
            tags = backend.tagger.get_tag_dict_for_resource(key)
            aliases = sorted(alias for alias, target in _aliases(backend).items() if target == key)
        return _tagged(tags) | Context({"kms:resourcealiases": tuple(aliases) if key_found else None})

    def key_arn(self, account: str, region: str, name: str) -> str:
        with self._lock:
            if name.startswith("arn:"):
                _, region, account, name = parse(name)
            short = name.removeprefix("key/")
            if short.startswith("alias/"):
                target = _aliases(kms_backends[account][region]).get(short)
                short = target or short
            kind = "" if short.startswith("alias/") else "key/"
            return f"arn:aws:kms:{region}:{account}:{kind}{short}"

    def ciphertext_key(self, blob: bytes) -> str:
        return blob[:KEY_ID_LEN].decode(errors="replace")

    def alias_target(self, account: str, region: str, alias: str) -> str:
        with self._lock:
            target = _aliases(kms_backends[account][region]).get(alias)
        return f"arn:aws:kms:{region}:{account}:key/{target}" if target else ""

    def role_arn(self, account: str, name: str) -> str:
        with self._lock:
            roles = iam_backends[account][_PARTITION].roles.values()
            path = next((role.path for role in roles if role.name == name), "/")
        return f"arn:aws:iam::{account}:role{path}{name}"

    def bucket_key(self, bucket: str) -> str:
        with self._lock:
            owner = s3_backends.bucket_accounts.get(bucket)
            stored = s3_backends[owner[1]][_PARTITION].buckets.get(bucket) if owner else None
            rule = ((stored and stored.encryption) or {}).get("Rule", {})
        default = rule.get("ApplyServerSideEncryptionByDefault", {})
        return str(default.get("KMSMasterKeyID") or "") if default.get("SSEAlgorithm") == "aws:kms" else ""

    def object_key(self, bucket: str, key: str, version: str) -> str | None:
        with self._lock:
            owner = s3_backends.bucket_accounts.get(bucket)
            if owner is None:
                return ""
            try:
                stored = s3_backends[owner[1]][_PARTITION].get_object(bucket, key, version_id=version or None)
            except S3ClientError:
                stored = None
            if stored is None:
                return None
            encrypted = stored.encryption == "aws:kms"
            return str(stored.kms_key_id or "") if encrypted else ""

    def scalable_target(self, account: str, region: str, resource: str) -> str:
        with self._lock:
            for of_dimension in applicationautoscaling_backends[account][region].targets.values():
                if resource in of_dimension:
                    return str(of_dimension[resource].arn)
        return f"arn:aws:application-autoscaling:{region}:{account}:scalable-target/*"

    def has_scaling_role(self, account: str) -> bool:
        with self._lock:
            backends = applicationautoscaling_backends[account].values()
            return any(targets for backend in backends for targets in backend.targets.values())


def _tagged(tags: Mapping[str, str]) -> Context:
    values: dict[str, Value] = {f"aws:resourcetag/{tag.lower()}": value for tag, value in tags.items()}
    return Context(values, ("aws:resourcetag/",))


def _bucket(name: str, account: str) -> Owned:
    owner = s3_backends.bucket_accounts.get(name)
    if owner is None:
        return Owned(account)
    policy = s3_backends[owner[1]][_PARTITION].buckets[name].policy
    return Owned(owner[1], _read(policy.decode() if policy else None, f"the policy of bucket {name}"))


def _aliases(backend: Any) -> dict[str, str]:
    """Alias to key id."""
    return {alias: key.id for key in backend.keys.values() for alias in key.aliases}


def _read(text: str | None, name: str) -> Policy | None:
    return read(text, name) if text else None
