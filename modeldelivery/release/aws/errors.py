"""What AWS's errors mean to an operation."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ProxyConnectionError,
    SSLError,
)

from modeldelivery.release.errors import BusyError, ConflictError, LostError, NotSentError, UnreachableError

_DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "UnrecognizedClientException",
    "InvalidAccessKeyId",
    "ExpiredToken",
}
_THROTTLED = {"Throttling", "ThrottlingException", "SlowDown", "TooManyRequestsException"}
_CONFLICTS = {"PreconditionFailed", "ConditionalRequestConflict"}
_SERVER_ERROR = 500


Answer = TypeVar("Answer")


def ask(what: str, call: Callable[[], Answer]) -> Answer:
    """The answer of a call, every failure a sentence.

    Raises:
        LostError, NotSentError, BusyError, ConflictError: as `asked`.
        UnreachableError: anything else.
    """
    try:
        with asked(what):
            return call()
    except ClientError as error:
        raise UnreachableError(f"{what}: {error.response['Error'].get('Message') or error}") from error


def find(what: str, call: Callable[[], Answer]) -> Answer | None:
    """The answer of a call, None when SageMaker says that there is no such thing; else as `ask`."""

    def found() -> Answer | None:
        try:
            return call()
        except ClientError as error:
            if _is_missing(error):
                return None
            raise

    return ask(what, found)


def _is_missing(error: ClientError) -> bool:
    answer = error.response["Error"]
    message = answer.get("Message", "")
    return answer.get("Code") in {"ValidationException", "ResourceNotFound"} and "Could not find" in message


@contextmanager
def asked(what: str) -> Iterator[None]:
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
        answer = error.response["Error"]
        code, message = answer.get("Code", ""), answer.get("Message", "")
        status = error.response["ResponseMetadata"].get("HTTPStatusCode", 0)
        if code in _CONFLICTS:
            raise ConflictError(f"{what}: someone else changed it; reading it again") from error
        if code in _THROTTLED:
            raise BusyError(f"{what}: AWS asks to slow down ({code})") from error
        if code == "ValidationException" and "in-progress" in message:
            raise BusyError(f"{what}: not taken while the endpoint is changing") from error
        if code in _DENIED:
            raise UnreachableError(
                f"{what}: {code}: {message}", hint="look at the role that you use"
            ) from error
        if status >= _SERVER_ERROR:
            raise LostError(f"{what}: no certain answer ({code or status})") from error
        raise
    except (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError) as error:
        raise NotSentError(f"{what}: no connection ({error})") from error
    except (HTTPClientError, SSLError) as error:  # TLS can fail before or after the request went out
        raise LostError(f"{what}: no answer ({error})") from error
    except BotoCoreError as error:
        raise UnreachableError(f"{what}: {error}") from error
