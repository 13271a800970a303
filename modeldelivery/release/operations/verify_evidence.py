"""What a verification leaves among the evidence of a digest set: kept once, and read back strictly."""

from typing import TypeVar

import msgspec

from modeldelivery.release.core.verification import Load, Verification
from modeldelivery.release.errors import DamagedError
from modeldelivery.release.ports import Registry
from modeldelivery.release.version import DigestSet

Document = TypeVar("Document", Verification, Load)


def read_kept(registry: Registry, digests: DigestSet, name: str, kind: type[Document]) -> Document | None:
    """What an earlier run kept of these bits; None where none did. Raises DamagedError."""
    content = registry.read_evidence(digests.id, name)
    return None if content is None else _read(content, digests, name, kind)


def keep(registry: Registry, name: str, made: Document) -> tuple[Document, bool]:
    """Keep it, unless an earlier one stands; the one that stands, and whether it is this one. Raises DamagedError."""
    content = msgspec.json.format(msgspec.json.encode(made), indent=1)
    stands = registry.store_evidence(made.digests.id, name, content)
    return _read(stands, made.digests, name, type(made)), stands == content


def _read(content: bytes, digests: DigestSet, name: str, kind: type[Document]) -> Document:
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DamagedError(
            f"{name} among the evidence of {digests.id} cannot be understood: {error}",
            hint="find out who wrote it; the registry bucket keeps earlier versions of the object",
        ) from error
