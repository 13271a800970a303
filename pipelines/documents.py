"""Baselines and reports of windows as documents: each begins with the number of its format, and is read strictly."""

from typing import Protocol, TypeVar

import msgspec


class BadDocumentError(ValueError):
    """A document that is not what it should be: which one, and what is wrong with it."""


class Formatted(Protocol):
    """A document that says which format it is of."""

    @property
    def format(self) -> int:
        """Its number."""
        ...


Kind = TypeVar("Kind", bound=Formatted)


def encode(document: Formatted) -> bytes:
    """The same bytes for the same document."""
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def decode(content: bytes, where: str, kind: type[Kind], what: str, number: int) -> Kind:
    """Read a document.

    Args:
        content: of the document.
        where: its name, for sentences.
        kind: what it is read as.
        what: it should be, for sentences: `report of drift`.
        number: of the format that is read.

    Raises:
        BadDocumentError: it is none, or of another format.
    """
    try:
        document = msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadDocumentError(f"{where}: no {what}: {error}") from error
    if document.format != number:
        raise BadDocumentError(
            f"{where}: format {document.format}; this program reads {number}: read it with the code that wrote it"
        )
    return document
