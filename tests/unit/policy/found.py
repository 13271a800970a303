"""Resources as a rule sees them, and what it finds among them."""

from modeldelivery.policy.finding import Finding, NotKnown
from modeldelivery.policy.stack import Environment, Resource, Stack

REGISTRY = "flights-prod-registry-222222222222-eu-west-1"
PROD = Environment(name="prod", model="flights", protects=True, registry_bucket=REGISTRY)
STAGING = Environment(name="staging", model="flights", protects=False, registry_bucket=REGISTRY)


def resource(kind, name="it", *, protect=False, links=None, **props):
    return Resource(
        type=kind,
        name=name,
        urn=f"urn:pulumi:prod::model-delivery::{kind}::{name}",
        props=props,
        protect=protect,
        links={key: frozenset(urns) for key, urns in (links or {}).items()},
    )


def stack(*resources, environment=PROD):
    return Stack(resources=resources, environment=environment)


def endpoint(*versions, count=2, **props):
    """An endpoint as the provider's check leaves it, with every version approved."""
    variants = [{"version": version, "instanceCount": float(count)} for version in versions]
    usual = {"approvals": dict.fromkeys(versions, "Approved"), "kmsKeyArn": "arn:key"}
    return resource(
        "modeldelivery:index:Endpoint",
        "flights-prod",
        **{"endpointName": "flights-prod", "variants": variants, **usual, **props},
    )


def route(*versions, **props):
    """The same on Kubernetes."""
    variants = [{"version": version, "name": "flights"} for version in versions]
    return resource(
        "modeldelivery:index:Route",
        "flights-prod",
        **{"variants": variants, "approvals": dict.fromkeys(versions, "Approved"), **props},
    )


def findings(rule, *resources, environment=PROD):
    return [
        each for each in rule.over(stack(*resources, environment=environment)) if isinstance(each, Finding)
    ]


def whats(rule, *resources, environment=PROD):
    """The `what` of each finding, in order."""
    return [each.what for each in findings(rule, *resources, environment=environment)]


def not_known(rule, *resources):
    return [each.what for each in rule.over(stack(*resources)) if isinstance(each, NotKnown)]
