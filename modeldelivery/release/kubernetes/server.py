"""An API server of Kubernetes, spoken to over HTTPS: one request, one answer, every failure a sentence.

Source: https://kubernetes.io/docs/reference/using-api/api-concepts/. urllib3 alone: the official client costs half a second
of CPU to import, and a rollback is measured.
"""

import http
import json
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

import msgspec
from urllib3.exceptions import ConnectTimeoutError, HTTPError, MaxRetryError, NewConnectionError, SSLError

from modeldelivery.release.errors import (
    BusyError,
    ConflictError,
    CredentialsError,
    LostError,
    NotSentError,
    UnreachableError,
)
from modeldelivery.release.kubernetes.bearer import Bearer

MANAGER = "modelctl"  # field manager of everything that says where traffic goes
MERGE = "application/merge-patch+json"
_SERVER_ERROR = 500
# https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#http-status-codes
_PASSING = {429: "the API server asks to slow down", 503: "the API server is not ready"}


class AnsweredError(UnreachableError):
    """The API server did not do what it was asked, and says why."""


class Response(msgspec.Struct, frozen=True):
    """What the API server answered.

    Attributes:
        body: an object.
        date: by its own clock, in whole seconds since the epoch.
        at: when that came, by this process' monotonic clock in seconds.
    """

    body: Any
    date: float
    at: float


