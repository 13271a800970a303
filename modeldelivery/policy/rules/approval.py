"""Only what somebody approved joins a fleet, or gets traffic there."""

from collections.abc import Iterator, Mapping

from modeldelivery.catalogue.tokens import ENDPOINTS, MODEL
from modeldelivery.policy.finding import Finding, Found, Level, NotKnown, ResourceRule
from modeldelivery.policy.rules.images import containers
from modeldelivery.policy.stack import UNKNOWN, Environment, Resource

_APPROVED = "Approved"
_NOT_KNOWN = "not known"


def _judge(resource: Resource, _: Environment) -> Found:
    if resource.type in ENDPOINTS:
        yield from _endpoint(resource)
    elif resource.type == MODEL:
        yield from _model(resource)
    elif resource.type.endswith(":ModelPackage"):
        status = resource.props.get("modelApprovalStatus", _NOT_KNOWN)
        if status is UNKNOWN:
            yield NotKnown(resource=resource, what="modelApprovalStatus")
        elif status != _APPROVED:
            yield _finding(resource, f"{status}", f"the model package {resource.name} is {status}")


def _endpoint(endpoint: Resource) -> Found:
    """Versions that would join, or get traffic that they do not have."""
    if endpoint.props.get("approvals") is UNKNOWN:
        yield NotKnown(resource=endpoint, what="approvals")
        return
    for version, status in _statuses(endpoint):
        if status is UNKNOWN:
            yield NotKnown(resource=endpoint, what=f"approvals of {version}")
        elif status != _APPROVED and not _stays(endpoint, version):
            yield _finding(
                endpoint,
                f"{version} {status}",
                f"{version} would {'get traffic' if _serving(endpoint, version) is not None else 'join the fleet'}, and its model "
                f"package is {status}",
            )


def _judge_members(resource: Resource, _: Environment) -> Found:
    """Versions that are there as they were: what is on an endpoint is taken off by a decision, not by a policy."""
    if resource.type not in ENDPOINTS or resource.props.get("approvals") is UNKNOWN:
        return  # `approved-models` says that it is not known
    for version, status in _statuses(resource):
        if status not in {UNKNOWN, _APPROVED} and _stays(resource, version):
            yield _finding(
                resource,
                f"{version} {status}",
                f"{version} is on the endpoint, and its model package is {status}",
            )


def _statuses(endpoint: Resource) -> Iterator[tuple[str, object]]:
    """`approvals` is what the registry says of each version's package; a version that it does not speak of is not known."""
    approvals = endpoint.props.get("approvals")
    for version in (each["version"] for each in endpoint.props.get("variants", ())):
        yield version, approvals.get(version, _NOT_KNOWN) if isinstance(approvals, Mapping) else _NOT_KNOWN


def _stays(endpoint: Resource, version: str) -> bool:
    """Whether it is on the endpoint and gets no more traffic than it has, as the provider's check tells both."""
    weights, serving = endpoint.props.get("weights"), _serving(endpoint, version)
    weight = weights.get(version) if isinstance(weights, Mapping) else None
    if not isinstance(serving, int | float) or not isinstance(weight, int | float):
        return False
    return weight <= serving


def _serving(endpoint: Resource, version: str) -> object:
    serving = endpoint.props.get("servingAtCheck")
    return serving.get(version) if isinstance(serving, Mapping) else None


def _model(model: Resource) -> Found:
    """A package by name hides its approval from whoever sees resources only."""
    for container in containers(model):
        package = container.get("modelPackageName")
        if package:
            yield _finding(
                model,
                f"{package}",
                f"{model.name} runs the package {package}, whose approval does not show here",
            )


def _finding(resource: Resource, what: str, text: str) -> Finding:
    return Finding(
        resource=resource,
        what=what,
        text=f"{text}.",
        fix="approve it (`modelctl approve VERSION --env ENV --reason …`), or take the version out of `model-delivery:release`; "
        "Models name an image and an artifact, and the endpoint carries `approvals`",
    )


APPROVED_MODELS = ResourceRule(
    name="approved-models",
    level=Level.MANDATORY,
    reason="A model that nobody approved, or whose approval was taken back, must not come near traffic.",
    fix="approve the model package, or take its version out of `model-delivery:release`",
    judge=_judge,
)
APPROVED_MEMBERS = ResourceRule(
    name="approved-members",
    level=Level.ADVISORY,
    reason="A version on the endpoint whose approval was taken back is warm, and one change away from traffic.",
    fix="approve the model package again, or take its version out of `model-delivery:release`",
    judge=_judge_members,
)
