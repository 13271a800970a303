"""The newest verdict on each version, by what it is asked (data drift) and by labels (quality): one small document of an environment.

The jobs that judge keep their whole reports by version and window; of each newest one they keep here what `modelctl status`, the comment on
a pull request and the exporter tell, so that one read tells it.
"""

from datetime import date, datetime, timedelta
from typing import Annotated, Protocol, TypeAlias

import msgspec

from modeldelivery.release import formats
from modeldelivery.release.formats import Document, Record
from modeldelivery.release.version import Version

MOST = 20  # versions of a kind, the newest: an endpoint has ten at most
_OVERDUE = 2  # lengths of a window after which the next verdict should be there
LONGEST_WINDOW = timedelta(days=366)
_LAST_YEAR = 9000  # of a moment that anything can be added to

Moment: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]


class Column(Record, frozen=True, kw_only=True):
    """One column of a window.

    Attributes:
        name: of a feature, or `prediction.<name>`.
        severity: quiet, moved or drift.
        ratio: its index as a multiple of its limit.
    """

    name: str
    severity: str
    ratio: float


class Drift(Record, frozen=True, kw_only=True):
    """The newest window of requests of a version.

    Attributes:
        since, until: the window, its end excluded.
        at: when it was judged.
        severity: unjudged, quiet, moved or drift.
        reason: one sentence.
        rows: that were judged.
        columns: of the model; none where there were not enough rows.
    """

    since: Moment
    until: Moment
    at: Moment
    severity: str
    reason: str
    rows: int
    columns: tuple[Column, ...] = ()

    @property
    def overdue(self) -> datetime:
        """From when on the next verdict is missing."""
        return self.at + _OVERDUE * (self.until - self.since)


class Measure(Record, frozen=True, kw_only=True):
    """One metric of one slice.

    Attributes:
        slice: `overall`, or a dimension and its value.
        metric: its name.
        value: as measured.
        low, high: its bounds.
        reference: what the version showed before; None where nothing is to be compared with.
    """

    slice: str
    metric: str
    value: float
    low: float
    high: float
    reference: float | None = None


class Quality(Record, frozen=True, kw_only=True):
    """The newest window of labelled predictions of a version.

    Attributes:
        first, last: days of the window, both included.
        at: when it was judged.
        verdict: worse, as-good or too-few.
        reason: one sentence.
        cases: labelled predictions.
        measures: every metric over all rows, and the leading one of each slice; none where there were too few cases.
    """

    first: date
    last: date
    at: Moment
    verdict: str
    reason: str
    cases: int
    measures: tuple[Measure, ...] = ()

    @property
    def overdue(self) -> datetime:
        """From when on the next verdict is missing."""
        return self.at + _OVERDUE * (self.last - self.first + timedelta(days=1))


class Verdicts(Document, frozen=True, kw_only=True):
    """Of one environment.

    Attributes:
        drift: by version.
        quality: by version.
    """

    drift: dict[Version, Drift] = msgspec.field(default_factory=dict)
    quality: dict[Version, Quality] = msgspec.field(default_factory=dict)

    def with_drift(self, version: Version, verdict: Drift) -> "Verdicts":
        """With this verdict in the place of the version's earlier one; a window that is older than that one changes nothing."""
        before = self.drift.get(version)
        if before is not None and before.until > verdict.until:
            return self
        newest = sorted((self.drift | {version: verdict}).items(), key=lambda each: each[1].at)[-MOST:]
        return msgspec.structs.replace(self, drift=dict(newest))

    def with_quality(self, version: Version, verdict: Quality) -> "Verdicts":
        """The same of labels."""
        before = self.quality.get(version)
        if before is not None and before.last > verdict.last:
            return self
        newest = sorted((self.quality | {version: verdict}).items(), key=lambda each: each[1].at)[-MOST:]
        return msgspec.structs.replace(self, quality=dict(newest))


class VerdictStore(Protocol):
    """Where they are kept; whoever moves traffic reads none."""

    def read(self) -> Verdicts:
        """Empty where nobody judged yet. Raises UpdateNeededError, and UnreachableError also for what are no verdicts."""
        ...


def decode(content: bytes, where: str) -> Verdicts:
    """Read the document.

    Args:
        content: of it.
        where: its place, for sentences.

    Raises:
        UpdateNeededError: a newer program wrote it, and says that this one cannot read it.
        ValueError: it is none (msgspec.DecodeError).
    """
    verdicts = formats.decode(content, Verdicts, where)
    windows = [
        *((version, each.at, each.until - each.since) for version, each in verdicts.drift.items()),
        *(
            (version, each.at, each.last - each.first + timedelta(days=1))
            for version, each in verdicts.quality.items()
        ),
    ]
    for version, at, length in windows:
        if not timedelta(0) < length <= LONGEST_WINDOW or at.year > _LAST_YEAR:
            raise msgspec.ValidationError(
                f"{where}: a window of {version} is {length.days} days long, judged {at}"
            )
    return verdicts


def encode(verdicts: Verdicts) -> bytes:
    """The document as indented JSON."""
    return formats.encode(verdicts)
