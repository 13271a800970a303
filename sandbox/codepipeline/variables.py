"""`#{NAMESPACE.NAME}` in the configuration of an action, filled from what earlier actions told.

Source: https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-variables.html
"""

import re
from collections.abc import Iterator, Mapping

_PLACE = re.compile(r"#\{([A-Za-z0-9_@-]+)\.([A-Za-z0-9_]+)\}")
_OPENING = re.compile(r"#\{[^}]*\}?")


class VariableError(ValueError):
    """A place that cannot be filled; a sentence."""


def fill(text: str, namespaces: Mapping[str, Mapping[str, str]]) -> str:
    """The text with every place filled; raises VariableError."""

    def value(place: re.Match[str]) -> str:
        namespace, name = place.groups()
        values = namespaces.get(namespace)
        if values is None or name not in values:
            listed = ", ".join(sorted(values)) if values else "nothing"
            raise VariableError(f"{place[0]}: {namespace} has {listed}")
        return values[name]

    return _PLACE.sub(value, text)


def namespaces_of(text: str) -> Iterator[str]:
    """The namespaces that a text names; raises VariableError for a place that is none."""
    for opening in _OPENING.finditer(text):
        place = _PLACE.fullmatch(opening[0])
        if place is None:
            raise VariableError(f"{opening[0]} is no variable: write it as #{{NAMESPACE.NAME}}")
        yield place[1]
