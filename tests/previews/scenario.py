"""A change that is previewed, and the state in which it starts.

A change is config, edits of the program, something done to AWS or the cluster meanwhile, or flags; nothing of it is ever applied.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from tests.previews.program import Edit
from tests.previews.world import World

PREVIEW = ("preview", "--json", "--show-sames")
REFRESH = ("refresh", "--preview-only", "--json")


@dataclass(frozen=True)
class Scenario:
    """One change; the claim is a sentence about it."""

    name: str
    claim: str
    config: Mapping[str, Any] = field(default_factory=dict)
    edits: tuple[Edit, ...] = ()
    flags: tuple[str, ...] = ()
    command: tuple[str, ...] = PREVIEW
    meanwhile: Callable[[World], AbstractContextManager[object]] = nullcontext
    hidden: tuple[str, ...] = ()  # texts that must not stand in the record


@dataclass(frozen=True)
class State:
    """Where changes start, and how the environment gets there from the state before."""

    claim: str
    reach: Callable[[World], object]
    scenarios: tuple[Scenario, ...]


def config(name, claim, /, **changed):
    """A change of config."""
    return Scenario(name, claim, config=changed)


def edit(name, claim, /, *edited):
    """A change of the program."""
    return Scenario(name, claim, edits=edited)


def drift(name, claim, meanwhile=nullcontext):
    """No change, but a refresh's preview."""
    return Scenario(name, claim, command=REFRESH, meanwhile=meanwhile)


def release(live, *fleet):
    return {"live": live, "fleet": list(fleet)}
