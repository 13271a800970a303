"""Questions about the past that the journal answers: what served, what to fall back to, what explains the weights."""

from collections.abc import Iterable, Mapping

import msgspec

from modeldelivery.release.core import weights
from modeldelivery.release.core.endpoint import Endpoint, Incarnation
from modeldelivery.release.core.journal import EventKind, Intent, IntentKind, Journal, Served, Verdict
from modeldelivery.release.core.weights import Weights
from modeldelivery.release.version import Version


def fallback(journal: Journal, endpoint: Endpoint | None = None) -> Version | None:
    """Where a rollback goes: the last version, not rejected, that carried everything before the one serving now.

    Never the bits that carry everything now, under whichever name; while traffic is split, one of those serving may be it.
    What serves is what the endpoint does, where it is given. During a move it is what the move comes from, if that carried
    everything; during a rollback, where that goes.
    """
    intent = journal.intent
    now = weights.whole_version(_seen(endpoint) if endpoint else journal.weights)
    if intent and intent.kind is IntentKind.ROLLBACK and intent.verdict is not Verdict.GIVES:
        target = weights.whole_version(intent.target)
        if target and not journal.rejection(target):
            return target
    if intent and not weights.same(intent.source, intent.target):
        source, now = weights.whole_version(intent.source), weights.whole_version(intent.target)
        if source and _fit(journal, source, now):
            return source
    return _last_whole(journal, (s.version for s in journal.served if _fit(journal, s.version, now)))


def _seen(endpoint: Endpoint) -> Mapping[Version, float]:
    """What serves, or is about to: a Desired that was left behind by a move that failed is neither."""
    return endpoint.desired if endpoint.busy else endpoint.current


def last_whole(journal: Journal, among: Iterable[Version]) -> Version | None:
    """The one of these versions that carried everything last and is not rejected."""
    return _last_whole(journal, (v for v in among if not journal.rejection(v)))


def _fit(journal: Journal, version: Version, now: Version | None) -> bool:
    return not journal.rejection(version) and not _same_bits(journal, version, now)


def _last_whole(journal: Journal, among: Iterable[Version]) -> Version | None:
    """Of two that began at the same second, the one later in `served`."""
    names = set(among)
    whole = [s for s in journal.served if s.version in names and s.whole is not None]
    return max(reversed(whole), key=lambda s: s.whole or 0.0).version if whole else None


def _same_bits(journal: Journal, left: Version, right: Version | None) -> bool:
    """Whether two versions are one, or two names of one digest set."""
    digest = journal.digests.get(left)
    return left == right or (
        digest is not None and right is not None and digest == journal.digests.get(right)
    )


def carried(journal: Journal, version: Version) -> bool:
    """Whether the version ever carried everything here."""
    return any(s.version == version and s.whole is not None for s in journal.served)


def serving_since(journal: Journal) -> tuple[Version, float] | None:
    """The version with most of the traffic, and since when it has had some."""
    main = weights.main_version(journal.weights)
    return next(((s.version, s.since) for s in journal.served if s.version == main), None)


def with_served(journal: Journal, shares: Weights, now: float) -> Journal:
    """The journal after `seen` was observed: what serves goes last, the version with most traffic very last."""
    serving, before = weights.traffic(shares), weights.traffic(journal.weights)
    served = {s.version: s for s in journal.served}
    kept = tuple(s for s in journal.served if s.version not in serving)
    fresh = tuple(
        _noted(
            served.get(version) or Served(version=version, since=now),
            now,
            goes_on=version in before,
            whole=len(serving) == 1,
            was_whole=weights.whole_version(journal.weights) == version,
        )
        for version in sorted(serving, key=lambda v: (-shares[v], v), reverse=True)
    )
    return msgspec.structs.replace(journal, served=(*kept, *fresh))


def _noted(served: Served, now: float, *, goes_on: bool, whole: bool, was_whole: bool) -> Served:
    since = served.since if goes_on else now
    began = served.whole if was_whole and served.whole is not None else now
    return msgspec.structs.replace(served, since=since, whole=began if whole else served.whole)


def withdrawn(journal: Journal, target: Weights) -> tuple[Version, ...]:
    """Versions that never carried everything and lose all their traffic by `target`, without being rejected."""
    had = weights.traffic(journal.weights)
    return tuple(
        v
        for v in sorted(had)
        if not target.get(v, 0) and not carried(journal, v) and not journal.rejection(v)
    )


def same_life(journal: Journal, endpoint: Endpoint) -> bool:
    """Whether the journal's weights are of this endpoint and not of one that is gone."""
    recorded, observed = journal.incarnation, endpoint.incarnation
    return recorded is not None and (recorded.id, recorded.created) == (observed.id, observed.created)


def life(journal: Journal, endpoint: Endpoint) -> Incarnation:
    """The endpoint's, as the journal has it where it does: a newer version may have written more about it."""
    return (
        journal.incarnation if journal.incarnation and same_life(journal, endpoint) else endpoint.incarnation
    )


def as_recorded(journal: Journal, endpoint: Endpoint | None) -> Endpoint | None:
    """The endpoint for whoever has the journal: what the last write asked for is in force where the journal has its outcome.

    Outcomes are recorded once they were observed. Of a write of the move under way nothing is known beyond what is seen; an `up` that adds,
    shifts and drops makes several by one operation, and until it makes the next one its last write is one whose outcome is recorded.
    """
    in_force = endpoint.in_force if endpoint else None
    if endpoint is None or in_force is None:
        return endpoint
    intent = journal.intent
    if intent and intent.operation == endpoint.seal and not _is_before(intent, journal.weights, in_force):
        return endpoint
    last = next((each for each in reversed(journal.history) if each.operation == endpoint.seal), None)
    observed = last is not None and last.kind is not EventKind.CLOSED
    return in_force if observed and explained(journal, in_force) else endpoint


def _is_before(intent: Intent, recorded: Weights, in_force: Endpoint) -> bool:
    """Whether what was written last is what is recorded, and not yet the fleet that the intent asks for."""
    return in_force.variants.keys() != intent.target.keys() and weights.same(in_force.current, recorded)


def is_guess(journal: Journal, endpoint: Endpoint) -> bool:
    """Whether what is said to be in force may not be, and the journal has something else.

    A target with compare-and-swap that says why it does not do what is requested does not say what it does instead.
    """
    left = bool(endpoint.token and endpoint.failure and weights.traffic(endpoint.desired))
    at_odds = not weights.same(endpoint.current, endpoint.desired)
    return left and at_odds and not weights.same(endpoint.current, journal.weights)


def fleet_seen(journal: Journal, endpoint: Endpoint) -> tuple[Version, ...]:
    """The fleet as the journal has it, or as a change made it that was overtaken and carried out all the same."""
    there = set(endpoint.variants)
    if there == set(journal.fleet):
        return journal.fleet
    for event in reversed(journal.history):
        if event.kind in {EventKind.FLEET, EventKind.CREATE}:
            break
        changes = event.kind is EventKind.CLOSED and weights.same(event.source, event.target)
        if changes and event.target.keys() == there:
            return tuple(sorted(there))
    return journal.fleet


def explained(journal: Journal, endpoint: Endpoint) -> bool:
    """Whether the journal or its intent accounts for where the endpoint's traffic goes, or is requested to go.

    While the platform moves traffic, current and desired differ; each must be accounted for.
    """
    if not same_life(journal, endpoint):
        return False
    accounts = [journal.weights]
    if journal.intent:
        accounts += [journal.intent.source, journal.intent.target]
    return all(
        any(weights.same(shown, account) for account in accounts)
        for shown in (endpoint.current, endpoint.desired)
    )
