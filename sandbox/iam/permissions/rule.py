"""What a call needs: written down for each call in use, derived from botocore's model where its members say it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol

from botocore.model import OperationModel

from modeldelivery.awsmodels.models import input_of, operation
from sandbox.iam.core.access import Context, Need, Value
from sandbox.iam.operation import Operation


class Estate(Protocol):
    """What a permission depends on beside the call: what is there already."""

    def key_arn(self, account: str, region: str, name: str) -> str:
        """ARN of a KMS key by id, ARN or alias; of one that does not exist, what it would be."""

    def ciphertext_key(self, blob: bytes) -> str:
        """Id of the key that a ciphertext was made with."""

    def alias_target(self, account: str, region: str, alias: str) -> str:
        """ARN of the key that an alias stands for, "" for none."""

    def role_arn(self, account: str, name: str) -> str:
        """ARN of a role by name, with its path."""

    def bucket_key(self, bucket: str) -> str:
        """KMS key that a bucket's objects get by default, "" for none."""

    def object_key(self, bucket: str, key: str, version: str) -> str | None:
        """KMS key of an object, "" for none; None when there is no such object in a bucket that exists."""

    def scalable_target(self, account: str, region: str, resource: str) -> str:
        """ARN of the target registered for `endpoint/…`; of none, of any."""

    def has_scaling_role(self, account: str) -> bool:
        """Whether application-autoscaling's role for SageMaker is there."""


Rule = Callable[[Operation, Estate], Iterator[Need]]
Rules = Mapping[str, Rule]
# Templates of ARNs by the call's member that names the resource; "" when the member is an ARN itself.
Kinds = Mapping[str, str]


def arns(operation: Operation, template: str, value: object) -> list[str]:
    """The resources that a member names: one, or several in a list."""
    names = value if isinstance(value, list) else [value]
    return [_arn(operation, template, str(name)) for name in names]


def _arn(operation: Operation, template: str, name: str) -> str:
    if not template or name.startswith("arn:"):
        return name
    return template.format(name, region=operation.region, account=operation.account)


def derived(service: str, prefix: str, kinds: Kinds, calls: Iterable[str], tagging: str = "") -> Rules:
    """Rules of calls whose permission has the call's name, on the resources that its members name.

    A call with none of these members is about no resource: "*". One that makes something and gives it tags needs
    `tagging` as well (the reference's dependent actions).
    """
    return {call: _derived(operation(service, call), call, prefix, kinds, tagging) for call in calls}


def _derived(model: OperationModel | None, call: str, prefix: str, kinds: Kinds, tagging: str) -> Rule:
    assert model is not None, f"{prefix} has no call {call}"
    members = input_of(model).members
    named = {member: kinds[member] for member in members if member in kinds}
    tagged = next((member for member in ("Tags", "tags") if tagging and member in members), "")

    def rule(made: Operation, _: Estate) -> Iterator[Need]:
        context = request_tags(made, tagged)
        resources = [
            arn
            for member, template in named.items()
            if made.members.get(member)
            for arn in arns(made, template, made.members[member])
        ]
        for arn in resources or ["*"]:
            yield Need(f"{prefix}:{call}", arn, context)
        if tagged and call not in _TAGGING_CALLS and made.members.get(tagged):
            for arn in resources[:1]:
                yield Need(f"{prefix}:{tagging}", arn, context)

    return rule


_TAGGING_CALLS = {"AddTags", "TagResource", "TagRole"}


def request_tags(operation: Operation, member: str) -> Context:
    """`aws:RequestTag/…` and `aws:TagKeys`, from a list of Key and Value or a mapping."""
    listed: Any = operation.members.get(member) or [] if member else []
    if isinstance(listed, dict):
        tags = dict(listed)
    else:
        tags = {
            str(each.get("Key") or each.get("TagKey")): str(each.get("Value") or each.get("TagValue") or "")
            for each in listed
        }
    values: dict[str, Value] = {f"aws:requesttag/{key.lower()}": value for key, value in tags.items()}
    removed = operation.members.get("TagKeys") or operation.members.get("tagKeys") or []
    keys = (*tags, *removed)
    return Context({**values, "aws:tagkeys": keys or None}, ("aws:requesttag/",))
