"""The newest verdicts on versions, as status and a review tell of them: the word, the days, and whether the next one is missing."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import msgspec

from modeldelivery.release.verdicts import Drift, Quality, Verdicts
from modeldelivery.release.version import Version

_WORDS = {"unjudged": "not enough rows", "as-good": "as good", "too-few": "too few labels"}
CALM = frozenset({"quiet", "as-good"})


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """One verdict.

    Attributes:
        verdict: unjudged, quiet, moved or drift; by labels worse, as-good or too-few.
        first, last: days that were judged, both included.
        at: when they were.
        missing: so long ago that the next verdict should be there.
        reason: one sentence.
    """

    verdict: str
    first: date
    last: date
    at: datetime
    missing: bool
    reason: str

    @property
    def word(self) -> str:
        """Of a cell: the verdict and the last day of it, or since when there is none."""
        if self.missing:
            return f"none since {self.at:%Y-%m-%d}"
        return f"{_WORDS.get(self.verdict, self.verdict)}, {self.last}"

    @property
    def calm(self) -> bool:
        """Whether nobody needs to look."""
        return self.verdict in CALM and not self.missing

    @property
    def sentence(self) -> str:
        """In words, without the version."""
        days = f"{_WORDS.get(self.verdict, self.verdict)} from {self.first} to {self.last}: {self.reason}"
        return f"none since {self.at:%Y-%m-%d}; the last one was {days}" if self.missing else days


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What there is of one version."""

    version: Version
    drift: Judgement | None
    quality: Judgement | None


class Judgements(msgspec.Struct, frozen=True, kw_only=True):
    """By version."""

    drift: dict[Version, Judgement]
    quality: dict[Version, Judgement]


def judgements(
    verdicts: Verdicts, now: datetime | None, serving: Mapping[Version, datetime | None]
) -> Judgements:
    """Of all versions.

    Args:
        verdicts: as they are kept.
        now: by the store's clock; None where that is not known, and then none is missing.
        serving: versions with traffic, with when each began to have it, where that is known: of what nobody asks no next verdict is
            expected, and of a version that came back one as soon after its first request as after a verdict.
    """

    def missing(version: Version, verdict: Drift | Quality) -> bool:
        if now is None or version not in serving:
            return False
        since = serving[version] or verdict.at
        return now > max(verdict.at, since) + (verdict.overdue - verdict.at)

    return Judgements(
        drift={
            version: Judgement(
                verdict=each.severity,
                first=each.since.date(),
                last=(each.until - timedelta(microseconds=1)).date(),
                at=each.at,
                missing=missing(version, each),
                reason=each.reason,
            )
            for version, each in verdicts.drift.items()
        },
        quality={
            version: Judgement(
                verdict=each.verdict,
                first=each.first,
                last=each.last,
                at=each.at,
                missing=missing(version, each),
                reason=each.reason,
            )
            for version, each in verdicts.quality.items()
        },
    )
