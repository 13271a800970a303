"""From the permissions that calls took to a policy that gives these and no other."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from tools.roles.resources import Resource, resource_of

_VERSION = "2012-10-17"
# What the calls of these services say about themselves, and a policy then asks for.
_SAID = (
    ("kms:", "kms:ViaService", "StringEquals"),
    ("kms:", "kms:GrantIsForAWSResource", "Bool"),
    ("iam:PassRole", "iam:PassedToService", "StringEquals"),
    ("codeconnections:PassConnection", "codeconnections:PassedToService", "StringEquals"),
    ("application-autoscaling:", "application-autoscaling:service-namespace", "StringEquals"),
)
# What is made has no tags yet but those of the request, which are as the resource is told by.
_ON_CREATION = {"kms:CreateKey": "NewKey", "codeconnections:CreateConnection": "NewConnection"}
# These are about resources of many kinds: they share a statement only when they are about the same.
_OF_MANY_KINDS = {"AddTags", "DeleteTags", "ListTags", "ListTagsForResource", "TagResource", "UntagResource"}

# Action, the resource's name, and the conditions without their values.
_Shape = tuple[str, str, frozenset[tuple[str, str]]]
_Asked = tuple[tuple[tuple[str, str], tuple[str, ...]], ...]  # conditions, sorted


class Grant(NamedTuple):
    """One action on one resource, under conditions."""

    action: str
    resource: Resource
    conditions: _Asked


def grants(needs: Iterable[Mapping[str, Any]], by_name: Mapping[str, Resource]) -> set[Grant]:
    """What was taken, by the resources' names; what one grant gives anyway, another need not.

    Args:
        needs: `{action, resource, keys}`, as the sandbox records them.
        by_name: the resources that there are.
    """
    by_shape: dict[_Shape, dict[tuple[str, str], set[str]]] = {}
    resources: dict[str, Resource] = {}
    for need in needs:
        resource = resource_of(by_name, need["resource"], need["keys"])
        resources[resource.name] = resource
        conditions = {**resource.conditions, **_said(need)}
        if made := _ON_CREATION.get(need["action"]):
            conditions |= {k: v for k, v in by_name[made].conditions.items() if k[0] != "Null"}
        shape = need["action"], resource.name, frozenset(conditions)
        values = by_shape.setdefault(shape, defaultdict(set))
        for condition, given in conditions.items():
            values[condition] |= set(given)
    return {
        Grant(action, resources[name], ordered(values))
        for (action, name, request), values in by_shape.items()
        if not any(
            (action, name) == (other, elsewhere) and fewer < request for other, elsewhere, fewer in by_shape
        )
    }


def policy(granted: Iterable[Grant]) -> dict[str, Any]:
    """A policy of these grants: a statement for actions of a service that need the same."""
    by_conditions: dict[_Asked, dict[str, set[Resource]]] = defaultdict(lambda: defaultdict(set))
    for grant in granted:
        by_conditions[grant.conditions][grant.action].add(grant.resource)
    statements = [
        _statement(actions, resources, conditions)
        for conditions, by_action in sorted(by_conditions.items())
        for actions, resources in _grouped(by_action)
    ]
    statements.sort(key=lambda statement: (statement["Sid"], statement["Action"]))
    names = [statement["Sid"] for statement in statements]
    for number, statement in enumerate(statements):
        if names.count(names[number]) > 1:
            statement["Sid"] += str(names[: number + 1].count(names[number]))
    return {"Version": _VERSION, "Statement": statements}


def _said(need: Mapping[str, Any]) -> dict[tuple[str, str], tuple[str, ...]]:
    return {
        (operator, key): (str(value),)
        for prefix, key, operator in _SAID
        if need["action"].startswith(prefix) and (value := need["keys"].get(key.lower()))
    }


def _grouped(by_action: Mapping[str, set[Resource]]) -> Iterator[tuple[list[str], list[Resource]]]:
    """Actions that share a statement: it then gives each of them what the others need, which must be nothing more."""
    groups: list[tuple[list[str], set[Resource]]] = []
    for action, resources in sorted(by_action.items()):
        for actions, together in groups:
            if _agree(actions[0], action, together, resources):
                actions.append(action)
                together.update(resources)
                break
        else:
            groups.append(([action], set(resources)))
    for actions, together in _merged(groups):
        yield sorted(actions), sorted(together, key=lambda resource: resource.arn)


def _merged(groups: Iterable[tuple[list[str], set[Resource]]]) -> list[tuple[list[str], set[Resource]]]:
    """Groups of a service that are about the very same resources are one: a role's policies have a size."""
    merged: dict[tuple[str, frozenset[str]], tuple[list[str], set[Resource]]] = {}
    for actions, together in groups:
        alike = actions[0].partition(":")[0], frozenset(resource.arn for resource in together)
        kept, _ = merged.setdefault(alike, ([], together))
        kept += actions
    return list(merged.values())


def _agree(one: str, other: str, of_one: set[Resource], of_other: set[Resource]) -> bool:
    if _family(one, of_one) != _family(other, of_other):
        return False
    if one.partition(":")[2] in _OF_MANY_KINDS:
        return of_one == of_other
    kinds = {_kind(resource.arn) for resource in of_one} & {_kind(resource.arn) for resource in of_other}
    return all(
        {r for r in of_one if _kind(r.arn) == kind} == {r for r in of_other if _kind(r.arn) == kind}
        for kind in kinds
    )


def _family(action: str, resources: set[Resource]) -> str:
    """What may share a statement: of a service; of S3 its buckets and its objects apart; of none; tags by themselves."""
    service, name = action.split(":")
    kinds = {_kind(resource.arn) for resource in resources}
    if kinds == {"*"}:
        return "*"
    tags = " tags" if name in _OF_MANY_KINDS else ""
    return f"{min(kinds) if service == 's3' else service}{tags}"


def _kind(arn: str) -> str:
    """An action is about one kind of resource of its service, so that another's ARN beside it gives nothing."""
    if arn == "*":
        return arn
    service, name = arn.split(":", 5)[2], arn.split(":", 5)[5]
    if service == "s3":
        return f"{service} {'object' if '/' in name else 'bucket'}"
    return f"{service} {name.replace(':', '/').partition('/')[0]}"


def _statement(actions: list[str], resources: list[Resource], conditions: _Asked) -> dict[str, Any]:
    made: dict[str, Any] = {
        "Sid": _title(actions, resources),
        "Effect": "Allow",
        "Action": sorted(actions),
        "Resource": [resource.arn for resource in resources],
    }
    if conditions:
        condition: dict[str, dict[str, Any]] = {}
        for (operator, key), values in conditions:
            condition.setdefault(operator, {})[key] = values[0] if len(values) == 1 else list(values)
        made["Condition"] = condition
    return made


def _title(actions: list[str], resources: list[Resource]) -> str:
    service, name = actions[0].split(":")
    if resources[0].arn == "*":
        return name if len(actions) == 1 else "Lists"
    if len(resources) == 1:
        return resources[0].name
    if service == "s3":
        return "Objects" if _kind(resources[0].arn) == "s3 object" else "Buckets"
    if service == "cloudwatch":
        return "Alarms" if all("alarm" in _kind(resource.arn) for resource in resources) else "CloudWatch"
    return {"ecr": "Repositories", "kms": "Keys", "sagemaker": "SageMaker"}[service]


def ordered(values: Mapping[tuple[str, str], Iterable[str]]) -> _Asked:
    """Conditions in an order of their own, so that equal ones are equal."""
    return tuple(sorted((condition, tuple(sorted(given))) for condition, given in values.items()))
