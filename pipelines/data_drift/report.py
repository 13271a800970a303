"""What was judged of one window of requests: `drift.json`, written by the drift job and read by pages, status and exporter."""

from datetime import datetime
from enum import StrEnum

import msgspec

from pipelines import documents
from pipelines.data_drift.parts import Part

FORMAT = 2  # 1, of no release, named no version


class Severity(StrEnum):
    """Of a column and of a window, the worst last."""

    UNJUDGED = "unjudged"  # not enough rows: neither quiet nor drift
    QUIET = "quiet"
    MOVED = "moved"  # beyond its own history, in this window
    DRIFT = "drift"  # in this one and in the one before


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One feature, or one number of the answers.

    Attributes:
        name: of the feature, or `prediction.<name>`.
        part: of it, that is furthest beyond its limit or nearest to it; index, limit and p are this part's.
        index: population stability index of the window against the baseline.
        limit: the least index that counts as moved: beyond what training's own weeks did.
        p: how probable such counts are if nothing changed, from 0 to 1.
        missing: share of rows without a value, from 0 to 1.
        windows: in a row in which it moved, this one included; 0 where it did not.
        severity: of this column.
    """

    name: str
    part: Part
    index: float
    limit: float
    p: float
    missing: float
    windows: int
    severity: Severity


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The verdict of one window.

    Attributes:
        format: of this document.
        model: its name.
        version: that answered, `v1.1.0`.
        digest: of the model that the baseline is of, `sha256:<hex>`.
        since: when the window begins, UTC.
        until: when it ends, UTC; the first moment that is no more in it.
        rows: that were judged.
        refused: rows and invocations that could not be read, by why.
        severity: the worst of any column.
        reason: one sentence.
        columns: in the schema's order, predictions last; none where there were not enough rows.
    """

    format: int = FORMAT
    model: str
    version: str
    digest: str
    since: datetime
    until: datetime
    rows: int
    refused: dict[str, int]
    severity: Severity
    reason: str
    columns: tuple[Column, ...]

    @property
    def moved(self) -> tuple[Column, ...]:
        """The columns that moved, those that exceed their limit most first."""
        beyond = [column for column in self.columns if column.windows]
        return tuple(sorted(beyond, key=lambda column: -column.index / column.limit))


def encode(report: Report) -> bytes:
    """As `documents.encode`."""
    return documents.encode(report)


def decode(content: bytes, where: str) -> Report:
    """Read a report of that name; raises as `documents.decode`."""
    return documents.decode(content, where, Report, "report of drift", number=FORMAT)
