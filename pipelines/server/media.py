"""Content negotiation: what a body is, and what the answer shall be."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

JSON: Literal["application/json"] = "application/json"
CSV: Literal["text/csv"] = "text/csv"

Media: TypeAlias = Literal["application/json", "text/csv"]


class UnsupportedMediaTypeError(ValueError):
    """A Content-Type that the server does not read."""


class NotAcceptableError(ValueError):
    """An Accept header that leaves out all that the server writes."""


@dataclass(frozen=True)
class BodyFormat:
    media: Media
    header: bool = False  # CSV only: the first line names the columns


@lru_cache(maxsize=64)
def body_format(content_type: str) -> BodyFormat:
    """Read a Content-Type; CSV has no header unless `header=present` says so (RFC 4180, section 3).

    Raises:
        UnsupportedMediaTypeError: for another type, another charset than UTF-8, or an unknown parameter.
    """
    media, *rest = (part.strip().lower() for part in content_type.split(";"))
    parameters = dict(part.partition("=")[::2] for part in rest if part)
    charset = parameters.pop("charset", "utf-8").strip('"')
    if charset not in {"utf-8", "us-ascii"}:
        raise UnsupportedMediaTypeError(f"charset {charset!r} is not supported: send UTF-8")
    if media == JSON and not parameters:
        return BodyFormat(JSON)
    if (
        media == CSV
        and (header := parameters.pop("header", "absent")) in {"present", "absent"}
        and not parameters
    ):
        return BodyFormat(CSV, header=header == "present")
    raise UnsupportedMediaTypeError(
        f"Content-Type {content_type!r} is not supported: send {JSON}, or {CSV} with header=present or header=absent"
    )


@lru_cache(maxsize=64)
def answer_format(accept: str) -> Media:
    """Choose what to write; an empty header accepts anything and gets JSON.

    Raises:
        NotAcceptableError: when neither JSON nor CSV is acceptable.
    """
    ranges = _ranges(accept) or {"*/*": 1.0}
    quality = {media: _quality(media, ranges) for media in (JSON, CSV)}
    if not any(quality.values()):
        raise NotAcceptableError(f"Accept {accept!r} cannot be served: ask for {JSON} or {CSV}")
    return JSON if quality[JSON] >= quality[CSV] else CSV


def _ranges(accept: str) -> dict[str, float]:
    ranges = {}
    for part in filter(None, (part.strip().lower() for part in accept.split(","))):
        media, *parameters = (piece.strip() for piece in part.split(";"))
        weight = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
        try:
            ranges[media] = float(weight)
        except ValueError:
            raise NotAcceptableError(f"Accept {accept!r}: {weight!r} is not a quality from 0 to 1") from None
    return ranges


def _quality(media: str, ranges: dict[str, float]) -> float:
    """The most specific range decides (RFC 9110, 12.5.1)."""
    kind = media.partition("/")[0]
    return next((ranges[name] for name in (media, f"{kind}/*", "*/*") if name in ranges), 0.0)
