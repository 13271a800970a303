"""What the environment before has proved about the versions that this one would give traffic to, or take up."""

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from modeldelivery.release.operations.proof import Proof, Standing
from modeldelivery.release.version import Version
from modeldelivery.review.core.fleet import FleetChange


class Verdict(StrEnum):
    """Whether the same bits carried all traffic there; a part of it proves nothing."""

    CARRIED_ALL = "carried all traffic"
    NEVER_CARRIED_ALL = "was there and never carried all traffic"
    REJECTED = "was rejected there"
    ABSENT = "was never on its endpoint"
    UNKNOWN = "cannot be told"


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """About one version. `gains` when the change gives it traffic; `proof` is what is known of its bits there."""

    version: Version
    verdict: Verdict
    gains: bool
    source: str
    proof: Proof | None = None

    @property
    def suffices(self) -> bool:
        return self.verdict is Verdict.CARRIED_ALL


def evidence(change: FleetChange, source: str, standing: Standing | None) -> tuple[Evidence, ...]:
    """Look up each version that gains traffic or joins the fleet.

    Args:
        change: what becomes of the fleet.
        source: the environment that is asked.
        standing: what it has proved; None when that is not known.
    """
    return tuple(_evidence(change, source, standing))


def _evidence(change: FleetChange, source: str, standing: Standing | None) -> Iterator[Evidence]:
    digests = {member.version: member.digest for member in change.members}
    for version in dict.fromkeys((*change.gaining, *change.added)):
        gains = version in change.gaining
        if standing is None:
            yield Evidence(version=version, verdict=Verdict.UNKNOWN, gains=gains, source=source)
            continue
        proof = standing.of(digests[version]) if version in digests else None
        yield Evidence(version=version, verdict=_verdict(proof), gains=gains, source=source, proof=proof)


def _verdict(proof: Proof | None) -> Verdict:
    if proof is None:
        return Verdict.ABSENT
    if proof.rejected is not None:
        return Verdict.REJECTED
    return Verdict.CARRIED_ALL if proof.served_since else Verdict.NEVER_CARRIED_ALL