class Pool(Protocol):
    """Connections to one server: urllib3's HTTPSConnectionPool, or a fake in memory."""

    def request(
        self, method: str, url: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Any: ...


class Server(Protocol):
    """An API server: an `ApiServer`, or a dry run's."""

    def get(self, path: str) -> Response: ...
    def find(self, path: str) -> Response | None: ...
    def create(self, path: str, body: Mapping[str, Any]) -> Response: ...
    def patch(self, path: str, body: Mapping[str, Any], *, manager: str = ...) -> Response: ...
    def delete(self, path: str) -> None: ...


class ApiServer(msgspec.Struct, frozen=True, kw_only=True):
    """One API server, as one user.

    Attributes:
        pool: connections, sent once each or with urllib3's own retries.
        address: `https://…`, for messages.
        prefix: path under which the API is, "" at most clusters.
        bearer: None where a certificate logs in.
        agent: what the client calls itself.
        clock: monotonic, in seconds.
    """

    pool: Pool
    address: str
    prefix: str = ""
    bearer: Bearer | None = None
    agent: str = MANAGER
    clock: Callable[[], float] = time.monotonic

    def get(self, path: str) -> Response:
        """Raises as `send`; an object that is not there is an AnsweredError."""
        response = self.send("GET", path)
        if response is None:
            raise AnsweredError(f"GET {path}: there is no such thing in {self.address}")
        return response

    def find(self, path: str) -> Response | None:
        """The object, None when there is none."""
        return self.send("GET", path)

    def create(self, path: str, body: Mapping[str, Any]) -> Response:
        """Make an object. Raises ConflictError when there is one of that name."""
        return self._written("POST", f"{path}?fieldManager={MANAGER}", body, "application/json")

    def patch(self, path: str, body: Mapping[str, Any], *, manager: str = MANAGER) -> Response:
        """Change an object by a merge patch. Raises ConflictError when the body's resourceVersion is not the newest."""
        return self._written("PATCH", f"{path}?fieldManager={manager}", body, MERGE)

    def delete(self, path: str) -> None:
        """Delete an object; one that is not there is gone already."""
        self.send("DELETE", path)

    def send(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, kind: str = "application/json"
    ) -> Response | None:
        """One request; None for 404.

        Raises:
            NotSentError: no connection was made.
            LostError: no answer, or one that does not say whether the request was carried out.
            BusyError: not taken, now.
            ConflictError: the object is not the one that was read.
            CredentialsError, UnreachableError: not let in, or no request could be made.
            AnsweredError: refused for what was asked.
        """
        what = f"{method} {path.partition('?')[0]}"
        headers = {"Accept": "application/json", "User-Agent": self.agent}
        if body is not None:
            headers["Content-Type"] = kind
        encoded = json.dumps(body).encode() if body is not None else None
        try:
            answer = self._sent(method, self.prefix + path, encoded, headers)
        except HTTPError as error:
            raise self._unanswered(what, error) from error
        if answer.status == http.HTTPStatus.NOT_FOUND:
            self._refuse_unknown(what, answer)
            return None
        return self._read(what, answer)

    def _sent(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Any:
        """The answer. A token that is refused was looked at before the request was: by another one it is sent again, once."""
        if self.bearer is None:
            return self.pool.request(method, url, body=body, headers=headers)
        token = self.bearer.token()
        answer = self.pool.request(method, url, body=body, headers={**headers, **_authorization(token)})
        if answer.status != http.HTTPStatus.UNAUTHORIZED or (newer := self.bearer.renewed()) == token:
            return answer
        return self.pool.request(method, url, body=body, headers={**headers, **_authorization(newer)})

    def _written(self, method: str, path: str, body: Mapping[str, Any], kind: str) -> Response:
        response = self.send(method, path, body, kind)
        if response is None:
            raise ConflictError(
                f"{method} {path.partition('?')[0]}: someone else deleted it; reading it again"
            )
        return response

    def _unanswered(self, what: str, error: HTTPError) -> Exception:
        """What no answer means; of several tries the last one's."""
        reason = error.reason if isinstance(error, MaxRetryError) and error.reason else error
        if isinstance(reason, NewConnectionError | ConnectTimeoutError):
            return NotSentError(f"{what}: no connection to {self.address} ({reason})")
        if isinstance(reason, SSLError):
            return UnreachableError(
                f"{what}: {self.address} cannot be trusted ({reason})",
                hint="is it the cluster's address, and certificate-authority-data its authority?",
            )
        return LostError(f"{what}: no certain answer from {self.address} ({reason})")

    def _refuse_unknown(self, what: str, answer: Any) -> None:
        """Raises AnsweredError unless the API server knows such objects, and has none of that name."""
        status = _status(answer)
        if status.get("kind") != "Status" or not status.get("details", {}).get("name"):
            raise AnsweredError(
                f"{what}: {self.address} does not know such objects",
                hint="are the cluster's address and its Gateway API (gateway.networking.k8s.io/v1) right?",
            )

    def _read(self, what: str, answer: Any) -> Response:
        if answer.status >= http.HTTPStatus.MULTIPLE_CHOICES:
            raise self._refusal(what, answer.status, str(_status(answer).get("message") or answer.status))
        try:
            body = json.loads(answer.data)
            date = parsedate_to_datetime(answer.headers["Date"]).timestamp()
        except (ValueError, KeyError, TypeError) as error:
            raise UnreachableError(
                f"{what}: what answers at {self.address} is no API server of Kubernetes"
            ) from error
        return Response(body, date, self.clock())

    def _refusal(self, what: str, status: int, message: str) -> Exception:
        if status == http.HTTPStatus.CONFLICT:
            return ConflictError(f"{what}: someone else changed it; reading it again")
        if status in _PASSING:
            return BusyError(f"{what}: not taken, {_PASSING[status]} ({status})")
        if status == http.HTTPStatus.UNAUTHORIZED:
            return CredentialsError(
                f"{what}: {self.address} does not know who asks ({message})",
                hint="log in to the cluster again: the token or certificate has ended, or is of another cluster",
            )
        if status == http.HTTPStatus.FORBIDDEN:
            return UnreachableError(
                f"{what}: {message}",
                hint="docs/kubernetes.md has the role that a release needs in the namespace",
            )
        if status >= _SERVER_ERROR:
            return LostError(f"{what}: no certain answer ({status}: {message})")
        return AnsweredError(f"{what}: {message}")


def _authorization(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _status(answer: Any) -> dict[str, Any]:
    """The Status that an API server answers a failure with; empty when something else answers."""
    try:
        body = json.loads(answer.data)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
