"""A permission names what it allows, on what, to whom."""

import re

from modeldelivery.catalogue.table import kind_of
from modeldelivery.catalogue.tokens import FUNCTION_PERMISSION
from modeldelivery.policy.document import Statement, documents, wild
from modeldelivery.policy.finding import Finding, Found, Level, NotKnown, ResourceRule
from modeldelivery.policy.stack import UNKNOWN, Environment, Resource

_ATTACHED = ("policyArn", "policyArns", "managedPolicyArns")
# AWS's own policies that hold `service:*`; AWS changes them without asking.
_WIDE = re.compile(r"arn:[^:]+:iam::aws:policy/(.*/)?(AdministratorAccess|PowerUserAccess|\w+FullAccess)\b.*")
_FIX = "name the actions and the ARNs; where AWS knows no smaller permission, record an exception (docs/policies.md)"


def _judge(resource: Resource, _: Environment) -> Found:
    if not resource.type.startswith("aws:"):
        return
    yield from _attached(resource)
    # A function's permission is a statement of the function's policy, in properties.
    if resource.type == FUNCTION_PERMISSION and wild(str(resource.props.get("principal"))):
        yield _finding(resource, "principal *", "lets anybody call the function")
    for document in documents(resource):
        if document.statements is UNKNOWN:
            yield NotKnown(resource=resource, what=document.key)
        elif isinstance(document.statements, tuple):
            for statement in document.statements:
                if statement.allows:
                    yield from _allowance(resource, statement)
        else:
            yield Finding(
                resource=resource,
                what=f"{document.key} unreadable",
                text=f"{document.key} of {resource.name} is no JSON, so nobody can tell what it allows.",
                fix="write it with `json.dumps` or `pulumi.Output.json_dumps`",
            )


def _attached(resource: Resource) -> Found:
    for key in _ATTACHED:
        value = resource.props.get(key)
        for arn in value if isinstance(value, list) else [value]:
            if isinstance(arn, str) and _WIDE.fullmatch(arn):
                yield _finding(resource, arn.rpartition("/")[2], f"has {arn}, which allows whole services")


def _allowance(resource: Resource, statement: Statement) -> Found:
    kind = kind_of(resource.type)
    for action in statement.actions:
        for on in statement.resources or ("itself",):
            if wild(action) or (_names_nothing(on) and not (kind.star_is_itself and on == "*")):
                yield _finding(resource, f"{action} on {on}", f"allows {action} on {on}")
        if not kind.data_policy:  # those are the rule private-storage's
            for principal in statement.anyone:
                yield _finding(resource, f"principal {principal}: {action}", f"lets anybody {action}")
    for element, values in (
        ("NotAction", statement.not_actions),
        ("NotResource", statement.not_resources),
        ("NotPrincipal", statement.not_principals),
    ):
        if values:
            listed = ", ".join(values)
            yield _finding(resource, f"{element} {listed}", f"allows everything but {element} {listed}")


def _finding(resource: Resource, what: str, does: str) -> Finding:
    return Finding(resource=resource, what=what, text=f"{resource.name} {does}.", fix=_FIX)


def _names_nothing(on: str) -> bool:
    """Whether a resource is any of its kind: `*`, `arn:…:role/*`, `arn:aws:s3:::*`, or of any account, region or service."""
    if not wild(on):
        return False
    parts = on.split(":", 5)
    if len(parts) < 6 or any(wild(part) for part in parts[:5]):  # noqa: PLR2004 - an ARN has six parts
        return True
    service, name = parts[2], parts[5]
    kind, _, rest = re.sub(r"[:/]", "/", name).partition("/")
    named = (
        kind if service == "s3" or not rest else rest
    )  # a bucket's ARN begins with its name, others' with their kind
    return not named.strip("*?/")


IAM_WILDCARDS = ResourceRule(
    name="iam-wildcards",
    level=Level.MANDATORY,
    reason="A wildcard allows what nobody has thought of, and grows whenever AWS adds an action.",
    fix="name actions, resources and principals, or record an exception with its reason; in a key's own policy the resource "
    "`*` is that key and no wildcard",
    judge=_judge,
)
