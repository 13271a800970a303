"""Property values: between protobuf's Struct on the wire and plain Python values in a provider.

Plain values are None, bool, int, float, str, list, dict with str keys, and `UNKNOWN`. A number without a fraction is an
int: the wire knows only doubles. Signatures are those of pulumi's `sdk/go/common/resource/sig` and `…/plugin/rpc.go`.

A provider sees secrets as the plain values they hold. What it answers is marked secret again, property by property:
those that came in secret, and those that hold a secret's text (`tagsAll` beside `tags`).
"""

import enum
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf import struct_pb2

Properties = dict[str, Any]

_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"  # the key that says "this object is something special"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a marker, no secret
_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_REFUSED: Final = {
    "c44067f5952c0a294b673a41bacd8c17": "an asset",
    "0def7320c3a5731c473e5ecbe6d01bc7": "an archive",
    "5cf8f73096256a8f31e491e813e4eb8e": "a resource",
}
_UNKNOWN_STRING: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWNS: Final = frozenset(
    {
        _UNKNOWN_STRING,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # boolean
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)


class Unknown(enum.Enum):
    """The type of `UNKNOWN`: a value that a preview does not know yet."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown.UNKNOWN


class ValueRefusedError(ValueError):
    """A value that plain values cannot carry; the message names the property."""


@dataclass(frozen=True)
class Secrets:
    """What was secret in a request: the properties' names, and the texts of all secret strings in them."""

    properties: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()

    def __or__(self, other: "Secrets") -> "Secrets":
        return Secrets(self.properties | other.properties, self.texts | other.texts)

    def covers(self, name: str, value: Any) -> bool:
        """Whether the property must go back secret."""
        return name in self.properties or any(
            secret in text for text in _texts(value) for secret in self.texts
        )


NO_SECRETS: Final = Secrets()


def contains_unknown(value: Any) -> bool:
    """Whether the value, or anything in it, is `UNKNOWN`."""
    if isinstance(value, dict):
        return any(contains_unknown(inner) for inner in value.values())
    if isinstance(value, list | tuple):
        return any(contains_unknown(inner) for inner in value)
    return value is UNKNOWN


def decode(struct: struct_pb2.Struct) -> tuple[Properties, Secrets]:
    """Plain values of a message's properties, and what of them is secret.

    Raises:
        ValueRefusedError: an asset, an archive, a resource, or a marker that is not known here.
    """
    properties: Properties = {}
    names: set[str] = set()
    texts: set[str] = set()
    for name, value in struct.fields.items():
        secrets: list[Any] = []
        properties[name] = _plain(value, name, secrets)
        if secrets:
            names.add(name)
            texts.update(text for text in _texts(secrets) if text)
    return properties, Secrets(frozenset(names), frozenset(texts))


def encode(properties: Mapping[str, Any], secrets: Secrets = NO_SECRETS) -> struct_pb2.Struct:
    """The message of plain values; what `secrets` covers is marked secret.

    Raises:
        ValueRefusedError: a value of a type that the wire does not know.
    """
    struct = struct_pb2.Struct()
    for name, value in properties.items():
        message = _message(value, name)
        struct.fields[name].CopyFrom(_secret(message) if secrets.covers(name, value) else message)
    return struct


def _plain(value: struct_pb2.Value, path: str, secrets: list[Any]) -> Any:
    match value.WhichOneof("kind"):
        case "string_value":
            text = value.string_value
            return UNKNOWN if text in _UNKNOWNS else text
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "bool_value":
            return value.bool_value
        case "list_value":
            return [
                _plain(item, f"{path}[{index}]", secrets)
                for index, item in enumerate(value.list_value.values)
            ]
        case "struct_value":
            fields = value.struct_value.fields
            if _SIGNATURE in fields:
                return _special(fields[_SIGNATURE].string_value, fields, path, secrets)
            return {key: _plain(item, f"{path}.{key}", secrets) for key, item in fields.items()}
        case _:
            return None


def _special(signature: str, fields: Mapping[str, struct_pb2.Value], path: str, secrets: list[Any]) -> Any:
    if signature not in {_SECRET, _OUTPUT}:
        kind = _REFUSED.get(signature, f"a value of an unknown kind ({signature})")
        raise ValueRefusedError(f"{path} is {kind}; a text, number, boolean, list or object is allowed")
    plain = _plain(fields["value"], path, secrets) if "value" in fields else UNKNOWN
    if signature == _SECRET or ("secret" in fields and fields["secret"].bool_value):
        secrets.append(plain)
    return plain


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _all_texts(value.values())
    elif isinstance(value, list | tuple):
        yield from _all_texts(value)


def _all_texts(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        yield from _texts(value)


def _secret(message: struct_pb2.Value) -> struct_pb2.Value:
    wrapped = struct_pb2.Value()
    wrapped.struct_value.fields[_SIGNATURE].string_value = _SECRET
    wrapped.struct_value.fields["value"].CopyFrom(message)
    return wrapped


def _message(value: Any, path: str) -> struct_pb2.Value:
    message = struct_pb2.Value()
    if value is None:
        message.null_value = struct_pb2.NULL_VALUE
    elif value is UNKNOWN:
        message.string_value = _UNKNOWN_STRING
    elif isinstance(value, bool):
        message.bool_value = value
    elif isinstance(value, int | float):
        message.number_value = value
    elif isinstance(value, str):
        message.string_value = value
    elif isinstance(value, list | tuple):
        message.list_value.SetInParent()
        for index, item in enumerate(value):
            message.list_value.values.append(_message(item, f"{path}[{index}]"))
    elif isinstance(value, Mapping):
        message.struct_value.SetInParent()
        for key, item in value.items():
            message.struct_value.fields[key].CopyFrom(_message(item, f"{path}.{key}"))
    else:
        raise ValueRefusedError(f"{path} is a {type(value).__name__}, which Pulumi's wire does not know")
    return message
