"""Everything that AWS's model forbids of a call, member by member: `wrongs` is made from the model alone."""

import copy
from dataclasses import dataclass, field
from typing import Any

from modeldelivery.awsmodels.pattern import matches
from tests.unit.sandbox.api.encode import MARKS, encode, marked_as

# Of these some value breaks every pattern.
CANDIDATES = ("\x00", "a b", "A_!", "é", "/", "--", "x" * 70, "1", "a")
MOST = 20_000  # characters or items; a limit above that is not worth its test's time
GONE = object()


@dataclass(frozen=True)
class Wrong:
    """One change to a request that is right.

    Attributes:
        path: of the member, in names and places in lists.
        value: what to put there; `GONE` to take it away.
        text: what the wire holds instead of `value`, which is a mark then.
        beside: other members of the same structure: a form cannot hold an empty one.
    """

    path: tuple[str | int, ...]
    value: Any = field(repr=False)
    how: str
    text: str | None = None
    beside: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def name(self):
        """What the refusal must say."""
        return [step for step in self.path if isinstance(step, str)][-1]

    def request(self, operation, protocol, right):
        """The request with this one thing wrong."""
        members = copy.deepcopy(right)
        _put(members, self.path, self.value, self.beside)
        request = encode(operation, protocol, members)
        return request if self.text is None else marked_as(request, self.text)


def wrongs(shape, protocol, path=(), visited=()):
    """All of a structure's members, and of the structures in it once."""
    for name, member in shape.members.items():
        at, located = (*path, name), member.serialization.get("location")
        if located not in {
            "uri",
            "headers",
        }:  # a path without them is another call's, a prefix of headers has no limits
            yield from _values(member, protocol, at, located)
        if name in shape.required_members and located != "uri":
            others = [(n, m) for n, m in shape.members.items() if n != name and path]
            yield Wrong(at, GONE, "missing", beside={n: _any(m) for n, m in others[:1]})
        inner, below = _inner(member, at)
        if inner.type_name == "structure" and inner.name not in visited and not inner.is_document_type:
            yield from wrongs(inner, protocol, below, (*visited, inner.name))
            if protocol == "json":
                yield Wrong((*below, "NoSuchMember"), 1, "unknown")
    if protocol == "json" and not path:
        yield Wrong(("NoSuchMember",), 1, "unknown")


def _inner(member, at):
    while member.type_name in {"list", "map"}:
        member, at = (member.member, (*at, 0)) if member.type_name == "list" else (member.value, (*at, "key"))
    return member, at


def _values(shape, protocol, at, located):
    kind, traits = shape.type_name, shape.metadata
    if protocol == "json":
        yield Wrong(at, {"of": "another"} if kind not in {"structure", "map"} else [7], "type")
        if kind in {"string", "blob"}:
            yield Wrong(at, 7, "type")
    elif kind in MARKS and not shape.serialization.get("streaming"):
        yield Wrong(at, MARKS[kind], "type", "neither-nor")
    if traits.get("enum"):
        yield Wrong(at, "NoSuchValue", "enum")
    if traits.get("pattern") and (broken := _breaking(shape)) is not None:
        yield Wrong(at, broken, "pattern")
    sized = {"string": lambda size: "a" * size, "blob": lambda size: b"a" * size}
    sized["list"] = lambda size: [_any(shape.member)] * size
    sized["map"] = lambda size: {f"k{number}": _any(shape.value) for number in range(size)}
    most, least = traits.get("max"), traits.get("min")
    if kind in sized and most is not None and most <= MOST:
        yield Wrong(at, sized[kind](most + 1), "long")
    # An empty list is no element in XML, an empty form of a header no header.
    if kind in sized and least and not located and (protocol != "rest-xml" or kind == "string"):
        yield Wrong(at, sized[kind](least - 1), "short")
    if kind in {"integer", "long", "float", "double"}:
        if most is not None:
            yield Wrong(at, most + 1, "large")
        if least is not None:
            yield Wrong(at, least - 1, "small")


def _breaking(shape):
    least, most = shape.metadata.get("min", 0), shape.metadata.get("max", MOST)
    fitting = (text * max(1, -(-least // len(text))) for text in CANDIDATES)
    return next((t for t in fitting if len(t) <= most and not matches(shape.metadata["pattern"], t)), None)


def _any(shape):
    if shape.type_name == "structure":  # an empty one cannot be written as a form
        return {name: _any(member) for name, member in list(shape.members.items())[:1]}
    return {"list": [], "map": {}, "string": "a", "boolean": True, "blob": b"a"}.get(shape.type_name, 1)


def _put(members, path, value, beside):
    *parents, last = path
    at = members
    for step, following in zip(parents, path[1:], strict=True):
        fresh = [] if isinstance(following, int) else {}
        if isinstance(at, list):
            at += [fresh] if len(at) <= step else []
            at = at[step]
        else:
            at = at.setdefault(step, fresh)
    if value is GONE:
        at.pop(last, None)
        at |= {name: one for name, one in beside.items() if name not in at}
    elif isinstance(at, list):
        at[last : last + 1] = [value]
    else:
        at[last] = value
