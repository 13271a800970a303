"""Where an environment serves: on SageMaker, or behind a route of a cluster. It is decided once, with its first version.

Two endpoints of one journal would each be described by half of it.
"""

import msgspec

from modeldelivery.release.core.journal import ClusterPlace, Journal
from modeldelivery.release.errors import RefusedError

KUBERNETES = "kubernetes"  # entry of a journal's `requires`: who does not know it would look for an endpoint of SageMaker's


def placed(journal: Journal, place: ClusterPlace | None) -> Journal:
    """The journal of an environment that serves there; None is SageMaker."""
    if place is None:
        return journal
    requires = tuple(sorted({*journal.requires, KUBERNETES}))
    return msgspec.structs.replace(journal, place=place, requires=requires)


def refuse_another(journal: Journal, place: ClusterPlace | None) -> None:
    """Raises RefusedError where the environment serves elsewhere already."""
    if journal == Journal() or _same(journal.place, place):
        return
    raise RefusedError(
        f"this environment serves {_words(journal.place)}, and config says {_words(place)}",
        hint="what serves is not moved by config: make another environment there, and promote into it",
    )


def _same(left: ClusterPlace | None, right: ClusterPlace | None) -> bool:
    """Whether it is one route; a cluster's certificate authority may change."""
    return _route(left) == _route(right)


def _route(place: ClusterPlace | None) -> tuple[str, ...]:
    return (place.server, place.namespace, place.route) if place else ()


def _words(place: ClusterPlace | None) -> str:
    return f"behind the route {place.namespace}/{place.route} of {place.server}" if place else "on SageMaker"
