"""What of a schedule changes, where that is inside the JSON of what it starts: a job's image, say, and nothing else."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from modeldelivery.catalogue.tokens import SCHEDULE
from modeldelivery.review.core.touched import Touched


def properties(resource: Touched, changed: frozenset[str]) -> tuple[str, ...]:
    """Names of the properties that change; of a schedule as far down as both sides can be read, `target.input.AppSpecification.ImageUri`."""
    if resource.type != SCHEDULE:
        return tuple(sorted(changed))
    before, after = resource.before, resource.after
    return tuple(
        path for name in sorted(changed) for path in _within(name, before.get(name), after.get(name))
    )


def _within(path: str, before: Any, after: Any) -> Iterator[str]:
    old, new = _members(before), _members(after)
    differ = [key for key in sorted({*old, *new}) if old.get(key) != new.get(key)] if old and new else []
    if not differ:
        yield path
    for key in differ:
        yield from _within(f"{path}.{key}", old.get(key), new.get(key))


def _members(value: Any) -> Mapping[str, Any]:
    """Of an object, or of a text that is the JSON of one; none of anything else."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, Mapping) else {}
