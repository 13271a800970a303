"""Only what somebody approved goes on an endpoint."""

from collections.abc import Mapping

from modeldelivery.catalogue.tokens import ENDPOINT, MODEL
from modeldelivery.policy.finding import Finding, Found, Level, NotKnown, ResourceRule
from modeldelivery.policy.rules.images import containers
from modeldelivery.policy.stack import UNKNOWN, Environment, Resource

_APPROVED = "Approved"
_NOT_KNOWN = "not known"


def _judge(resource: Resource, _: Environment) -> Found:
    if resource.type == ENDPOINT:
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
    """`approvals` is what the registry says of each version's package; a version that it does not speak of is not known."""
    approvals = endpoint.props.get("approvals")
    if approvals is UNKNOWN:
        yield NotKnown(resource=endpoint, what="approvals")
        return
    for version in (each["version"] for each in endpoint.props.get("variants", ())):
        status = approvals.get(version, _NOT_KNOWN) if isinstance(approvals, Mapping) else _NOT_KNOWN
        if status is UNKNOWN:
            yield NotKnown(resource=endpoint, what=f"approvals of {version}")
        elif status != _APPROVED:
            yield _finding(endpoint, f"{version} {status}", f"the model package of {version} is {status}")


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
        fix="approve it (`aws sagemaker update-model-package --model-package-arn ARN --model-approval-status Approved`), or "
        "take the version out of `model-delivery:release`; Models name an image and an artifact, and the endpoint carries "
        "`approvals`",
    )


APPROVED_MODELS = ResourceRule(
    name="approved-models",
    level=Level.MANDATORY,
    reason="A model that nobody approved, or whose approval was taken back, must not come near traffic.",
    fix="approve the model package, or take its version out of `model-delivery:release`",
    judge=_judge,
)
