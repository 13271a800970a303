"""IAM policy documents, wherever in a resource they are: identity, trust and resource policies alike."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from modeldelivery.policy.stack import UNKNOWN, Resource, Unknown

# Properties that hold a document: not known, or no JSON, they cannot be judged. Any other text is one if it reads as one.
_NAMES = {"policy", "policyDocument", "assumeRolePolicy", "accessPolicies"}
ANYONE = "*"


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """One statement.

    `principals` are without their kind (AWS, Service, Federated); `condition` is operator, key and values, the first two in
    lower case.
    """

    effect: str
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    principals: tuple[str, ...] = ()
    not_principals: tuple[str, ...] = ()
    condition: Mapping[str, Mapping[str, tuple[str, ...]]] = {}

    @property
    def allows(self) -> bool:
        return self.effect == "Allow"

    @property
    def anyone(self) -> tuple[str, ...]:
        """The principals with a wildcard that it allows."""
        return tuple(p for p in self.principals if wild(p)) if self.allows else ()


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A document and the property that holds it; `statements` is UNKNOWN, or None where it cannot be read."""

    key: str
    statements: tuple[Statement, ...] | Unknown | None


def documents(resource: Resource) -> Iterator[Document]:
    """Every policy document among a resource's properties, at any depth."""
    return _walk("", resource.props)


def wild(text: str) -> bool:
    return "*" in text or "?" in text


def _walk(key: str, value: Any) -> Iterator[Document]:
    if value is UNKNOWN:
        if key in _NAMES:
            yield Document(key=key, statements=UNKNOWN)
    elif isinstance(value, str):
        yield from _in_text(key, value)
    elif isinstance(value, Mapping):
        if _is_document(value):
            yield Document(key=key, statements=_statements(value))
        else:
            for name, each in value.items():
                yield from _walk(name, each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _walk(key, each)


def _in_text(key: str, text: str) -> Iterator[Document]:
    if not text.lstrip().startswith(("{", "[")):
        if key in _NAMES and text:
            yield Document(key=key, statements=None)
        return
    try:
        value = json.loads(text)
    except ValueError:
        if key in _NAMES:
            yield Document(key=key, statements=None)
        return
    if isinstance(value, Mapping) and _is_document(value):
        yield Document(key=key, statements=_statements(value))


def _is_document(value: Mapping[str, Any]) -> bool:
    return any(name.lower() == "statement" for name in value)


def _statements(document: Mapping[str, Any]) -> tuple[Statement, ...] | None:
    """Elements' names are read in any case: what AWS would take must not slip through. None for what is no statement."""
    statements = next(value for name, value in document.items() if name.lower() == "statement")
    several = statements if isinstance(statements, list) else [statements]
    if not all(isinstance(each, Mapping) for each in several):
        return None
    return tuple(_statement(each) for each in several)


def _statement(raw: Mapping[str, Any]) -> Statement:
    has = {name.lower(): value for name, value in raw.items()}
    return Statement(
        effect=str(has.get("effect", "")).capitalize(),
        actions=_texts(has.get("action")),
        not_actions=_texts(has.get("notaction")),
        resources=_texts(has.get("resource")),
        not_resources=_texts(has.get("notresource")),
        principals=_texts(has.get("principal")),
        not_principals=_texts(has.get("notprincipal")),
        condition=_condition(has.get("condition")),
    )


def _condition(raw: Any) -> dict[str, dict[str, tuple[str, ...]]]:
    if not isinstance(raw, Mapping):
        return {}
    return {
        operator.lower(): {key.lower(): _texts(value) for key, value in keys.items()}
        for operator, keys in raw.items()
        if isinstance(keys, Mapping)
    }


def _texts(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, Mapping):
        return tuple(text for each in value.values() for text in _texts(each))
    if isinstance(value, list):
        return tuple(str(each) for each in value)
    return (str(value),)
