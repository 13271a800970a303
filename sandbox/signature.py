"""AWS Signature Version 4, judged: whose key a request was signed with, and whether the signer knows its secret.

botocore signs and offers no judgement; its signer in a judge's place costs three times the CPU, on every invocation.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import lru_cache
from urllib.parse import parse_qsl, quote, unquote_to_bytes

import msgspec

_ALGORITHM = "AWS4-HMAC-SHA256"
_FORM = f"{_ALGORITHM} Credential=KEY/DAY/REGION/SERVICE/aws4_request, SignedHeaders=…, Signature=…"
_AUTHORIZATION = re.compile(
    rf"{_ALGORITHM} Credential=([\w/-]+),\s*SignedHeaders=([\w;-]+),\s*Signature=(\w+)", re.ASCII
)
_CREDENTIAL = re.compile(r"(\w+)/(\d{8})/([\w-]+)/([\w-]+)/aws4_request", re.ASCII)
_TIME = re.compile(r"\d{8}T\d{6}Z", re.ASCII)
_SKEW = 300.0  # seconds that clocks may differ
_SKEW_S3 = 900.0
_LONGEST = 604_800  # seconds that a presigned request may hold
_HASH = re.compile(r"[0-9a-f]{64}")
# What may stand in place of a body's hash. The chunks of a signed stream are not judged: its head is, with the same key.
_UNHASHED = {
    "UNSIGNED-PAYLOAD",
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
}


class Credential(msgspec.Struct, frozen=True):
    """What goes with an access key."""

    account: str
    secret: str
    token: str = ""  # of an assumed role: every request shows it
    expires: float = 0.0  # seconds since the epoch; 0 for never
    key: str = ""  # the access key itself, for whoever looks further things up by it


@dataclass(frozen=True)
class Message:
    """An HTTP request as it was received.

    Attributes:
        target: path and query as on the wire, percent-encoded.
        headers: by lowercase name.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class Fault(Enum):
    """What is wrong: AWS' codes in JSON protocols, in query protocols, and in S3."""

    ABSENT = ("MissingAuthenticationTokenException", "MissingAuthenticationToken", "AccessDenied")
    INCOMPLETE = ("IncompleteSignatureException", "IncompleteSignature", "AuthorizationHeaderMalformed")
    UNKNOWN_KEY = ("UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId")
    WRONG_TOKEN = ("UnrecognizedClientException", "InvalidClientTokenId", "InvalidToken")
    EXPIRED_TOKEN = ("ExpiredTokenException", "ExpiredToken", "ExpiredToken")
    SKEWED = ("InvalidSignatureException", "SignatureDoesNotMatch", "RequestTimeTooSkewed")
    EXPIRED = ("InvalidSignatureException", "SignatureDoesNotMatch", "AccessDenied")
    MISMATCH = ("InvalidSignatureException", "SignatureDoesNotMatch", "SignatureDoesNotMatch")
    BODY = ("InvalidSignatureException", "SignatureDoesNotMatch", "XAmzContentSHA256Mismatch")


class SignatureError(Exception):
    """A request that AWS refuses to believe."""

    def __init__(self, fault: Fault, message: str) -> None:
        super().__init__(message)
        self.fault = fault


@dataclass(frozen=True)
class _Signature:
    """What a request says of its own signature."""

    key: str
    scope: tuple[str, str, str]  # day, region, service
    headers: tuple[str, ...]
    value: str
    time: str
    token: str
    lasts: int | None  # seconds, of a presigned request


def judge(
    message: Message, credential_of: Callable[[str], Credential | None], now: float, service: str = ""
) -> Credential:
    """The credential that a request was signed with.

    Args:
        message: the request.
        credential_of: by access key.
        now: seconds since the epoch.
        service: whose call it must be, by its signing name; any when empty.

    Raises:
        SignatureError: none, or not with its secret, or not now.
    """
    signature = _signature(message)
    credential = credential_of(signature.key)
    if credential is None:
        raise SignatureError(
            Fault.UNKNOWN_KEY,
            f"The security token included in the request is invalid: the sandbox has no access key {signature.key}",
        )
    _check_token(signature, credential, now)
    _check_time(signature, now)
    if service and signature.scope[2] != service:
        raise SignatureError(Fault.MISMATCH, f"Credential should be scoped to correct service: '{service}'.")
    expected = hmac.digest(
        _signing_key(credential.secret, *signature.scope), _text(message, signature).encode(), "sha256"
    )
    if not hmac.compare_digest(expected.hex().encode(), signature.value.encode()):
        raise SignatureError(
            Fault.MISMATCH,
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
            "Key and signing method.",
        )
    return credential


