"""Whether a stored journal can be true. One that is JSON of the right shape may still name no version, or the year 3e12.

A journal is judged before anything acts on it: what nobody of this project ever wrote is refused in a sentence, rather than
obeyed for minutes or shown as an error of arithmetic. What a newer version may have written is left alone.
"""

from collections.abc import Iterable, Iterator, Mapping

from modeldelivery.release.core.journal import Event, EventKind, Intent, IntentKind, Journal
from modeldelivery.release.core.weights import FULL
from modeldelivery.release.formats import SKEW, time_fault
from modeldelivery.release.naming import MAX_FLEET
from modeldelivery.release.version import BadVersionError, Version, parse_version

AHEAD = 60.0  # seconds by which a deadline may be later than now: leases are of seconds, and everybody waits one out

_FLEET_CHANGES = {IntentKind.CREATE, IntentKind.FLEET}


def fault(journal: Journal, now: float) -> str | None:
    """The first thing that cannot be true, as a sentence that names the field; None for a sane journal.

    Args:
        journal: as read.
        now: seconds since the epoch, by the store's clock.
    """
    return next(_faults(journal, now), None)


def _faults(journal: Journal, now: float) -> Iterator[str]:
    yield from _bad_versions(journal)
    yield from _bad_weights("weights", journal.weights, may_be_empty=True)
    yield from _repeated("fleet", journal.fleet)
    yield from _repeated("rejections", (r.version for r in journal.rejections))
    yield from _repeated("served", (s.version for s in journal.served))
    if journal.drill:
        yield from _repeated("drill.served", (s.version for s in journal.drill.served))
    if len(journal.fleet) > MAX_FLEET:
        yield f"fleet has {len(journal.fleet)} versions; an endpoint takes {MAX_FLEET}"
    for field, seconds, latest in _times(journal, now):
        wrong = time_fault(field, seconds, latest)
        if wrong:
            yield wrong
    for version, scaling in journal.parked.items():
        if not 0 <= scaling.least <= scaling.most:
            yield f"parked: {version} is scaled from {scaling.least} to {scaling.most} instances"
    for version, count in journal.resizes.items():
        if count < 0:
            yield f"resizes: {version} has {count} instances"
    if journal.intent:
        yield from _bad_intent(journal.intent)
    if journal.place and not journal.place.server.startswith("https://"):
        yield f"place.server is {journal.place.server!r}; it begins with https://"
    for field, event in _events(journal):
        yield from _bad_event(field, event)


def _bad_versions(journal: Journal) -> Iterator[str]:
    for field, version in _versions(journal):
        try:
            parse_version(version)
        except BadVersionError as error:
            yield f"{field}: {error}"


def _versions(journal: Journal) -> Iterator[tuple[str, Version]]:
    """Every version that the journal names, with the field."""
    lists: dict[str, Iterable[Version]] = {
        "live": (journal.live,) if journal.live is not None else (),
        "fleet": journal.fleet,
        "weights": journal.weights,
        "digests": journal.digests,
        "rejections": (each.version for each in journal.rejections),
        "drops": journal.drops,
        "parked": journal.parked,
        "resizes": journal.resizes,
        "served": (each.version for each in journal.served),
    }
    intent = journal.intent
    if intent:
        lists |= {
            "intent.source": intent.source,
            "intent.target": intent.target,
            "intent.live": (intent.live,) if intent.live is not None else (),
            "intent.drops": intent.drops,
            "intent.fleet": intent.fleet,
            "intent.left": intent.left,
            "intent.instances": intent.instances,
        }
    drill = journal.drill
    if drill:
        moved = (move.to for move in drill.moves)
        lists |= {
            "drill": (drill.home, drill.away, *moved),
            "drill.served": (each.version for each in drill.served),
        }
    for field, event in _events(journal):
        lists |= {
            f"{field}.source": event.source,
            f"{field}.target": event.target,
            f"{field}.left": event.left,
        }
    return ((field, version) for field, versions in lists.items() for version in versions)


def _times(journal: Journal, now: float) -> Iterator[tuple[str, float, float]]:
    """Every instant, with the field and the latest that it can be."""
    past, soon = now + SKEW, now + AHEAD
    yield "fence", journal.fence, soon
    yield "drops_until", journal.drops_until, soon
    if journal.incarnation:
        yield "incarnation.created", journal.incarnation.created, past
    if journal.intent:
        yield "intent.since", journal.intent.since, past
        yield "intent.deadline", journal.intent.deadline, soon
        yield "intent.fence", journal.intent.fence, soon
    if journal.drill:
        yield "drill.since", journal.drill.since, past
        if journal.drill.ended is not None:
            yield "drill.ended", journal.drill.ended, past
    for rejection in journal.rejections:
        yield f"rejections: {rejection.version}.at", rejection.at, past
    kept = journal.drill.served if journal.drill else ()
    for field, served in (*(("served", s) for s in journal.served), *(("drill.served", s) for s in kept)):
        yield f"{field}: {served.version}.since", served.since, past
        if served.whole is not None:
            yield f"{field}: {served.version}.whole", served.whole, past
    for field, event in _events(journal):
        yield f"{field}.at", event.at, past


def _events(journal: Journal) -> Iterator[tuple[str, Event]]:
    if journal.decision:
        yield "decision", journal.decision
    if journal.drill and journal.drill.decision:
        yield "drill.decision", journal.drill.decision
    for number, event in enumerate(journal.history):
        yield f"history[{number}]", event


def _bad_intent(intent: Intent) -> Iterator[str]:
    yield from _bad_weights("intent.target", intent.target, may_be_empty=False)
    yield from _bad_weights("intent.source", intent.source, may_be_empty=True)
    yield from _repeated("intent.fleet", intent.fleet)
    if intent.kind in _FLEET_CHANGES:
        if not intent.config:
            yield f"intent is a change of the fleet ({intent.kind}) and names no config"
        if set(intent.fleet) != intent.target.keys():
            yield f"intent is a change of the fleet ({intent.kind}) and its target is not its fleet"


def _bad_event(field: str, event: Event) -> Iterator[str]:
    """What history tells is shown and compared; a decision's target is what the weights come from."""
    for side in ("source", "target"):
        yield from _beyond(f"{field}.{side}", getattr(event, side))
    if field in {"decision", "drill.decision"} and event.kind is not EventKind.OTHER:
        yield from _bad_weights("decision.target", event.target, may_be_empty=False)


def _bad_weights(field: str, weights: Mapping[Version, int], *, may_be_empty: bool) -> Iterator[str]:
    yield from _beyond(field, weights)
    total = sum(weights.values())
    if total != FULL and not (may_be_empty and not weights):
        yield f"{field} sum to {total}, not to {FULL}" if weights else f"{field} is empty"


def _beyond(field: str, weights: Mapping[Version, int]) -> Iterator[str]:
    wrong = next((f"{v} {w}" for v, w in weights.items() if not 0 <= w <= FULL), None)
    if wrong:
        yield f"{field}: {wrong} is no weight of 0-{FULL}"


def _repeated(field: str, versions: Iterable[Version]) -> Iterator[str]:
    visited = set[Version]()
    for version in versions:
        if version in visited:
            yield f"{field} has {version} twice"
        visited.add(version)
