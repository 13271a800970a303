"""How AWS says that something is not allowed, and how the sandbox says that it cannot tell."""

from sandbox.iam.core.access import Caller, Need
from sandbox.iam.core.judge import Decision
from sandbox.refusal import RefusedError

# Code and HTTP status by service; the others are JSON services, which agree.
_CODES = {
    "s3": ("AccessDenied", 403),
    "iam": ("AccessDenied", 403),
    "sts": ("AccessDenied", 403),
    "monitoring": ("AccessDenied", 403),
    "sns": ("AuthorizationError", 403),
}
_JSON = ("AccessDeniedException", 400)


def not_judged(what: object) -> RefusedError:
    """Something that permissions hang on and the sandbox does not know, by its name."""
    return RefusedError(f"the sandbox does not judge {what}", "NotImplemented")


def denied(caller: Caller, need: Need, decision: Decision, service: str) -> RefusedError:
    """A decision against a caller, in the words and with the code of a service.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html; which statement denies, AWS does
    not say.
    """
    who = caller.principal.arn
    if decision.unclear:
        names = ", ".join(decision.unclear)
        return not_judged(f"{names}, on which hangs whether {who} may {need.action} on {need.resource}")
    resource = f'"{need.resource}"' if need.action.startswith("s3:") else need.resource
    statement = f" ({decision.statement})" if decision.statement else ""
    return RefusedError(
        f"User: {who} is not authorized to perform: {need.action} on resource: {resource} "
        f"{decision.reason}{statement}",
        *_CODES.get(service, _JSON),
    )
