"""Whatever goes wrong between a build and its platform, as one sentence that says what to type next.

The libraries raise their own errors, those of `requests` below them, and whatever reading a stranger's answer happens to raise:
AttributeError for a missing field, AssertionError for an address of another host, RecursionError for a redirect in a circle.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from urllib.parse import urlsplit

import msgspec
import requests
import urllib3

from modeldelivery.review.platform.port import PlatformError, PlatformUnreachableError

TIMEOUT = 30  # seconds for a connection, and between two parts of an answer
TRIES = 4  # of a call that may be sent again
PAUSE = 0.5  # seconds before the second try, then twice as many before each
LONGEST_WAIT = 30  # seconds that a platform may ask to wait for
_AGAIN = "Run the same command again"
_LONGEST = 200  # characters of a message of the platform's
_SLOW_DOWN = 429
_TROUBLE = 500  # and all above


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that is an error.

    Attributes:
        status: HTTP's.
        message: the platform's own words; empty when it has none.
        slow_down: it would do so later.
    """

    status: int
    message: str
    slow_down: bool = False


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """A platform, as its errors name it.

    Attributes:
        name: of the product.
        address: of its API.
        variable: that holds the address.
        token: the variable that holds the token.
        grant: what the token must be allowed, a sentence without a full stop.
        place: the variables that name what is written to.
    """

    name: str
    address: str
    variable: str
    token: str
    grant: str
    place: str


def retries() -> urllib3.Retry:
    """A bounded number of tries; what writes is sent again only where no connection was made, so that nothing is written twice."""
    return urllib3.Retry(
        total=TRIES - 1,
        backoff_factor=PAUSE,
        status_forcelist=(_SLOW_DOWN, 500, 502, 503, 504),
        raise_on_status=False,  # the library says more of the last answer
        retry_after_max=LONGEST_WAIT,
    )


@contextmanager
def answers(service: Service, refused: Callable[[Exception], Refused | None]) -> Iterator[None]:
    """A block that talks to a platform through its library.

    Args:
        service: the platform.
        refused: what an error of the library says of the platform's answer; None when it says nothing of one.

    Raises:
        PlatformError: instead of anything that went wrong.
        PlatformUnreachableError: the same, where the same command may succeed later.
    """
    try:
        yield
    except PlatformError:
        raise
    except Exception as error:
        answer = refused(error)
        raise (_of_answer(service, answer) if answer else _of_way(service, error)) from error


def incomplete(service: Service, lacks: str) -> PlatformError:
    """An answer that does not confirm what was asked for."""
    return PlatformError(
        f"what answers at {service.address} does not answer as {service.name} does: {lacks}. Check {service.variable}, and "
        f"whether a proxy or a sign-in page stands before it"
    )


def _of_answer(service: Service, answer: Refused) -> PlatformError:
    status = answer.status
    head = f"{service.name} at {service.address} answered {status} ({_words(answer)})"
    if answer.slow_down or status == _SLOW_DOWN:
        return PlatformUnreachableError(f"{head}: it asks to slow down. {_AGAIN} in a few minutes")
    if status >= _TROUBLE:
        return PlatformUnreachableError(f"{head}: the fault is on its side. {_AGAIN}")
    remedies: dict[int, str] = {
        HTTPStatus.UNAUTHORIZED: f"it does not accept {service.token}, which may have expired. {service.grant}",
        HTTPStatus.FORBIDDEN: f"{service.token} may not do this. {service.grant}",
        HTTPStatus.NOT_FOUND: f"it is not there, or {service.token} may not see it. Check {service.place}. {service.grant}",
    }
    return PlatformError(f"{head}: {remedies.get(status, 'it does not accept what was sent')}")


def _words(answer: Refused) -> str:
    """The platform's own; a page of HTML is none."""
    message = " ".join(answer.message.split())
    if not message or message.startswith("<"):
        message = next((each.phrase for each in HTTPStatus if each == answer.status), "no reason given")
    return _short(message)


def _of_way(service: Service, error: Exception) -> PlatformError:
    where, first = f"{service.name} at {service.address}", _first(error)
    reason = _reason(service, error, first)
    match error:
        case requests.exceptions.SSLError():
            return PlatformError(
                f"{where} has no certificate that this machine trusts ({reason}). Check {service.variable}; "
                "REQUESTS_CA_BUNDLE names a file with the certificates of your own authority"
            )
        case requests.exceptions.ProxyError():
            return PlatformError(
                f"the proxy on the way to {where} does not let this through ({reason}). HTTPS_PROXY and HTTP_PROXY name it, "
                "NO_PROXY names hosts that need none"
            )
        case requests.exceptions.RequestException() if isinstance(first, TimeoutError):
            return PlatformUnreachableError(f"{where} did not answer within {TIMEOUT} s. {_AGAIN}")
        case requests.exceptions.ChunkedEncodingError() | requests.exceptions.ContentDecodingError():
            return PlatformUnreachableError(f"{where} broke off within its answer ({reason}). {_AGAIN}")
        case requests.exceptions.ConnectionError():
            return PlatformUnreachableError(
                f"{where} cannot be reached ({reason}). Check {service.variable} and the network. {_AGAIN}"
            )
        case requests.exceptions.TooManyRedirects() | RecursionError():
            return incomplete(service, "it redirects in a circle")
        case requests.exceptions.JSONDecodeError():
            return incomplete(service, "its answer is not JSON")
        case requests.exceptions.RequestException() | OSError():
            return PlatformError(f"{where} cannot be asked ({reason}). Check {service.variable}")
        case _:
            return incomplete(service, f"{type(error).__name__}: {_short(str(error))}")


def _first(error: Exception) -> BaseException:
    """The first cause of an error, under the layers around it."""
    first: BaseException = error
    while (cause := first.__cause__ or first.__context__) is not None:
        first = cause
    return first


def _reason(service: Service, error: Exception, first: BaseException) -> str:
    """What the system says, and of whom where a redirect led elsewhere."""
    words = first.strerror if isinstance(first, OSError) and first.strerror else str(first)
    request = error.request if isinstance(error, requests.RequestException) else None
    host = urlsplit(str(request.url or "")).hostname if request is not None else None
    elsewhere = f"{host}: " if host and host != urlsplit(service.address).hostname else ""
    return elsewhere + _short(words or type(first).__name__)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[:_LONGEST] + "…"
