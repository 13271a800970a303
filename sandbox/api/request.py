"""An HTTP request to AWS, as it came."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    """Header names are lowercase, the path is without its percent signs."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    target: str = ""  # path and query as on the wire, percent-encoded: what the caller signed
    environ: Mapping[str, Any] = field(
        default_factory=dict, repr=False
    )  # the same as WSGI tells it, for moto
