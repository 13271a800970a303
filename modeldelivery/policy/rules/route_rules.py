"""Traffic is decided in one place, on a cluster as elsewhere, and delivered by nobody's overwriting."""

from modeldelivery.catalogue.argocd import REPLACE, SERVER_SIDE, options, own_options
from modeldelivery.catalogue.tokens import APPLICATION, HTTP_ROUTE, is_of_a_cluster
from modeldelivery.policy.finding import Finding, Found, Level, ResourceRule
from modeldelivery.policy.manifest import at
from modeldelivery.policy.stack import Environment, Resource


def _judge_rules(resource: Resource, _: Environment) -> Found:
    if resource.type == HTTP_ROUTE and at(resource.props, "spec", "rules"):
        yield Finding(
            resource=resource,
            what="spec.rules",
            text=f"{resource.name} has rules, so every `pulumi up` would move traffic past the journal and take back a rollback.",
            fix="leave `rules` out; `modeldelivery:index:Route` writes them (`components.kubernetes.model_route`)",
        )


def _judge_sync(resource: Resource, _: Environment) -> Found:
    if not is_of_a_cluster(resource.type):
        return
    several = own_options(resource.props)
    if resource.type == APPLICATION:
        several += options(resource.props)
        if SERVER_SIDE not in several:
            yield _finding(
                resource,
                f"no {SERVER_SIDE}",
                "takes over every field that it delivers",
                f"add `{SERVER_SIDE}`",
            )
    if REPLACE in several:
        yield _finding(
            resource, REPLACE, "is written whole, with what others own in it", f"take `{REPLACE}` out"
        )


def _finding(resource: Resource, what: str, does: str, fix: str) -> Finding:
    return Finding(
        resource=resource, what=what, text=f"{resource.name} {does}.", fix=f"{fix} of its sync options"
    )


ROUTE_RULES = ResourceRule(
    name="route-rules",
    level=Level.MANDATORY,
    reason="Who gets how much traffic is the journal's: a second writer of a route's rules takes a rollback back.",
    fix="an HTTPRoute without `rules`, or none: `modeldelivery:index:Route` makes it and writes them",
    judge=_judge_rules,
)
RESPECTFUL_SYNC = ResourceRule(
    name="respectful-sync",
    level=Level.MANDATORY,
    reason="What Argo CD replaces loses what others own in it: a route its rules, an autoscaled Deployment its size.",
    fix=f"`{SERVER_SIDE}` among an Application's sync options; `{REPLACE}` nowhere",
    judge=_judge_sync,
)
