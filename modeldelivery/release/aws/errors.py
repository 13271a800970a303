"""What AWS's errors mean to an operation."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from modeldelivery.release.ports import BusyError, ConflictError, LostError, UnreachableError

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
        LostError, BusyError, ConflictError: as `asked`.
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
        BusyError: not taken, now.
        ConflictError: a conditional write lost.
        UnreachableError: access denied or no connection to be had.
        ClientError: anything else, for the caller to know.
    """
    try:
        yield
    except ClientError as error:
        answer = error.response["Error"]
        code, message = answer.get("Code", ""), answer.get("Message", "")
        status = error.response["ResponseMetadata"].get("HTTPStatusCode", 0)
        if code in _CONFLICTS:
            raise ConflictError(what) from error
        if code in _THROTTLED or (code == "ValidationException" and "in-progress" in message):
            raise BusyError(f"{what}: {message or code}") from error
        if code in _DENIED:
            raise UnreachableError(f"{what}: {code}: {message}. Look at the role that you use") from error
        if status >= _SERVER_ERROR:
            raise LostError(f"{what}: {code or status}") from error
        raise
    except HTTPClientError as error:
        raise LostError(f"{what}: {error}") from error
    except BotoCoreError as error:
        raise UnreachableError(f"{what}: {error}") from error
