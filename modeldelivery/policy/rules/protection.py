"""What cannot be made again refuses to be deleted."""

from modeldelivery.catalogue.table import kind_of
from modeldelivery.catalogue.tokens import BUCKETS
from modeldelivery.policy.finding import Finding, Found, Level, ResourceRule
from modeldelivery.policy.stack import Environment, Resource


def _judge(resource: Resource, environment: Environment) -> Found:
    why = kind_of(resource.type).irreplaceable
    if not why or resource.protect or not environment.protects or _another_bucket(resource, environment):
        return
    yield Finding(
        resource=resource,
        what="protect",
        text=f"{resource.name} may be deleted: {why}.",
        fix="give it `protect=True` in its ResourceOptions (components take it as `protect`); an environment that may lose "
        f"it says `model-delivery:protect: false` in Pulumi.{environment.name}.yaml",
    )


def _another_bucket(resource: Resource, environment: Environment) -> bool:
    """Access logs, say, end by age anyway."""
    return resource.type in BUCKETS and resource.props.get("bucket") != environment.registry_bucket


PROTECTION = ResourceRule(
    name="protection",
    level=Level.MANDATORY,
    reason="A slip in the program must not delete what cannot be made again.",
    fix="`protect=True` on endpoint, registry bucket, key, repository and package group where config says `protect: true`",
    judge=_judge,
)
