"""What was judged of one window of labelled predictions: `quality.json`, read by pages and by whoever acts on it."""

from datetime import date
from typing import Literal, TypeAlias

import msgspec

from pipelines import documents
from pipelines.gates.report import OVERALL, OVERALL_NAME

FORMAT = 1

Verdict: TypeAlias = Literal["worse", "as-good", "too-few"]


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A part of the report."""


class Joined(Record, frozen=True, kw_only=True):
    """What became of the records of a window's days, in rows; no label of contradicting predictions counts.

    Attributes:
        cases: predictions that have a label.
        unlabelled: predictions that have none.
        repeated_predictions, repeated_labels: that say again what another said of the same case.
        contradicting_predictions, contradicting_labels: of cases whose records contradict each other: none counts.
        unanswered: labels of cases that no version's captured line predicts.
        of_others: labels of cases that another version answered.
        unreadable: invocations whose captured line, request or answer could not be read.
    """

    cases: int
    unlabelled: int
    repeated_predictions: int
    contradicting_predictions: int
    unanswered: int
    of_others: int
    repeated_labels: int
    contradicting_labels: int
    unreadable: int


class Number(Record, frozen=True, kw_only=True):
    """An estimate and its standard error, by days."""

    value: float
    error: float


class Metric(Record, frozen=True, kw_only=True):
    """One metric of one slice.

    Attributes:
        measured: of the window.
        low, high: its bounds.
        reference: what the version showed before; None where nothing is to be compared with.
        difference: measured less reference; None likewise.
        difference_low, difference_high: its bounds.
    """

    measured: Number
    low: float
    high: float
    reference: Number | None = None
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None


class Slice(Record, frozen=True, kw_only=True):
    """Some rows.

    Attributes:
        dimension, value: for example carrier, UA; `all` and "" for every row.
        rows: labelled.
        days: on which each label is, at least.
        verdict: of it.
        why: of a verdict that is not as-good.
        metrics: by name; empty where it is too small to judge.
    """

    dimension: str
    value: str
    rows: int
    days: int
    verdict: Verdict
    why: str
    metrics: dict[str, Metric]

    @property
    def name(self) -> str:
        """As it is called in sentences."""
        return OVERALL_NAME if self.dimension == OVERALL else f"{self.dimension} {self.value}"


class Report(Record, frozen=True, kw_only=True):
    """The verdict of one window.

    Attributes:
        format: of this document.
        model: its name.
        version: that predicted, `v1.1.0`.
        digest: of its model, `sha256:<hex>`.
        first, last: days of the window, both included.
        metric: which is compared with what the version showed before.
        title: of it, in sentences and pictures.
        confidence: one-sided: how rarely a window that is as good is called worse.
        joined: what became of the records.
        verdict: over every row.
        reason: one sentence.
        slices: the one over every row first.
    """

    format: int = FORMAT
    model: str
    version: str
    digest: str
    first: date
    last: date
    metric: str
    title: str
    confidence: float
    joined: Joined
    verdict: Verdict
    reason: str
    slices: tuple[Slice, ...]

    @property
    def overall(self) -> Slice:
        """The slice over every row."""
        return self.slices[0]

    @property
    def worse(self) -> tuple[Slice, ...]:
        """The slices that are worse, without the one over every row."""
        return tuple(each for each in self.slices[1:] if each.verdict == "worse")

    @property
    def file_name(self) -> str:
        """Under which it is kept: one for each window, written again when more labels are in."""
        return f"{self.version}/{self.first}_{self.last}.json"


def encode(report: Report) -> bytes:
    """As `documents.encode`."""
    return documents.encode(report)


def decode(content: bytes, where: str) -> Report:
    """Read a report of that name; raises as `documents.decode`."""
    return documents.decode(content, where, Report, "report of quality", number=FORMAT)
