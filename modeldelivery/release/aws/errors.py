"""What AWS's errors mean to an operation."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from botocore.exceptions import (
    BotoCoreError,
    ChecksumError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own
    ConnectTimeoutError,
    EndpointConnectionError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    ProxyConnectionError,
)
from botocore.parsers import ResponseParserError

from modeldelivery.release.errors import (
    BusyError,
    ConflictError,
    CredentialsError,
    LostError,
    NotSentError,
    UnreachableError,
    UnseenError,
)

_FORBIDDEN = "403"  # an answer to HEAD has no body, and so no code of its own
_DENIED = {
    _FORBIDDEN: "look at the role that you use",
    "AccessDenied": "look at the role that you use",
    "AccessDeniedException": "look at the role that you use",
    "ExpiredToken": "log in again",
    "ExpiredTokenException": "log in again",
    "InvalidAccessKeyId": "look at the keys of the profile that you use",
    "InvalidClientTokenId": "look at the keys of the profile that you use",
    "InvalidSignatureException": "look at the keys of the profile that you use",
    "SignatureDoesNotMatch": "look at the keys of the profile that you use",
    "UnrecognizedClientException": "look at the keys of the profile that you use",
    "RequestTimeTooSkewed": "set this machine's clock",
}
_THROTTLED = {  # what botocore's own retries call throttling
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
}
# Refused for something that passes by itself: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_PASSING = {
    "BadDigest": "the body was damaged on its way",
    "XAmzContentChecksumMismatch": "the body was damaged on its way",
    "IncompleteBody": "the body was cut off on its way",
    "RequestTimeout": "the body did not arrive in time",
    "RequestTimeoutException": "the request did not arrive in time",
    "OperationAborted": "another request of the same kind is under way",
}
_ABSENT = {"PipelineNotFoundException", "NoSuchKey", "404", "NoSuchBucket"}
_MISSING = (
    "Could not find",
    "does not exist",
)  # SageMaker's words; its code is ValidationException for everything
_EXISTING = "already existing"
_CONFLICTS = {"PreconditionFailed", "ConditionalRequestConflict"}
_SERVER_ERROR = 500
# Raised before anything of the request can have gone out. TLS is not among them: it can fail in the middle of an answer too.
_NOT_SENT = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError)
_LOST = (
    HTTPClientError,
    ConnectionError,
    IncompleteReadError,
    ChecksumError,
    FlexibleChecksumError,
    ResponseParserError,
)


Answer = TypeVar("Answer")


class AnsweredError(UnreachableError):
    """AWS did not do what it was asked, and says why: not for who asked, nor for a time, but for what was asked of what."""


class AbsentError(Exception):
    """There is no such thing; `response` is AWS'."""

    def __init__(self, what: str, response: Any) -> None:
        super().__init__(what)
        self.response = response


def ask(what: str, call: Callable[[], Answer]) -> Answer:
    """The answer of a call, every failure a sentence.

    Raises:
        LostError, NotSentError, BusyError, ConflictError, UnreachableError: as `translated`.
        AnsweredError: anything else.
    """
    try:
        with translated(what):
            return call()
    except ClientError as error:
        raise AnsweredError(f"{what}: {error.response['Error'].get('Message') or error}") from error


def find(what: str, call: Callable[[], Answer]) -> Answer | None:
    """The answer of a call, None when SageMaker or its scaling says that there is no such thing; else as `ask`."""

    def or_none() -> Answer | None:
        try:
            return call()
        except ClientError as error:
            if _is_missing(error):
                return None
            raise

    return ask(what, or_none)


def fresh(what: str, call: Callable[[], Answer]) -> Answer:
    """The answer of a call that uses or makes what may have been made, or deleted, a moment ago; else as `ask`.

    SageMaker finds a model or an endpoint configuration only some time after it was made, and advises to try again:
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpoint.html

    Raises:
        UnseenError: it says that there is no such thing, or that there is one already.
    """

    def asks() -> Answer:
        try:
            return call()
        except ClientError as error:
            if _is_missing(error) or _EXISTING in error.response["Error"].get("Message", ""):
                raise UnseenError(f"{what}: {error.response['Error'].get('Message')}") from error
            raise

    return ask(what, asks)


def _is_missing(error: ClientError) -> bool:
    answer = error.response["Error"]
    code, message = answer.get("Code"), answer.get("Message", "")
    return code == "ObjectNotFoundException" or (
        code in {"ValidationException", "ResourceNotFound"} and "Could not find" in message
    )


def request_id(response: Any) -> str:
    """By which CloudTrail knows the call; "" of an answer that has none."""
    return str(response.get("ResponseMetadata", {}).get("RequestId", ""))


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Translate what comes back.

    Args:
        what: the call, as a person would look it up ("sagemaker:DescribeEndpoint flights-prod").

    Raises:
        LostError: no answer, or an answer that does not say whether the call was carried out.
        NotSentError: no connection was made.
        BusyError: not taken, now.
        ConflictError: a conditional write lost.
        UnreachableError: access denied, or no request could be made.
        ClientError: anything else, for the caller to know.
    """
    try:
        yield
    except ClientError as error:
        _translate(what, error)
        raise
    except _NOT_SENT as error:
        raise NotSentError(f"{what}: no connection ({error})") from error
    except _LOST as error:
        raise LostError(f"{what}: no certain answer ({error})") from error
    # A token's or a certificate's file that is gone by now; what the network does is always an error of botocore's.
    except (BotoCoreError, FileNotFoundError, PermissionError) as error:
        raise UnreachableError(f"{what}: no request could be made ({error})") from error


@contextmanager
def translated_or_absent(what: str) -> Iterator[None]:
    """`translated`, with every error of AWS made a sentence. Raises AbsentError where there is no such thing."""
    try:
        with translated(what):
            yield
    except ClientError as error:
        answer = error.response["Error"]
        message = answer.get("Message", "")
        if answer.get("Code") in _ABSENT or any(words in message for words in _MISSING):
            raise AbsentError(f"{what}: {message or answer.get('Code')}", error.response) from error
        raise UnreachableError(f"{what}: {error}") from error


def _translate(what: str, error: ClientError) -> None:
    """Raise ours for an answer that means the same from every service."""
    answer = error.response["Error"]
    code, message = answer.get("Code", ""), answer.get("Message", "")
    status = error.response["ResponseMetadata"].get("HTTPStatusCode", 0)
    if code in _CONFLICTS:
        raise ConflictError(f"{what}: someone else changed it; reading it again") from error
    if code in _THROTTLED:
        raise BusyError(f"{what}: AWS asks to slow down ({code})") from error
    if code == "ValidationException" and "in-progress" in message:
        raise BusyError(f"{what}: not taken while the endpoint is changing") from error
    if code == "ConcurrentUpdateException":  # Application Auto Scaling's
        raise BusyError(f"{what}: not taken while its scaling is changing") from error
    if code in _PASSING:
        raise BusyError(f"{what}: not taken, {_PASSING[code]} ({code})") from error
    if code in _DENIED:
        denied = code == _FORBIDDEN or code.startswith("AccessDenied")
        kind = UnreachableError if denied else CredentialsError
        raise kind(f"{what}: {code}: {message}", hint=_DENIED[code]) from error
    if status >= _SERVER_ERROR:
        raise LostError(f"{what}: no certain answer ({code or status})") from error
