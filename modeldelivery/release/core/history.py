"""Questions about the past that the journal answers: what served, what to fall back to, what explains the weights."""

import msgspec

from modeldelivery.release.core import weights
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.journal import Journal, Served
from modeldelivery.release.core.weights import Weights
from modeldelivery.release.version import Version


def fallback(journal: Journal) -> Version | None:
    """Where a rollback goes: the last version, not rejected, that served before the one serving now, and has other bits.

    During a move of traffic it is what the move comes from (unless that is rejected, or has the bits it moves to).
    """
    intent = journal.intent
    now = weights.main_version(journal.weights)
    if intent and not weights.same(intent.source, intent.target):
        source, now = weights.main_version(intent.source), weights.main_version(intent.target)
        if source and not journal.rejection(source) and not _same_bits(journal, source, now):
            return source
    candidates = [
        s.version
        for s in journal.served
        if not journal.rejection(s.version) and not _same_bits(journal, s.version, now)
    ]
    return candidates[-1] if candidates else None


def _same_bits(journal: Journal, left: Version, right: Version | None) -> bool:
    """Whether two versions are one, or two names of one digest set."""
    digest = journal.digests.get(left)
    return left == right or (
        digest is not None and right is not None and digest == journal.digests.get(right)
    )


def has_served(journal: Journal, version: Version) -> bool:
    return any(s.version == version for s in journal.served)


def with_served(journal: Journal, seen: Weights, now: float) -> Journal:
    """The journal after `seen` was observed: what serves goes last, the version with most traffic very last."""
    ranked = sorted(weights.traffic(seen), key=lambda v: (-seen[v], v), reverse=True)
    since = {s.version: s.since for s in journal.served if s.version in weights.traffic(journal.weights)}
    kept = tuple(s for s in journal.served if s.version not in ranked)
    fresh = tuple(Served(version=v, since=since.get(v, now)) for v in ranked)
    return msgspec.structs.replace(journal, served=(*kept, *fresh))


def same_life(journal: Journal, endpoint: Endpoint) -> bool:
    """Whether the journal's weights are of this endpoint and not of one that is gone."""
    return journal.incarnation == endpoint.incarnation


def explained(journal: Journal, endpoint: Endpoint) -> bool:
    """Whether the journal or its intent accounts for where the endpoint's traffic goes, or is asked to go.

    While SageMaker moves traffic, current and desired differ; each must be accounted for.
    """
    if not same_life(journal, endpoint):
        return False
    known = [journal.weights]
    if journal.intent:
        known += [journal.intent.source, journal.intent.target]
    return all(
        any(weights.same(seen, account) for account in known) for seen in (endpoint.current, endpoint.desired)
    )
