"""One environment's review: the change, what it rests on, and whether it may go on. It is what `.review/ENV.json` holds."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from modeldelivery.release.operations.health import Finding
from modeldelivery.release.operations.judgements import Judged
from modeldelivery.release.operations.latest_drill import LatestDrill
from modeldelivery.release.operations.proof import Standing
from modeldelivery.release.operations.verified import GoesLive
from modeldelivery.review.core.change import Change
from modeldelivery.review.core.compare import Fingerprint, Untested, untested
from modeldelivery.review.core.evidence import Evidence, evidence
from modeldelivery.review.core.rules import Refusal, Violation, judge


class Review(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """See the parts.

    Attributes:
        schema: of this record; another one is refused.
        commit: that was previewed, as Git names it; empty when there is no Git.
        fingerprints: by which another environment's change is compared with this one.
        standing: what this environment has proved about versions; None when it could not be read.
        health: what of the endpoint is not as it should be before the change, the worst first, as far as it could be looked at.
        drill: the latest one there; None where there was none, or none can be told of.
        goes_live: the version that config's `live` moves to, with its verifications; None where it does not move.
        judged: the newest verdicts on drift and quality of what serves there; None where nobody judged, or that is not known.
        problem: what of the environment could not be looked at, and why; None when everything could.
        untested: what this environment would get that the one it promotes from has not had; None when it promotes from
            none, or when that is not known.
    """

    schema: Literal[9] = 9
    commit: str
    change: Change
    fingerprints: dict[str, Fingerprint]
    standing: Standing | None
    health: tuple[Finding, ...]
    drill: LatestDrill | None
    goes_live: GoesLive | None
    judged: tuple[Judged, ...] | None
    problem: str | None
    evidence: tuple[Evidence, ...]
    untested: tuple[Untested, ...] | None
    violations: tuple[Violation, ...]
    refusals: tuple[Refusal, ...]

    @property
    def environment(self) -> str:
        return self.change.environment


def review(
    *,
    commit: str,
    change: Change,
    fingerprints: Mapping[str, Fingerprint],
    standing: Standing | None,
    health: tuple[Finding, ...],
    drill: LatestDrill | None,
    goes_live: GoesLive | None,
    judged: tuple[Judged, ...] | None,
    problem: str | None,
    violations: tuple[Violation, ...],
    before: "Review | None",
) -> Review:
    """Put together what is known of one environment.

    Args:
        commit: that was previewed.
        change: what it does here.
        fingerprints: of this environment's resources.
        standing: what this environment has proved.
        health: what of its endpoint is not as it should be.
        drill: the latest one there.
        goes_live: the version that `live` moves to.
        judged: the newest verdicts on what serves there.
        problem: what of it could not be looked at.
        violations: of policies.
        before: the review of the environment that this one promotes from, of the same commit; None when there is none. One
            of any other environment is no evidence, and nothing is compared with it.
    """
    source = change.promotes_from
    if before and before.environment != source:
        before = None
    proofs: tuple[Evidence, ...] = ()
    if source and change.fleet:
        proofs = evidence(change.fleet, source, before.standing if before else None)
    return Review(
        commit=commit,
        change=change,
        fingerprints=dict(fingerprints),
        standing=standing,
        health=health,
        drill=drill,
        goes_live=goes_live,
        judged=judged,
        problem=problem,
        evidence=proofs,
        untested=untested(fingerprints, before.fingerprints) if before else None,
        violations=violations,
        refusals=judge(change, proofs, violations),
    )
