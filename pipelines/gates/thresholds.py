"""What a model's evaluation demands, from its `thresholds.toml`."""

import math
from pathlib import Path
from typing import Annotated

import msgspec

from pipelines.gates.metrics import names_of
from pipelines.server.schema import Output


class BadThresholdsError(ValueError):
    """A thresholds file that cannot be used; the sentence names file and key."""


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file."""


class Size(Table, frozen=True, kw_only=True):
    """What a slice has at least; with less it is too small to judge.

    Attributes:
        rows: in all.
        each_label: rows of each label; nothing for a quantity.
        blocks: with each label; bounds from fewer are too narrow.
    """

    rows: Annotated[int, msgspec.Meta(ge=1)]
    each_label: Annotated[int, msgspec.Meta(ge=1)]
    blocks: Annotated[int, msgspec.Meta(ge=10)]


class Limit(Table, frozen=True, kw_only=True):
    """Where an estimate has to be. A metric that is too good is a fault too: the model was told the answer."""

    least: float | None = None
    most: float | None = None

    def __post_init__(self) -> None:
        ends = [end for end in (self.least, self.most) if end is not None]
        if not ends:
            raise ValueError("write least, most or both")
        if not all(map(math.isfinite, ends)) or ends != sorted(ends):
            raise ValueError("least and most are finite numbers, least not above most")


class Limits(Table, frozen=True, kw_only=True):
    """Of one metric: of all rows, and of each slice."""

    overall: Limit
    slice: Limit | None = None


_Margin = Annotated[float, msgspec.Meta(ge=0)]


class Margins(Table, frozen=True, kw_only=True):
    """By how much one metric may be worse than the champion's, in the metric's unit: of all rows, and of each slice.

    Even the worst that the data allows is held against it, so a margin is as wide as the data is short.
    """

    overall: _Margin
    slice: _Margin

    def __post_init__(self) -> None:
        if not math.isfinite(self.overall + self.slice):
            raise ValueError("a margin is a finite number")


class Thresholds(Table, frozen=True, kw_only=True):
    """The file.

    Attributes:
        confidence: at which all bounds hold together.
        draws: of the bootstrap.
        seed: of the draws.
        limits, margins: by metric; each at least one.
        latency: most that a request may cost, as a ratio to the champion's.
    """

    confidence: Annotated[float, msgspec.Meta(ge=0.5, lt=1)] = 0.95
    draws: Annotated[int, msgspec.Meta(ge=200, le=10_000)] = 1000
    seed: Annotated[int, msgspec.Meta(ge=0)] = 0
    size: Size
    limits: Annotated[dict[str, Limits], msgspec.Meta(min_length=1)]
    margins: Annotated[dict[str, Margins], msgspec.Meta(min_length=1)]
    latency: Annotated[float, msgspec.Meta(gt=0)]

    @property
    def gates(self) -> tuple[str, ...]:
        """Names of the gates that it makes, in the order in which they are told."""
        return (
            "size",
            *(f"limits.{name}" for name in self.limits),
            *(f"margins.{name}" for name in self.margins),
            "latency",
        )


def read(path: Path, output: Output) -> Thresholds:
    """Read the demands on a model with such an output.

    Raises:
        BadThresholdsError: the file is missing, or has a key or a metric that there is not.
    """
    try:
        thresholds = msgspec.toml.decode(path.read_bytes(), type=Thresholds)
    except OSError as error:
        raise BadThresholdsError(
            f"{path}: {error.strerror}; an evaluation reads what it demands there"
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadThresholdsError(f"{path}: {error}") from error
    if not math.isfinite(thresholds.latency):
        raise BadThresholdsError(f"{path}: latency is {thresholds.latency}; it is a finite ratio")
    for table, metrics in (("limits", thresholds.limits), ("margins", thresholds.margins)):
        for name in metrics:
            if name not in names_of(output):
                raise BadThresholdsError(
                    f"{path}: {table}.{name}: no such metric of this output; there are {', '.join(names_of(output))}"
                )
    return thresholds
