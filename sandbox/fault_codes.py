"""Names that a fault may use: services, actions and error codes, as botocore's models have them."""

from collections.abc import Mapping
from functools import cache

import botocore.loaders

from sandbox.call import Call
from sandbox.faults import Fault

_BAD_REQUEST = 400
# Any action answers these: https://docs.aws.amazon.com/sagemaker/latest/APIReference/CommonErrors.html
_COMMON = {
    "AccessDeniedException": 403,
    "ExpiredTokenException": 403,
    "InternalFailure": 500,
    "RequestExpired": 400,
    "RequestTimeoutException": 408,
    "ServiceUnavailable": 503,
    "ThrottlingException": 400,
    "UnrecognizedClientException": 403,
    "ValidationException": 400,
}
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_S3 = {
    "AccessDenied": 403,
    "ConditionalRequestConflict": 409,
    "ExpiredToken": 400,
    "InternalError": 500,
    "NoSuchBucket": 404,
    "NoSuchKey": 404,
    "OperationAborted": 409,
    "PreconditionFailed": 412,
    "RequestTimeTooSkewed": 403,
    "RequestTimeout": 400,
    "ServiceUnavailable": 503,
    "SlowDown": 503,
}
# Services whose throttling has another name than ThrottlingException.
_THROTTLED = {
    "s3": ("SlowDown", "Please reduce your request rate.", 503),
    "tagging": ("ThrottledException", "Rate exceeded", 400),
    "kms": (
        "ThrottlingException",
        "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.",
        400,
    ),
}
_THROTTLED_BY_PROTOCOL = {"query": ("Throttling", "Rate exceeded", 400)}


def throttled(call: Call) -> tuple[str, str, int]:
    """Code, message and HTTP status with which a service refuses a call that came too soon."""
    return _THROTTLED.get(call.service) or _THROTTLED_BY_PROTOCOL.get(
        call.protocol, ("ThrottlingException", "Rate exceeded", _BAD_REQUEST)
    )


def check_names(fault: Fault, models: Mapping[str, str]) -> None:
    """Raise ValueError unless a fault's service, action and code are ones that calls have.

    Args:
        fault: as it was asked for.
        models: botocore's name of each service that the sandbox answers, by the name that requests are signed with.
    """
    if fault.service and fault.service not in models:
        raise ValueError(f"the sandbox answers no service {fault.service!r}: {', '.join(sorted(models))}")
    answering = [fault.service] if fault.service else list(models)
    if fault.action:
        answering = [name for name in answering if fault.action in _errors(models[name])]
    if not answering:
        raise ValueError(
            f"no service has an action {fault.action!r} here: write it as AWS does, and none of the data plane's"
        )
    codes = {code for name in answering for code in _codes(name, models[name], fault.action)}
    if fault.code and fault.code not in codes:
        raise ValueError(f"{fault.action or 'it'} has no error {fault.code!r}: {', '.join(sorted(codes))}")


def status_of(call: Call, code: str, models: Mapping[str, str]) -> int:
    """The HTTP status with which a service answers an error."""
    return _codes(call.service, models[call.service], call.action).get(code, _BAD_REQUEST)


def _codes(service: str, model: str, action: str) -> Mapping[str, int]:
    """Every error of an action, or of any action of a service, with its HTTP status."""
    errors = _errors(model)
    named = [errors.get(action, {})] if action else errors.values()
    general = _S3 if service == "s3" else _COMMON
    return {**general, **{code: status for each in named for code, status in each.items()}}


@cache
def _errors(model: str) -> Mapping[str, Mapping[str, int]]:
    """The errors of each action of a service, with their HTTP statuses. The models themselves are not kept."""
    document = botocore.loaders.create_loader().load_service_model(model, "service-2")
    shapes = document["shapes"]
    return {
        action: {
            shapes[error["shape"]].get("error", {}).get("code", error["shape"]): shapes[error["shape"]]
            .get("error", {})
            .get("httpStatusCode", _BAD_REQUEST)
            for error in operation.get("errors", [])
        }
        for action, operation in document["operations"].items()
    }
