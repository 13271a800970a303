"""What S3 does and moto's S3 does not: owners checked, conditional writes that race.

moto (5.2.5) compares If-Match and If-None-Match but two threads may both pass before either writes; the gateway runs
moto under one lock, and here a conditional write that meets another in flight on its key gets S3's 409.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import unquote

from moto.s3.models import s3_backends

from sandbox.api.request import Request
from sandbox.call import Call
from sandbox.checksums import check_sums
from sandbox.refusal import RefusedError

_WRITES = {"PutObject", "CompleteMultipartUpload", "DeleteObject"}


class Buckets:
    """What S3 asks of a request beside permissions."""

    def __init__(self) -> None:
        self._writes = ConditionalWrites()

    @contextmanager
    def guard(self, call: Call, _account: str, request: Request) -> Iterator[None]:
        """Refuse what S3 refuses before moto sees it."""
        check_owner(call, request.path, request.headers)
        if call.action in {"PutObject", "UploadPart"}:
            check_sums(request)
            _check_condition(call)
        with self._writes.entered(call, request.path, request.headers):
            yield


def _check_condition(call: Call) -> None:
    """S3 knows no other If-None-Match of a write than "*"; moto takes any and does not look."""
    if call.members.get("IfNoneMatch", "*") != "*":
        raise RefusedError(
            "A header you provided implies functionality that is not implemented", "NotImplemented", 501
        )


class ConditionalWrites:
    """The conditional writes in flight."""

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._lock = threading.Lock()

    @contextmanager
    def entered(self, call: Call, path: str, headers: Mapping[str, str]) -> Iterator[None]:
        """Refuse a conditional write that is concurrent with another on the same key."""
        conditional = "if-match" in headers or "if-none-match" in headers
        if call.service != "s3" or call.action not in _WRITES or not conditional:
            yield
            return
        with self._lock:
            if path in self._keys:
                raise RefusedError(
                    "The conditional request cannot succeed due to a conflicting operation against this resource.",
                    "ConditionalRequestConflict",
                    409,
                )
            self._keys.add(path)
        try:
            yield
        finally:
            with self._lock:
                self._keys.discard(path)


def check_owner(call: Call, path: str, headers: Mapping[str, str]) -> None:
    """Deny a bucket that is not the expected owner's (403, as S3)."""
    if call.service != "s3" or call.action == "CreateBucket":
        return
    named = [(_bucket(path), headers.get("x-amz-expected-bucket-owner"))]
    if source := headers.get("x-amz-copy-source"):
        named.append((_bucket(unquote(source)), headers.get("x-amz-source-expected-bucket-owner")))
    for bucket, expected in named:
        owner = owner_of(bucket)
        if owner and expected not in {None, owner}:
            raise RefusedError("Access Denied", "AccessDenied", 403)


def owner_of(bucket: str) -> str | None:
    """The account a bucket belongs to; none when there is no such bucket."""
    owner = s3_backends.bucket_accounts.get(bucket)
    return owner[1] if owner else None


def _bucket(path: str) -> str:
    return path.lstrip("/").partition("/")[0]
