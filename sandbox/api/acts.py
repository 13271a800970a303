"""Members that AWS knows and the sandbox does not act on.

Clients send every default that they know. So such a member with AWS's default is taken and left out, and with any other
value it is refused by name: what would change something on AWS must not pass here without changing anything.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.model import ListShape, Shape, StructureShape

from sandbox.api.defaults import DEFAULTS

# Whether the sandbox acts on the member at a path of names, such as ("ProductionVariants", "InstanceType").
Acts = Callable[[tuple[str, ...]], bool]


def acted_on(
    service: str, shape: StructureShape, members: Mapping[str, Any], acts: Acts
) -> tuple[dict[str, Any], list[str]]:
    """The members that the sandbox acts on, and a sentence for each of the others that is not AWS's default."""
    wrong: list[str] = []

    def pruned(shape: Shape, value: Any, path: tuple[str, ...], shown: str) -> Any:
        if isinstance(shape, ListShape) and isinstance(value, list):
            return [pruned(shape.member, one, path, f"{shown}[{index}]") for index, one in enumerate(value)]
        if not isinstance(shape, StructureShape) or not isinstance(value, dict):
            return value
        kept = {}
        for name, one in value.items():
            member, at = shape.members[name], f"{shown}.{name}" if shown else name
            if acts((*path, name)):
                kept[name] = pruned(member, one, (*path, name), at)
            else:
                wrong.extend(
                    f"the sandbox does not act on {where} = {json.dumps(what, default=str)}"
                    for where, what in _other_than_default(service, f"{shape.name}.{name}", member, one, at)
                )
        return kept

    return pruned(shape, members, (), ""), wrong


def _other_than_default(
    service: str, key: str, shape: Shape, value: Any, shown: str
) -> Iterator[tuple[str, Any]]:
    """The innermost values that are not AWS's default."""
    defaults = DEFAULTS.get(service, {})
    if key in defaults:
        if value != defaults[key]:
            yield shown, value
    elif isinstance(shape, StructureShape) and isinstance(value, dict) and value:
        for name, one in value.items():
            yield from _other_than_default(
                service, f"{shape.name}.{name}", shape.members[name], one, f"{shown}.{name}"
            )
    elif value not in (False, 0, "", b"", [], {}):
        yield shown, value
