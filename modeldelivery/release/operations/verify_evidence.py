"""What a verification leaves among the evidence of a digest set: kept once in each environment, and read back strictly."""

from typing import TypeVar

import msgspec

from modeldelivery.release.core.verification import Load, Verification
from modeldelivery.release.errors import DamagedError
from modeldelivery.release.ports import Registry

Document = TypeVar("Document", Verification, Load)


def read_kept(
    registry: Registry, digests: str, name: str, kind: type[Document], endpoint: str
) -> Document | None:
    """What an earlier run kept of a digest set (its id) on the endpoint (its ARN); None where none did. Raises DamagedError."""
    content = registry.read_evidence(digests, name)
    return None if content is None else _read(content, digests, name, kind, endpoint)


def keep(registry: Registry, name: str, made: Document) -> tuple[Document, bool]:
    """Keep it, unless an earlier one stands; the one that stands, and whether it is this one. Raises DamagedError."""
    content = msgspec.json.format(msgspec.json.encode(made), indent=1)
    stands = registry.store_evidence(made.digests.id, name, content)
    return _read(stands, made.digests.id, name, type(made), made.endpoint), stands == content


def _read(content: bytes, digests: str, name: str, kind: type[Document], endpoint: str) -> Document:
    try:
        document = msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DamagedError(
            f"{name} among the evidence of {digests} cannot be understood: {error}",
            hint="find out who wrote it; the registry bucket keeps earlier versions of the object",
        ) from error
    if document.endpoint != endpoint:
        raise DamagedError(
            f"{name} among the evidence of {digests} was measured on {document.endpoint}, and this endpoint is {endpoint}",
            hint="find out who brought it here; once whoever administers the bucket has removed it, the same command measures this one",
        )
    return document
