"""Where config demands it, rollbacks were tried lately, and lost nothing."""

from collections.abc import Mapping

from modeldelivery.catalogue.tokens import ENDPOINT
from modeldelivery.policy.finding import Finding, Found, Level, ResourceRule
from modeldelivery.policy.stack import Environment, Resource

# What the provider's check says in `drillAtCheck` beside "passed".
_STANDS = {
    "failed": "the latest drill of {name} lost requests, or did not come to its end",
    "old": "the latest drill of {name} is older than {days:.0f} days",
    "never": "no drill of {name} has come to its end yet",
}


def _judge(resource: Resource, environment: Environment) -> Found:
    """Without a fallback there is nothing to try yet, and `first-version` says so."""
    if resource.type != ENDPOINT or not isinstance(resource.props.get("fallbackAtCheck"), str):
        return
    rules = resource.props.get("rules")
    days = rules.get("drillWithinDays") if isinstance(rules, Mapping) else None
    stands = _STANDS.get(str(resource.props.get("drillAtCheck")))
    if days is None or stands is None:
        return
    yield Finding(
        resource=resource,
        what=f"drill {resource.props['drillAtCheck']}",
        text=f"{stands.format(name=resource.name, days=days)}; `model-delivery:drill` demands one that passed within {days:.0f} days.",
        fix=f"`modelctl drill --env {environment.name}`; its last line says what it found",
    )


DRILL = ResourceRule(
    name="drill",
    level=Level.MANDATORY,
    reason="A way back that nobody has tried lately is a hope.",
    fix="`modelctl drill --env ENV`, where config says `drill: {withinDays: N}`",
    judge=_judge,
)
