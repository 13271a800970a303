"""A role's credentials for a program, served as AWS serves them to a container.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html: every SDK asks the URI in its
environment, with the token in its environment, again before the keys expire.
"""

import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

PATH = "/sandbox/credentials"
_EARLY = timedelta(minutes=15)  # SDKs renew this long before the end: fresh keys must be there by then


@dataclass(frozen=True)
class Keys:
    """A session of a role."""

    access_key: str
    secret: str
    token: str
    expires: datetime


Assume = Callable[[str, str, str], Keys]  # account, role ARN and session name


@dataclass(frozen=True)
class Addresses:
    """Where a program finds this sandbox."""

    region: str
    control: int  # port of every service but the next
    runtime: int  # port of sagemaker-runtime


@dataclass
class _Grant:
    account: str
    role: str
    session: str
    keys: Keys | None = None


class Credentials:
    """The roles that running programs have."""

    def __init__(self, assume: Assume, addresses: Callable[[], Addresses]) -> None:
        self._assume = assume
        self._addresses = addresses
        self._grants: dict[str, _Grant] = {}
        self._lock = threading.Lock()

    def grant(self, account: str, role: str, session: str) -> dict[str, str]:
        """The environment by which a program has a role, and finds the sandbox; `revoke` takes the same."""
        token, at = secrets.token_urlsafe(32), self._addresses()
        with self._lock:
            self._grants[token] = _Grant(account, role, session)
        return {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://127.0.0.1:{at.control}{PATH}",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": token,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_REGION": at.region,
            "AWS_DEFAULT_REGION": at.region,
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{at.control}",
            "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": f"http://127.0.0.1:{at.runtime}",
        }

    def revoke(self, environment: dict[str, str]) -> None:
        """Serve a program's role no longer: it ended."""
        with self._lock:
            self._grants.pop(environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", ""), None)

    def answer(self, token: str) -> bytes | None:
        """The document that an SDK reads; none for a token that nobody was given."""
        with self._lock:
            grant = self._grants.get(token)
            if grant is None:
                return None
            if grant.keys is None or grant.keys.expires - _EARLY < datetime.now(UTC):
                grant.keys = self._assume(grant.account, grant.role, grant.session)
            return json.dumps(
                {
                    "RoleArn": grant.role,
                    "AccessKeyId": grant.keys.access_key,
                    "SecretAccessKey": grant.keys.secret,
                    "Token": grant.keys.token,
                    "Expiration": grant.keys.expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
                }
            ).encode()
