"""Values that the wire writes as text: in forms, paths, queries, headers and XML."""

import base64
import binascii
import re
from typing import Any

from botocore.model import ListShape, Shape

_INTEGER = re.compile(r"[+-]?\d{1,40}")


def from_text(shape: Shape, text: str) -> Any:
    """The value; the text itself when it is none, which the check then refuses."""
    match shape.type_name:
        case "integer" | "long":
            return int(text) if _INTEGER.fullmatch(text) else text
        case "float" | "double":
            try:
                return float(text)
            except ValueError:
                return text
        case "boolean":
            return {"true": True, "false": False}.get(text.lower(), text)
        case "blob":
            return from_base64(text)
        case "list" if isinstance(shape, ListShape):
            return [from_text(shape.member, one.strip()) for one in text.split(",")]
    return text


def from_base64(text: str) -> bytes | str:
    """The bytes; the text itself when it is not base64."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return text
