"""What a hand makes of a journal: JSON of the right shape that cannot be true."""

from collections.abc import Callable

import msgspec

from modeldelivery.release.core.journal import Intent, IntentKind, Journal, Served
from modeldelivery.release.version import Version

replace = msgspec.structs.replace


def _deadline_far_ahead(journal: Journal, now: float) -> Journal:
    """Everybody would wait for twenty minutes."""
    return replace(journal, intent=_intent(journal, now, deadline=now + 1200.0, fence=now + 1200.0))


def _target_of_nothing(journal: Journal, now: float) -> Journal:
    return replace(journal, intent=_intent(journal, now, target={}))


def _weights_of_nothing(journal: Journal, _: float) -> Journal:
    return replace(journal, weights=dict.fromkeys(journal.weights or (Version("v1.0.0"),), 0))


def _no_version(journal: Journal, _: float) -> Journal:
    return replace(journal, live=Version("latest"), fleet=(*journal.fleet, Version("latest")))


def _far_future(journal: Journal, _: float) -> Journal:
    return replace(journal, served=(*journal.served, Served(version=Version("v9.0.0"), since=1e20)))


def _intent(journal: Journal, now: float, **changes: object) -> Intent:
    """A rollback, open, to what serves."""
    intent = Intent(
        operation="edited",
        kind=IntentKind.ROLLBACK,
        actor="edited",
        reason="by hand",
        since=now,
        source=dict(journal.weights),
        target=dict(journal.weights),
        deadline=now,
        fence=journal.fence,
    )
    return replace(intent, **changes)


DAMAGES: dict[str, Callable[[Journal, float], Journal]] = {
    "a deadline far ahead": _deadline_far_ahead,
    "an intent without a target": _target_of_nothing,
    "weights that sum to 0": _weights_of_nothing,
    "a name that is no version": _no_version,
    "a time of 1e20": _far_future,
}
