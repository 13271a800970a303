"""Which version is verified: the one that is named, or the newest candidate, on an endpoint that takes no change."""

import msgspec

from modeldelivery.release.core import history, weights
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.journal import Journal
from modeldelivery.release.errors import BrokenError, RefusedError
from modeldelivery.release.naming import Place
from modeldelivery.release.patience import Patience
from modeldelivery.release.ports import Traffic
from modeldelivery.release.version import Version, precedence


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What is verified: a version on an endpoint that takes no change, and the version beside it that serves, where one does."""

    version: Version
    endpoint: Endpoint
    journal: Journal
    beside: Version | None


def subject(
    place: Place, version: Version | None, traffic: Traffic, journal: Journal, patience: Patience
) -> Subject:
    """The version that is named, or the newest candidate, on the endpoint once that is settled.

    Raises:
        RefusedError: there is no endpoint, it is none of SageMaker's, it does not have the version, or there is no candidate.
        BrokenError: the endpoint serves nothing.
        GaveUpError: it goes on changing.
    """
    if journal.place is not None:
        raise RefusedError(
            f"{place.environment} serves in the cluster {journal.place.server}, and a version is asked by itself on SageMaker alone",
            hint="verify the same bits where they stand on an endpoint of SageMaker's: evidence is of the digest set",
        )
    endpoint = _settled(place, traffic, patience)
    chosen = version or _newest_candidate(place, journal, endpoint)
    variant = endpoint.variants.get(chosen)
    if variant is None:
        others = sorted(endpoint.variants, key=precedence)
        raise RefusedError(
            f"{chosen} is not on the endpoint {place.endpoint}, which has {', '.join(others)}",
            hint=f"bring it there (release.fleet or release.candidates of Pulumi.{place.environment}.yaml, `make deploy`)",
        )
    if not variant.instances:
        raise RefusedError(
            f"{chosen} runs on no instance", hint=f"`modelctl status --env {place.environment}`"
        )
    main = weights.main_version(endpoint.current)
    return Subject(
        version=chosen, endpoint=endpoint, journal=journal, beside=main if main != chosen else None
    )


def is_changed(place: Place, of: Subject, traffic: Traffic, patience: Patience) -> bool:
    """Whether the fleet was changed since the subject was chosen: what was observed meanwhile may be of a container on its way out.

    Raises:
        RefusedError: the version, or the endpoint, is not there any more.
        BrokenError, GaveUpError: as `subject`.
    """
    endpoint = _settled(place, traffic, patience)
    if of.version not in endpoint.variants:
        raise departed(place, of.version)
    return endpoint.config != of.endpoint.config


def departed(place: Place, version: Version) -> RefusedError:
    """Of a version that was on the endpoint when it was chosen."""
    return RefusedError(
        f"{version} left the endpoint while it was verified: what was observed meanwhile proves nothing of it",
        hint=f"`modelctl status --env {place.environment}` shows what took its place",
    )


def _settled(place: Place, traffic: Traffic, patience: Patience) -> Endpoint:
    while True:
        endpoint = traffic.describe()
        if endpoint is None:
            raise RefusedError(
                f"there is no endpoint {place.endpoint}",
                hint=f"`make deploy ENV={place.environment}` makes it",
            )
        if endpoint.broken:
            raise BrokenError(f"the endpoint {place.endpoint} is {endpoint.word}", hint=endpoint.remedy)
        if not endpoint.busy:
            return endpoint
        patience.pause(f"the endpoint is {endpoint.word}")


def _newest_candidate(place: Place, journal: Journal, endpoint: Endpoint) -> Version:
    candidates = [
        each
        for each in endpoint.variants
        if not history.carried(journal, each)
        and each not in weights.traffic(endpoint.current)
        and journal.rejection(each) is None
    ]
    if not candidates:
        raise RefusedError(
            f"no candidate is on the endpoint {place.endpoint}", hint="name a version with --version"
        )
    return max(candidates, key=precedence)
