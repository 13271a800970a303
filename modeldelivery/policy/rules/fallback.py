"""Where the environment protects, there is always a version to go back to."""

from modeldelivery.catalogue.tokens import ENDPOINTS
from modeldelivery.policy.finding import Finding, Found, Level, ResourceRule
from modeldelivery.policy.stack import Environment, Resource


def _alone(resource: Resource, environment: Environment) -> bool:
    return (
        resource.type in ENDPOINTS and environment.protects and len(resource.props.get("variants", ())) <= 1
    )


def _left_out(endpoint: Resource) -> list[str]:
    """Versions that could be gone back to, were they not left out: on the endpoint now, or the journal's fallback.

    The provider's check tells both: `servingAtCheck` and `fallbackAtCheck`.
    """
    kept = {each["version"] for each in endpoint.props.get("variants", ())}
    needed = {*(endpoint.props.get("servingAtCheck") or ()), endpoint.props.get("fallbackAtCheck")}
    return sorted(version for version in needed - kept if isinstance(version, str))


def _judge(resource: Resource, environment: Environment) -> Found:
    if _alone(resource, environment) and (others := _left_out(resource)):
        yield Finding(
            resource=resource,
            what="one version",
            text=f"{resource.name} would have one version, and no way back: {', '.join(others)} would not be on it.",
            fix=f"keep {others[-1]} in `model-delivery:release.fleet` of Pulumi.{environment.name}.yaml, behind the live one",
        )


def _judge_first(resource: Resource, environment: Environment) -> Found:
    if _alone(resource, environment) and not _left_out(resource):
        yield Finding(
            resource=resource,
            what="first version",
            text=f"{resource.name} has one version, and nothing served before it: a rollback has nowhere to go yet.",
            fix="nothing for a first version; the next one joins the fleet beside it, never in its place",
        )


FALLBACK = ResourceRule(
    name="fallback",
    level=Level.MANDATORY,
    reason="A rollback in seconds needs the version before the live one on the endpoint, warm.",
    fix="at least two versions in `model-delivery:release.fleet` where config says `protect: true`",
    judge=_judge,
)
FIRST_VERSION = ResourceRule(
    name="first-version",
    level=Level.ADVISORY,
    reason="Until a second version is on the endpoint there is no rollback.",
    fix="nothing for the very first version of an environment; the next one joins the fleet beside it",
    judge=_judge_first,
)
