"""When two values of a property mean the same, and the paths where they do not."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from modeldelivery.plugin.protocol import Change
from modeldelivery.plugin.values import UNKNOWN, contains_unknown
from sandbox.pulumi_aws.property import Property

Table = Mapping[str, Property]


def meaning(spec: Property, value: Any) -> Any:
    """The value without what means nothing: defaults, empty lists and objects, JSON's formatting, a set's order."""
    if value is None:
        value = spec.default
    if value is None or value is UNKNOWN:
        return value
    if spec.json and value:
        return json.dumps(_document(value), sort_keys=True)
    if spec.type == "block":
        return _object(spec.inner, value) or None
    if spec.type == "blocks":
        listed = [item if item is UNKNOWN else _object(spec.inner, item) for item in value]
        return _sorted(spec, listed) or None
    if spec.type == "texts":
        return _sorted(spec, list(value)) or None
    if spec.type == "map":
        return dict(value) or None
    if spec.type == "text":
        return value or None
    return value


def changes(table: Table, current: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Change]:
    """What `wanted` inputs change in the `current` outputs, by property path."""
    changed: dict[str, Change] = {}
    for name, spec in table.items():
        if spec.output or (spec.computed and wanted.get(name) is None):
            continue
        before, after = meaning(spec, current.get(name)), meaning(spec, wanted.get(name))
        for path, kind in _paths(spec, name, before, after):
            changed[path] = Change(f"{kind}_REPLACE") if spec.replaces else Change(kind)
    return changed


def _paths(spec: Property, path: str, before: Any, after: Any) -> Iterator[tuple[str, str]]:
    if before == after and not contains_unknown(after):
        return
    if before is None:
        yield path, "ADD"
    elif after is None:
        yield path, "DELETE"
    elif spec.type == "block" and isinstance(before, dict) and isinstance(after, dict):
        yield from _inside(spec, path, before, after)
    elif spec.type == "map" and isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            yield from _paths(Property(type="text"), f"{path}{_step(key)}", before.get(key), after.get(key))
    elif spec.type == "blocks" and isinstance(after, list) and len(before) == len(after):
        item = Property(type="block", inner=spec.inner)
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _paths(item, f"{path}[{index}]", old, new)
    else:
        yield path, "UPDATE"


def _inside(
    spec: Property, path: str, before: dict[str, Any], after: dict[str, Any]
) -> Iterator[tuple[str, str]]:
    for key, inner in spec.inner.items():
        if not (inner.computed and key not in after):
            yield from _paths(inner, f"{path}.{key}", before.get(key), after.get(key))


def _step(key: str) -> str:
    return f".{key}" if key.replace("_", "").isalnum() else f"[{json.dumps(key)}]"


def _object(table: Table, value: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: meaning(spec, value.get(name)) for name, spec in table.items() if not spec.output}
    return {
        name: one
        for name, one in kept.items()
        if one is not None and (table[name].default is None or one != table[name].default)
    }


def _sorted(spec: Property, values: list[Any]) -> list[Any]:
    if not spec.unordered or contains_unknown(values):
        return values
    return sorted(values, key=lambda value: json.dumps(value, sort_keys=True))


def _document(value: str) -> Any:
    try:
        return _without_order(json.loads(value))
    except json.JSONDecodeError:
        return value


def _without_order(value: Any) -> Any:
    """IAM's equivalences: a list of one is its element, and a list's order means nothing."""
    if isinstance(value, dict):
        return {key: _without_order(one) for key, one in value.items()}
    if isinstance(value, list):
        listed = [_without_order(one) for one in value]
        if len(listed) == 1:
            return listed[0]
        return sorted(listed, key=lambda one: json.dumps(one, sort_keys=True))
    return value
