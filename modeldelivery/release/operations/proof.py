"""What an environment has proved about the versions that were on its endpoint: the evidence on which others go by."""

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from modeldelivery.release.core import weights
from modeldelivery.release.core.journal import EventKind, Journal
from modeldelivery.release.naming import Place
from modeldelivery.release.record import Figures, VersionRecord
from modeldelivery.release.version import Version, precedence


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """One version in one environment.

    Attributes:
        digest: id of its digest set; other environments know the bits by it, whatever they are called.
        served_seconds: how long it has carried everything, in all.
        served_since: when it first did; None when it never did.
        serving: it has traffic now.
        rejected: why it may have none, if it may not.
        metrics: what training measured; None when not recorded.
    """

    version: Version
    digest: str
    served_seconds: float
    served_since: datetime | None
    serving: bool
    rejected: str | None
    metrics: Figures | None


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What an environment has proved, by S3's clock."""

    environment: str
    at: datetime
    proofs: tuple[Proof, ...]

    def of(self, digest: str) -> Proof | None:
        """What is known of these bits; of two names, the one that served longest."""
        results = [proof for proof in self.proofs if proof.digest == digest]
        return max(results, key=lambda proof: proof.served_seconds, default=None)


def standing(
    place: Place, journal: Journal, records: Mapping[Version, VersionRecord], now: float
) -> Standing:
    """Read it off the journal.

    Args:
        place: the environment.
        journal: its journal.
        records: registered versions, as many as were looked up: their metrics.
        now: seconds since the epoch, on S3's clock.
    """
    served = _served(journal, now)
    return Standing(
        environment=place.environment,
        at=datetime.fromtimestamp(int(now), UTC),
        proofs=tuple(
            Proof(
                version=version,
                digest=journal.digests[version],
                served_seconds=served[version][1] if version in served else 0.0,
                served_since=datetime.fromtimestamp(int(served[version][0]), UTC)
                if version in served
                else None,
                serving=version in weights.traffic(journal.weights),
                rejected=rejection.reason if (rejection := journal.rejection(version)) else None,
                metrics=records[version].metrics if version in records else None,
            )
            for version in sorted(journal.digests, key=precedence, reverse=True)
        ),
    )


def _served(journal: Journal, now: float) -> dict[Version, tuple[float, float]]:
    """When each version first carried everything, and for how many seconds in all; history that was cut off is not counted."""
    spans = {each.version: (each.whole, 0.0) for each in journal.served if each.whole is not None}
    times = [*(event.at for event in journal.history), now]
    for event, end in zip(journal.history, times[1:], strict=True):
        stood = event.source if event.kind is EventKind.CLOSED else event.target
        version = weights.whole_version(stood)
        if version:
            since, seconds = spans.get(version, (event.at, 0.0))
            spans[version] = min(since, event.at), seconds + max(0.0, end - event.at)
    return spans
