"""The access keys of the two accounts, made for each home: whoever cannot read the home cannot call."""

import base64
import secrets
from pathlib import Path

import msgspec

from sandbox.accounts import ACCOUNTS
from sandbox.home import Home, SandboxError, write


class AccessKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One account's, of its own user."""

    id: str  # travels in the clear with each call
    secret: str


def access_keys(home: Home) -> dict[str, AccessKey]:
    """The keys by profile, made when there are none; a restart keeps them, so that clients go on.

    Raises:
        SandboxError: the file is not what this version writes.
    """
    path = home.keys
    if not path.exists():
        write(path, msgspec.json.encode({account.profile: _new_key() for account in ACCOUNTS}))
    return _read(path)


def _read(path: Path) -> dict[str, AccessKey]:
    try:
        keys = msgspec.json.decode(path.read_bytes(), type=dict[str, AccessKey])
    except msgspec.DecodeError as error:
        raise SandboxError(
            f"{path} holds no access keys ({error}): remove it and type `sandbox up`"
        ) from None
    if missing := {account.profile for account in ACCOUNTS} - keys.keys():
        raise SandboxError(
            f"{path} has no key of {', '.join(sorted(missing))}: remove it and type `sandbox up`"
        )
    return keys


def _new_key() -> AccessKey:
    """In the form of AWS' own: 20 and 40 characters."""
    identity = "AKIA" + base64.b32encode(secrets.token_bytes(10)).decode()
    return AccessKey(identity, secrets.token_urlsafe(30))
