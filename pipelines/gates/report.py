"""What an evaluation writes, whatever computed it: `evaluation.json`.

An engine fills in metrics and slices; `rule.py` alone judges them, so that two engines give one verdict.
"""

from typing import Literal, TypeAlias

import msgspec

SCHEMA = 1
OVERALL = "all"  # dimension of the slice that holds every row; its value is empty
OVERALL_NAME = "overall"  # of it, in sentences

Engine: TypeAlias = Literal["slices", "tfma"]
SliceVerdict: TypeAlias = Literal["passed", "failed", "too-small"]
GateVerdict: TypeAlias = Literal["passed", "failed", "skipped", "no-champion"]


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A part of the report."""


class Interval(Record, frozen=True, kw_only=True):
    """An estimate with its simultaneous bounds: all bounds of one report hold together at its confidence.

    Attributes:
        low, high: None where nothing can be said, because the slice is too small or the engine gives no interval.
    """

    value: float
    low: float | None = None
    high: float | None = None


class Metrics(Record, frozen=True, kw_only=True):
    """One metric of one slice.

    Attributes:
        challenger, champion: each alone; no champion: None.
        difference: challenger less champion, on the same rows.
    """

    challenger: Interval
    champion: Interval | None = None
    difference: Interval | None = None


class Slice(Record, frozen=True, kw_only=True):
    """Some rows, as an engine sees them.

    Attributes:
        dimension, value: for example carrier, UA; `all` and "" for every row.
        rows: how many.
        least_of_a_label: rows of the rarest label; None for a quantity, which has no labels.
        blocks: in which each label is, at least: what the intervals are resampled from.
        metrics: by name.
    """

    dimension: str
    value: str
    rows: int
    least_of_a_label: int | None
    blocks: int
    metrics: dict[str, Metrics]

    @property
    def name(self) -> str:
        """As it is called in sentences."""
        return OVERALL_NAME if self.dimension == OVERALL else f"{self.dimension} {self.value}"


class JudgedSlice(Record, frozen=True, kw_only=True):
    """A slice and what the rule says of it. `why` is empty for one that passed."""

    slice: Slice
    verdict: SliceVerdict
    why: str = ""


class Skip(Record, frozen=True, kw_only=True):
    """A gate that a person opened: who, and why."""

    by: str
    because: str


class Gate(Record, frozen=True, kw_only=True):
    """One demand.

    Attributes:
        name: also its key in the thresholds file, and what `--skip` takes.
        sentence: what was measured, and what is demanded.
        value, threshold: of the place that decided: what was measured there, and what it is compared with.
        skip: a person's, kept whether or not it was needed; the verdict is `skipped` where it was.
    """

    name: str
    verdict: GateVerdict
    sentence: str
    value: float | None = None
    threshold: float | None = None
    skip: Skip | None = None


class Subject(Record, frozen=True, kw_only=True):
    """A model that was evaluated.

    Attributes:
        digest: of its `model.tar.gz`, `sha256:<hex>`.
        data_revision: that it was trained on; None for one that does not say so.
    """

    digest: str
    data_revision: str | None = None


class Bin(Record, frozen=True, kw_only=True):
    """A point of a calibration curve: a tenth of the rows.

    Attributes:
        predicted: mean prediction.
        observed: what it is held against: the share of cases in which the event came, or the mean quantity.
        low, high: bounds of `observed` at the report's confidence, each bin for itself.
    """

    rows: int
    predicted: float
    observed: float
    low: float
    high: float


class Latency(Record, frozen=True, kw_only=True):
    """What one request costs, challenger over champion, in the same process.

    Attributes:
        rows: of the request.
        ratio: median over interleaved pairs.
        challenger, champion: median seconds of CPU a request.
    """

    rows: int
    ratio: float
    challenger: float
    champion: float


class Report(Record, frozen=True, kw_only=True):
    """An evaluation.

    Attributes:
        engine: that computed metrics and slices.
        model: its name.
        output: kind of the schema's output: probability, classes, number.
        data_revision: of the data that the examples were made of.
        challenger: the model under judgement.
        champion: the one that it is held against; None when there is none yet, and `no_champion` says why.
        confidence: at which all bounds hold together.
        critical: standard errors on each side of a difference, were there many blocks; None where there are no bounds.
        draws: of the bootstrap.
        passed: every gate passed, or was skipped by a person.
        reason: one sentence when it did not pass.
        slices: the one over every row first.
        calibration: the challenger's curve; empty for an engine that gives none.
    """

    schema: int = SCHEMA
    engine: Engine
    model: str
    output: str
    data_revision: str
    rows: int
    blocks: int
    challenger: Subject
    champion: Subject | None
    no_champion: str | None = None
    confidence: float
    critical: float | None
    draws: int
    passed: bool
    reason: str
    gates: list[Gate]
    slices: list[JudgedSlice]
    calibration: list[Bin] = []
    latency: list[Latency] = []

    @property
    def overall(self) -> JudgedSlice:
        """The slice over every row."""
        return self.slices[0]


def encode(report: Report) -> bytes:
    """The same bytes for the same report."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"


def decode(content: bytes) -> Report:
    """Raises msgspec.DecodeError; also for a report of another schema."""
    try:
        report = msgspec.json.decode(content, type=Report)
    except UnicodeDecodeError as error:
        raise msgspec.DecodeError(str(error)) from error
    if report.schema != SCHEMA:
        raise msgspec.ValidationError(f"schema {report.schema}, but this program reads {SCHEMA}")
    return report
