"""A body held to the checksums that came with it, as S3 does and moto (5.2.5) does not."""

import base64
import binascii
import hashlib
import zlib
from collections.abc import Callable, Mapping

from sandbox.api.request import Request
from sandbox.refusal import RefusedError

_SUMS: Mapping[str, tuple[str, Callable[[bytes], bytes]]] = {
    "content-md5": ("Content-MD5", lambda body: hashlib.md5(body, usedforsecurity=False).digest()),
    "x-amz-checksum-crc32": ("CRC32", lambda body: zlib.crc32(body).to_bytes(4, "big")),
    "x-amz-checksum-sha1": ("SHA1", lambda body: hashlib.sha1(body, usedforsecurity=False).digest()),
    "x-amz-checksum-sha256": ("SHA256", lambda body: hashlib.sha256(body).digest()),
}


def check_sums(request: Request) -> None:
    """Raise RefusedError for a body that is not the one its sender summed up."""
    if "aws-chunked" in request.headers.get("content-encoding", ""):
        return  # what came is the body in pieces, with signatures between
    for header, (name, summed) in _SUMS.items():
        given = request.headers.get(header)
        if given is not None and _decoded(given, name) != summed(request.body):
            raise RefusedError(f"The {name} you specified did not match what we received.", "BadDigest")


def _decoded(text: str, name: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise RefusedError(f"The {name} you specified is not valid.", "InvalidDigest") from None
