"""From an HTTP request to the members of a call, or to the refusal that AWS would give."""

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.model import OperationModel, StructureShape

from modeldelivery.awsmodels.check import Violation, violations
from modeldelivery.awsmodels.models import input_of, operation
from sandbox.api.acts import not_acted_on
from sandbox.api.document import UnreadableError
from sandbox.api.request import Request
from sandbox.api.wire import read
from sandbox.call import Call
from sandbox.refusal import RefusedError, unknown
from sandbox.services import Service

# The codes of what cannot be read at all.
_UNREADABLE = {
    "json": "SerializationException",
    "cbor": "SerializationException",
    "rest-json": "SerializationException",
    "query": "MalformedInput",
    "rest-xml": "MalformedXML",
}


def members_of(service: Service, call: Call, request: Request) -> Mapping[str, Any]:
    """By AWS's names of them; raises RefusedError."""
    model = operation(service.model, call.action)
    if model is None or not _is_of(model, request):
        raise unknown(call)
    shape = input_of(model)
    try:
        members = read(model, call.protocol, request)
    except UnreadableError as error:
        raise RefusedError(str(error), _UNREADABLE[call.protocol]) from None
    findings = list(violations(shape, members))
    if findings:
        raise _refusal(service, call, shape, findings)
    acts = service.acts.get(call.action)
    if acts and (others := list(not_acted_on(service.model, shape, members, acts))):
        raise RefusedError("; ".join(others), service.invalid)
    return members


def _is_of(model: OperationModel, request: Request) -> bool:
    """Whether the request's target, where it has one, is of the service that it is signed for."""
    target = request.headers.get("x-amz-target")
    return target is None or target == f"{model.service_model.metadata['targetPrefix']}.{model.name}"


def _refusal(
    service: Service, call: Call, shape: StructureShape, findings: Sequence[Violation]
) -> RefusedError:
    if call.protocol == "rest-xml":
        payload = str(shape.serialization.get("payload", "")).lower()
        in_body = any(one.path.partition(".")[0].lower() == payload for one in findings)
        return RefusedError(_detected(findings), "MalformedXML" if in_body else service.invalid)
    if unread := [one for one in findings if one.kind == "type"]:
        return RefusedError(unread[0].text, _UNREADABLE[call.protocol])
    return RefusedError(_detected(findings), service.invalid)


def _detected(findings: Sequence[Violation]) -> str:
    errors = "error" if len(findings) == 1 else "errors"
    return f"{len(findings)} validation {errors} detected: {'; '.join(one.text for one in findings)}"
