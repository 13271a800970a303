"""In a cluster too a permission names what it allows, on what, to whom."""

from modeldelivery.catalogue.tokens import CLUSTER_ROLES, ROLE_BINDINGS
from modeldelivery.policy.finding import Finding, Found, Level, ResourceRule
from modeldelivery.policy.manifest import at, listed
from modeldelivery.policy.stack import Environment, Resource

_ELEMENTS = ("verbs", "apiGroups", "resources", "nonResourceURLs")
# Whoever may do these gets every other right (https://kubernetes.io/docs/concepts/security/rbac-good-practices/).
_VERBS = ("escalate", "bind", "impersonate")
# Roles that every cluster has, and that allow nearly everything in it or in a namespace.
_WIDE_ROLES = ("cluster-admin", "admin", "edit")
_EVERYBODY = ("system:anonymous", "system:unauthenticated", "system:authenticated", "system:masters")


def _judge(resource: Resource, _: Environment) -> Found:
    if resource.type in CLUSTER_ROLES:
        yield from _role(resource)
    elif resource.type in ROLE_BINDINGS:
        yield from _binding(resource)


def _role(resource: Resource) -> Found:
    for rule in listed(resource.props.get("rules")):
        for element in _ELEMENTS:
            for text in listed(at(rule, element)):
                on = ", ".join(str(each) for each in listed(at(rule, "resources")))
                if "*" in str(text):
                    yield _finding(
                        resource, f"{element} {text} on {on}", f"has {text} among its {element}, on {on}"
                    )
                elif element == "verbs" and text in _VERBS:
                    yield _finding(
                        resource, f"{text} on {on}", f"may {text} {on}, by which it gets every other right"
                    )
    if resource.props.get("aggregationRule"):
        yield _finding(resource, "aggregationRule", "takes up the rules of whatever roles have a label")


def _binding(resource: Resource) -> Found:
    role = at(resource.props, "roleRef", "name")
    if at(resource.props, "roleRef", "kind") == "ClusterRole" and role in _WIDE_ROLES:
        yield _finding(resource, f"role {role}", f"gives the role {role}, which allows nearly everything")
    for subject in listed(resource.props.get("subjects")):
        name = str(at(subject, "name"))
        if name in _EVERYBODY or name.startswith("system:serviceaccounts"):
            yield _finding(resource, f"subject {name}", f"gives {role} to {name}, whom nobody chose")


def _finding(resource: Resource, what: str, does: str) -> Finding:
    return Finding(
        resource=resource,
        what=what,
        text=f"{resource.name} {does}.",
        fix="name verbs, groups, resources and subjects; where a rule needs more, record an exception (docs/policies.md)",
    )


CLUSTER_WILDCARDS = ResourceRule(
    name="cluster-wildcards",
    level=Level.MANDATORY,
    reason="A wildcard in a cluster's rules takes in every kind of object that is installed later.",
    fix="name verbs, groups, resources and subjects; no rule that lets its holder make itself others, and none of the cluster's "
    "own wide roles",
    judge=_judge,
)
