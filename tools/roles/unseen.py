"""The reviewed list of what roles need and no flow shows."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from tools.roles.derive import Grant, ordered
from tools.roles.resources import Resource

_LIST = Path(__file__).with_name("unseen.toml")


class Unseen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Some actions that roles need, on resources by the names of resources.py."""

    why: str
    source: str
    roles: tuple[str, ...]
    resources: tuple[str, ...]
    actions: tuple[str, ...]


class _List(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    unseen: tuple[Unseen, ...]


def unseen() -> tuple[Unseen, ...]:
    """Read the list; raises msgspec.ValidationError for a field that it does not know."""
    return msgspec.toml.decode(_LIST.read_bytes(), type=_List).unseen


def unseen_of(role: str, resources: Mapping[str, Resource]) -> set[Grant]:
    """What a role needs of it; raises KeyError for a resource that resources.py does not name."""
    return {
        Grant(action, resources[name], ordered(resources[name].conditions))
        for each in unseen()
        if role in each.roles
        for name in each.resources
        for action in each.actions
    }
