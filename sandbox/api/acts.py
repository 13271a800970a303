"""Members that AWS knows and the sandbox does not act on.

Clients send every default that they know. So such a member with AWS's default is taken, and with any other value it is
refused by name: what would change something on AWS must not pass here without changing anything.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.model import ListShape, Shape, StructureShape

from sandbox.api.defaults import DEFAULTS

# Whether the sandbox acts on the member at a path of names, such as ("ProductionVariants", "InstanceType").
Acts = Callable[[tuple[str, ...]], bool]
# Names, and places in lists.
Path = tuple[str | int, ...]


def not_acted_on(service: str, shape: StructureShape, members: Any, acts: Acts) -> Iterator[str]:
    """A sentence for each member that the sandbox does not act on and that is not AWS's default."""
    for path, value in _others(service, shape, members, acts, ()):
        yield f"the sandbox does not act on {_shown(path)} = {json.dumps(value, default=str)}"


def _others(service: str, shape: Shape, value: Any, acts: Acts, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(shape, ListShape):
        for index, one in enumerate(value):
            yield from _others(service, shape.member, one, acts, (*path, index))
    elif isinstance(shape, StructureShape) and not shape.is_document_type:
        for name, one in value.items():
            member, at = shape.members[name], (*path, name)
            if acts(tuple(step for step in at if isinstance(step, str))):
                yield from _others(service, member, one, acts, at)
            else:
                yield from _other_than_default(DEFAULTS.get(service, {}), shape, member, one, at)


def _other_than_default(
    defaults: Mapping[str, Any], parent: StructureShape, shape: Shape, value: Any, path: Path
) -> Iterator[tuple[Path, Any]]:
    """The innermost values that are not AWS's default."""
    key = f"{parent.name}.{path[-1]}"
    if key in defaults:
        if value != defaults[key]:
            yield path, value
    elif isinstance(shape, StructureShape) and not shape.is_document_type:
        for name, one in value.items():
            yield from _other_than_default(defaults, shape, shape.members[name], one, (*path, name))
    elif value not in (False, 0, "", b"", [], {}):
        yield path, value


def _shown(path: Path) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".")
