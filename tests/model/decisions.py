"""What operations decide and become, each made once in a search: in most states somebody else took the last step."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import msgspec

from modeldelivery.release.core.action import Action, Ask
from modeldelivery.release.errors import BrokenError, RefusedError
from tests.model.world import Actor

Made = TypeVar("Made")
Decision = Action | RefusedError | BrokenError | AssertionError | LookupError | ValueError
ERRORS = (RefusedError, BrokenError, AssertionError, LookupError, ValueError)
replace = msgspec.structs.replace


class Decisions:
    """Decisions by what they depend on: the operation, the clock, and the tag of a move without the journal.

    A mutation changes what is decided, so whoever plants one begins with an empty record.
    """

    def __init__(self) -> None:
        # What was decided about, or made something of, is kept: an id is one only as long as it lives.
        self._made: dict[tuple[int, float, str | None], tuple[Actor, Actor, Decision]] = {}
        self._once: dict[tuple[Hashable, ...], tuple[tuple[object, ...], Any]] = {}

    def once(self, make: Callable[..., Made], *things: object, at: tuple[Hashable, ...] = ()) -> Made:
        """What is made of things that never change: the same object each time, about which is decided once."""
        place = (make, at, *map(id, things))
        existing = self._once.get(place)
        if existing is None:
            existing = self._once[place] = (things, make(*things, *at))
        return existing[1]  # type: ignore[no-any-return]

    def of(self, actor: Actor, clock: float, tag: str | None) -> tuple[Actor, Decision]:
        """What it does next, or the error that it ends with; and the operation, having read the tag if it wants to."""
        place = (id(actor), clock, tag)
        made = self._made.get(place)
        if made is None:
            decided, decision = _decided(actor, clock, tag)
            made = self._made[place] = (actor, decided, decision)
            self._made[id(decided), clock, tag] = (decided, decided, decision)  # it decides so again
        return made[1], made[2]


def aim_of(actor: Actor) -> object:
    """What the intent is after that it sees under way."""
    assert actor.view is not None
    return actor.view.journal.intent.aim if actor.view.journal.intent else None


def _decided(actor: Actor, clock: float, tag: str | None) -> tuple[Actor, Decision]:
    assert actor.view is not None
    view = replace(
        actor.view,
        now=clock,
        taken=dict(actor.taken).get(aim_of(actor), 0),
        scaled=dict(actor.scaled),
        answered=actor.answered,
    )
    decided = replace(actor, view=view)
    try:
        action = decided.decide()
        if isinstance(action, Ask):
            decided = replace(actor, view=replace(view, answers={action.question: tag}))
            action = decided.decide()
    except ERRORS as error:
        return actor, error.with_traceback(None)  # whoever comes to it reads the tag anew
    return decided, action
