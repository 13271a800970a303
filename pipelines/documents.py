"""Reports of windows as documents: each begins with the number of its format, and is read strictly."""

from typing import Protocol, TypeVar

import msgspec


class BadReportError(ValueError):
    """A document that is no such report: which one, and what is wrong with it."""


class Formatted(Protocol):
    """A report that says which format it is of."""

    @property
    def format(self) -> int:
        """Its number."""
        ...


Report = TypeVar("Report", bound=Formatted)


def encode(report: Formatted) -> bytes:
    """The same bytes for the same report."""
    return msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n"


def decode(content: bytes, where: str, kind: type[Report], of: str, number: int) -> Report:
    """Read a report.

    Args:
        content: of the document.
        where: its name, for sentences.
        kind: what it is read as.
        of: what it is a report of, for sentences.
        number: of the format that is read.

    Raises:
        BadReportError: it is none, or of another format.
    """
    try:
        report = msgspec.json.decode(content, type=kind)
    except msgspec.DecodeError as error:
        raise BadReportError(f"{where}: no report of {of}: {error}") from error
    if report.format != number:
        raise BadReportError(f"{where}: format {report.format}; this program reads {number}")
    return report