def _signature(message: Message) -> _Signature:
    """Read strictly, since others read the same header after this: two keys in one must not be two callers."""
    given = message.headers.get("authorization")
    fields = _presigned(message.target.partition("?")[2]) if "?" in message.target else {}
    if given is None and not fields:
        raise SignatureError(Fault.ABSENT, "Missing Authentication Token")
    if given is not None:
        if fields:
            raise SignatureError(
                Fault.INCOMPLETE, "a request is signed in a header or in its query, not in both"
            )
        match = _AUTHORIZATION.fullmatch(given)
        if match is None:
            raise SignatureError(Fault.INCOMPLETE, f"the sandbox takes Authorization: {_FORM}")
        credential, headers, value = match.groups()
        time, token, lasts = (
            message.headers.get("x-amz-date", ""),
            message.headers.get("x-amz-security-token", ""),
            None,
        )
    else:
        credential, headers, value = (
            fields.get(name, "") for name in ("Credential", "SignedHeaders", "Signature")
        )
        time, token, expires = (fields.get(name, "") for name in ("Date", "Security-Token", "Expires"))
        lasts = int(expires) if expires.isdecimal() and int(expires) <= _LONGEST else None
        if fields.get("Algorithm") != _ALGORITHM or lasts is None:
            raise SignatureError(
                Fault.INCOMPLETE,
                f"the sandbox takes X-Amz-Algorithm={_ALGORITHM} and X-Amz-Expires up to {_LONGEST} seconds",
            )
    scope = _CREDENTIAL.fullmatch(credential)
    if scope is None or time[:8] != scope[2] or "host" not in (names := tuple(headers.split(";"))):
        raise SignatureError(
            Fault.INCOMPLETE,
            "the signature lacks a whole Credential, X-Amz-Date of its day, or host among SignedHeaders",
        )
    return _Signature(scope[1], (scope[2], scope[3], scope[4]), names, value, time, token, lasts)


def _presigned(query: str) -> dict[str, str]:
    """The fields of a signature in a query, without the `X-Amz-` before their names."""
    pairs = [
        (n.removeprefix("X-Amz-"), v)
        for n, v in parse_qsl(query, keep_blank_values=True)
        if n.startswith("X-Amz-")
    ]
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise SignatureError(Fault.INCOMPLETE, "a field of the signature is given twice")
    return fields


def _check_token(signature: _Signature, credential: Credential, now: float) -> None:
    if not hmac.compare_digest(signature.token.encode(), credential.token.encode()):
        raise SignatureError(Fault.WRONG_TOKEN, "The security token included in the request is invalid.")
    if credential.expires and now > credential.expires:
        raise SignatureError(Fault.EXPIRED_TOKEN, "The security token included in the request is expired")


def _check_time(signature: _Signature, now: float) -> None:
    signed = _seconds(signature.time)
    skew = _SKEW_S3 if signature.scope[2] == "s3" else _SKEW
    if signature.lasts is not None:
        if not signed - skew <= now <= signed + signature.lasts:
            raise SignatureError(Fault.EXPIRED, "Request has expired")
    elif abs(now - signed) > skew:
        raise SignatureError(
            Fault.SKEWED,
            f"Signature expired: {signature.time} is more than {skew / 60:.0f} minutes from the server's time",
        )


def _seconds(time: str) -> float:
    try:
        if _TIME.fullmatch(time):
            return datetime.fromisoformat(time).timestamp()
    except ValueError:
        pass
    raise SignatureError(
        Fault.INCOMPLETE, f"X-Amz-Date is {time!r}, and no time of the form 20260131T235959Z"
    )


@lru_cache(256)
def _signing_key(secret: str, day: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _text(message: Message, signature: _Signature) -> str:
    """The text that is signed."""
    path, _, query = message.target.partition("?")
    service = signature.scope[2]
    canonical = "\n".join(
        (
            message.method,
            _encoded(path, safe="/~") if service == "s3" else quote(_encoded(path, safe="/~"), safe="/~"),
            _query(query),
            *(f"{name}:{' '.join(_header(message, name).split())}" for name in signature.headers),
            "",
            ";".join(signature.headers),
            _payload(message, service, presigned=signature.lasts is not None),
        )
    )
    digest = hashlib.sha256(canonical.encode("latin-1", "replace")).hexdigest()
    return "\n".join((_ALGORITHM, signature.time, "/".join((*signature.scope, "aws4_request")), digest))


def _query(query: str) -> str:
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    kept = [(_encoded(name), _encoded(value)) for name, _, value in pairs if name != "X-Amz-Signature"]
    return "&".join(f"{name}={value}" for name, value in sorted(kept))


def _encoded(text: str, safe: str = "~") -> str:
    """Percent-encoded in the one form that is signed."""
    return quote(unquote_to_bytes(text), safe=safe)


def _header(message: Message, name: str) -> str:
    # A WSGI server hands over `x-amz-meta-a_b` with a dash.
    return message.headers.get(name) or message.headers.get(name.replace("_", "-"), "")


def _payload(message: Message, service: str, *, presigned: bool) -> str:
    stated = message.headers.get("x-amz-content-sha256")
    if stated is None and service == "s3" and presigned:
        return "UNSIGNED-PAYLOAD"
    if stated in _UNHASHED:
        return stated
    digest = hashlib.sha256(message.body).hexdigest()
    if stated is None and service != "s3":
        return digest
    if stated is None or not _HASH.fullmatch(stated):
        raise SignatureError(
            Fault.INCOMPLETE,
            f"x-amz-content-sha256 is {stated!r}; allowed are the body's SHA-256 and {', '.join(sorted(_UNHASHED))}",
        )
    if stated != digest:
        raise SignatureError(
            Fault.BODY, "The provided 'x-amz-content-sha256' header does not match what was computed."
        )
    return stated
