"""Whose an access key is, and what the caller's own policies are; read from moto, under the cloud's lock."""

from typing import TYPE_CHECKING, Any

from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from sandbox.iam.arn import parse
from sandbox.iam.core.access import Caller, Principal
from sandbox.iam.core.document import read

if TYPE_CHECKING:
    import threading

_PARTITION = "aws"


class UnjudgedError(Exception):
    """Something that permissions depend on and the sandbox does not judge; the message names it."""


class Callers:
    """Everyone who has an access key."""

    def __init__(self, lock: "threading.RLock") -> None:
        self._lock = lock

    def by_key(self, account: str, key: str) -> Caller:
        """A user, who may do all in the account, or a session of a role with its policies.

        Raises UnjudgedError, PolicyError.
        """
        with self._lock:
            sessions = sts_backends[account][_PARTITION].assumed_roles
            session = next((each for each in sessions if each.access_key_id == key), None)
            if session is not None:
                return self.session(session.role_arn, session.session_name)
            user = iam_backends[account][_PARTITION].access_keys[key].user_name
        return Caller(Principal(f"arn:aws:iam::{account}:user/{user}", account), administrator=True)

    def session(self, role: str, name: str) -> Caller:
        """Who takes on a role under a session's name; a role that is gone may do nothing.

        Raises UnjudgedError, PolicyError.
        """
        account, short = parse(role).account, role.rpartition("/")[2]
        principal = Principal(f"arn:aws:sts::{account}:assumed-role/{short}/{name}", account, role=role)
        with self._lock:
            found_role = find_role(role)
            if found_role is None:
                return Caller(principal)
            if found_role.permissions_boundary_arn:
                raise UnjudgedError(f"the permissions boundary of role {short}")
            texts = [
                (f"the policy {inline} of role {short}", text) for inline, text in found_role.policies.items()
            ]
            texts += [
                (f"the managed policy {attached.name} of role {short}", version.document)
                for attached in found_role.managed_policies.values()
                for version in attached.versions
                if version.is_default
            ]
        return Caller(principal, tuple(read(text, title) for title, text in texts))


def find_role(arn: str) -> Any:
    """A role by its ARN, as moto holds it; None when there is none. To be called under the cloud's lock."""
    roles = iam_backends[parse(arn).account][_PARTITION].roles.values()
    return next((role for role in roles if role.arn == arn), None)
