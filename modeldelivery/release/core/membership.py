"""Which versions are on an endpoint where candidates join by rule: those that config names, those in use, and the newest approved.

The number is `release.candidates` of the environment's config; with 0, membership is config's list and nothing else (ADR 35).
"""

from collections.abc import Iterable, Iterator

from modeldelivery.release.core import history, weights
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.intent import foreseen
from modeldelivery.release.core.journal import Journal
from modeldelivery.release.core.request import Release
from modeldelivery.release.version import Version, precedence


def newest_first(live: Version, versions: Iterable[Version]) -> list[Version]:
    """Versions above `live`, those that can be candidates."""
    above = [version for version in versions if precedence(version) > precedence(live)]
    return sorted(above, key=precedence, reverse=True)


def members(
    release: Release, candidates: Iterable[Version], journal: Journal, endpoint: Endpoint | None
) -> tuple[Version, ...]:
    """The fleet: config's versions in config's order, then those in use, then candidates.

    Args:
        release: as config has it.
        candidates: what joins, in order.
        journal: as stored.
        endpoint: as it is; None where there is none.
    """
    used = sorted(_in_use(journal, endpoint), key=precedence)
    return tuple(dict.fromkeys((*release.fleet, *used, *candidates)))


def _in_use(journal: Journal, endpoint: Endpoint | None) -> Iterator[Version]:
    """Versions on the endpoint that have traffic, or are to have some, or are where a rollback would go."""
    if endpoint is None:
        return
    settled = foreseen(journal, endpoint)
    places = (endpoint.current, endpoint.desired, settled.weights)
    used = {version for place in places for version in weights.traffic(place)}
    fallback = history.fallback(settled, endpoint)
    yield from (version for version in endpoint.variants if version in used or version == fallback)
