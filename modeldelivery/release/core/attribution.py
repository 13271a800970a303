"""Who did it, as the platform itself knows them: added to what an operation records, and part of no decision."""

from collections.abc import Iterable, Mapping

import msgspec

from modeldelivery.release.core.journal import Event, Intent, Journal

Aim = tuple[str, tuple[tuple[str, int], ...], tuple[tuple[str, int], ...]]


class Attribution(msgspec.Struct, frozen=True, kw_only=True):
    """What one run knows of itself.

    Attributes:
        operation: its id.
        caller: the platform's name of whoever it runs as; None when that is not known.
        calls: receipts of the calls that were taken, by what they were for.
    """

    operation: str
    caller: str | None = None
    calls: Mapping[Aim, tuple[str, ...]] = {}


def aim(of: Intent | Event) -> Aim:
    """What a call is for, operation and weights before and after: the same of an intent and of the events that tell of it."""
    return of.operation, tuple(sorted(of.source.items())), tuple(sorted(of.target.items()))


def own_events(before: Journal, after: Journal, operation: str) -> tuple[Event, ...]:
    """The lines of history that `after` adds and that tell of this operation."""
    return tuple(event for event in _new(before, after) if event.operation == operation)


def attributed(before: Journal, after: Journal, by: Attribution) -> Journal:
    """`after`, with what is known of who did it on each line of history that `before` does not have.

    A line of another's operation that this run finished has the receipts of this run's calls, by which the platform's own
    log tells who made them; but not this run's caller, since the line's actor is another.
    """
    fresh = {id(event): _attributed(event, by) for event in _new(before, after)}
    decision = after.decision
    return msgspec.structs.replace(
        after,
        history=tuple(fresh.get(id(event), event) for event in after.history),
        decision=fresh.get(id(decision), decision),
    )


def _new(before: Journal, after: Journal) -> Iterable[Event]:
    earlier = {id(event) for event in before.history}
    return (event for event in after.history if id(event) not in earlier)


def _attributed(event: Event, by: Attribution) -> Event:
    calls = by.calls.get(aim(event), ())
    caller = by.caller if event.operation == by.operation else None
    return msgspec.structs.replace(event, caller=caller, calls=calls) if caller or calls else event
