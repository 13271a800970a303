"""Faults of the product as it was or might be: each is planted, and random histories must find it by the rule that it breaks."""

from typing import Any

import msgspec

from modeldelivery.release import runner
from modeldelivery.release.core import accept, capacity, intent, lost, resolve, rollback, sanity, up, weights
from modeldelivery.release.core.action import Action, Scale, View
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.journal import Event, Journal
from modeldelivery.release.core.rollback import Rollback
from modeldelivery.release.version import Version
from tests.model.histories.cloud import Faults
from tests.model.histories.history import with_faults
from tests.model.mutations import Plant, by_the_journal, put, swap

replace = msgspec.structs.replace


def rounded(shares: dict[Version, float]) -> dict[Version, int]:
    total = sum(shares.values())
    return {v: round(weights.FULL * w / total) if total else 0 for v, w in shares.items()}


def _last_four(journal: Journal, event: Event) -> Journal:
    return replace(journal, history=(*journal.history, event)[-4:])


def asks_no_more(command: Rollback, view: View) -> Action:
    return intent.pursue(view, scale=not command.unscaled)


def without_desired(command: up.Up, view: View, follow: Any = up._follow) -> Action:
    """It takes what is requested for what is."""
    if view.endpoint is None:
        return follow(command, view)  # type: ignore[no-any-return]
    variants = {v: replace(s, desired=s.current) for v, s in view.endpoint.variants.items()}
    return follow(command, replace(view, endpoint=replace(view.endpoint, variants=variants)))  # type: ignore[no-any-return]


def _some_other(journal: Journal, endpoint: Endpoint) -> Version:
    return min(v for v in endpoint.variants if v != weights.main_version(journal.weights))


def _unnoted(view: View, _: intent.Intent) -> Journal:
    return view.journal


def _lifts_all(journal: Journal, _: Version) -> Journal:
    return replace(journal, rejections=())


def _forgets_others(journal: Journal, new: Any, now: float, opened: Any = intent.opened) -> Journal:
    made: Journal = opened(journal, new, now)
    return replace(made, others={})


def _believed(part: str) -> Plant:
    """One thing that makes a journal untrue is not looked at."""
    return put(sanity, part, lambda *_, **__: iter(()))


def _scale_of_one(
    view: View, aim: intent.Intent, endpoint: Endpoint, more: Any = capacity.more_instances
) -> Any:
    """It names the version that it scales and no weight of the others."""
    scale = more(view, aim, endpoint)
    return scale and replace(scale, weights={})


def _counts_scales(
    self: runner._Run, action: Any, view: View, aim: object, send: Any = runner._Run._send
) -> None:
    """A request for instances is a try of the move."""
    before = sum(map(len, self._receipts.values()))
    send(self, action, view, aim)
    if isinstance(action, Scale) and sum(map(len, self._receipts.values())) > before:
        self._taken[aim] = self._taken.get(aim, 0) + 1


# Where a fault shows only on certain bad days, there are more of those.
_DAMAGED = with_faults(damaged=0.03)
WEATHER: dict[str, Faults] = {
    "a request for instances counts as a try of the move": with_faults(reverted=0.8),
    "a journal may name what is no version": _DAMAGED,
    "a journal's weights may sum to 0": _DAMAGED,
    "a journal's intent may have no target": _DAMAGED,
    "a journal's times may be any": _DAMAGED,
    "a rollback reports what the journal has": with_faults(console=0.03, lost=0.1),
    "a journal that is gone counts as one that never was": with_faults(deleted=0.03),
    "a version that got traffic since is dropped": with_faults(console=0.03),
    "what an intent did is not settled before it is superseded": with_faults(console=0.0, killed=0.06),
    "a share under half a percent counts as none": with_faults(console=0.03),
    "a count that config changed is not in the journal": with_faults(recounted=0.7),
}
# The history that shows a fault today, where it is far from the first: it is tried first, since the others take seconds.
SHOWN_BY = {
    "what an intent did is not settled before it is superseded": 44,
    "a rollback does not read the tag again": 125,
    "a Desired that was left behind is not looked at": 199,
    "a rollback reports what the journal has": 136,
    "a version that got traffic since is dropped": 250,
    "an up does not notice a newer decision": 726,
    "an accept lifts every rejection": 440,
    "instances are requested without the weights": 67,
    "a request for instances counts as a try of the move": 207,
    "an up that was overtaken does not look at its change of the fleet": 198,
}
PLANTS: dict[str, tuple[Plant, str]] = {
    "what an intent did is not settled before it is superseded": (
        swap(carried_out=lambda *_: False),
        "its preview showed|someone else's",
    ),
    "a rollback does not read the tag again": (
        put(rollback, "_carry_on", asks_no_more),
        "while the tag stands",
    ),
    "a Desired that was left behind is not looked at": (
        put(up, "_follow", without_desired),
        "changes the fleet, and traffic goes|Desired is left behind",
    ),
    "a share under half a percent counts as none": (put(weights, "shares", rounded), "traffic|serves"),
    "a rollback that was superseded comes back": (
        put(rollback, "_refuse_if_overruled", lambda *_: None),
        "comes back",
    ),
    "bookkeeping pushes decisions out": (put(Journal, "with_event", _last_four), "from history"),
    "a journal that is gone counts as one that never was": (
        put(lost, "must_ask", lambda _: False),
        "where one was lost",
    ),
    "a rollback reports what the journal has": (put(rollback, "_reported", by_the_journal), "reports"),
    "a version that got traffic since is dropped": (put(intent, "_dropped_serving", lambda *_: ()), "drops"),
    "an answer that came late is believed": (
        put(runner._Run, "_late", lambda *_: False),
        "far ahead",
    ),
    "a rollback goes elsewhere than status says": (put(rollback, "_fallback", _some_other), "status calls"),
    "a rollback rejects nothing": (
        swap(rejected=lambda _, view, *__: view.journal.rejections),
        "does not reject it",
    ),
    "config lifts a rejection": (
        put(resolve, "_forbidden", lambda *_: None),
        "was reported done|rejected, serves",
    ),
    "an up does not notice a newer decision": (
        put(up, "_refuse_unseen", lambda *_: None),
        "reported done|showed",
    ),
    "an accept lifts every rejection": (put(accept, "_lifted", _lifts_all), "loses the rejection"),
    "a journal may name what is no version": (_believed("_bad_versions"), "cannot be true"),
    "a journal's weights may sum to 0": (_believed("_bad_weights"), "cannot be true|traceback"),
    "a journal's intent may have no target": (_believed("_bad_intent"), "cannot be true|traceback"),
    "a journal's times may be any": (_believed("_times"), "cannot be true|far ahead"),
    "instances are requested without the weights": (
        put(intent, "more_instances", _scale_of_one),
        "refuses in this form",
    ),
    "a request for instances counts as a try of the move": (
        put(runner._Run, "_send", _counts_scales),
        "took the weights",
    ),
    "an up that was overtaken does not look at its change of the fleet": (
        put(up, "_left", lambda *_: iter(())),
        "its fleet is there",
    ),
    "a count that config changed is not in the journal": (
        put(intent, "_noted", _unnoted),
        "as many instances as before",
    ),
    "what a newer program wrote is dropped": (swap(opened=_forgets_others), "newer program"),
}
