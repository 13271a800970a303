"""Counts of a window by bin, added to piece by piece: no more than some hundred rows are in memory at once."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np

from pipelines.data_drift.baseline import PREDICTION, Baseline
from pipelines.data_drift.bins import Bins, Counts, count, size
from pipelines.data_drift.judge import Sample
from pipelines.data_drift.rows import Row

_PIECE = 512  # rows that wait to be counted: few enough to stay in a processor's cache


class Tally:
    """What was counted so far."""

    def __init__(self, baseline: Baseline) -> None:
        self._features = _Columns(baseline.features)
        self._answers = _Columns({f"{PREDICTION}{name}": bins for name, bins in baseline.predictions.items()})
        self._refused: Counter[str] = Counter()

    def request(self, rows: Sequence[Row]) -> None:
        """Rows with a cell for each feature."""
        self._features.add(rows)

    def answer(self, rows: Sequence[Row]) -> None:
        """Rows with a cell for each number of an answer."""
        self._answers.add(rows)

    def refuse(self, why: str) -> None:
        """Something that could not be read, by a word."""
        self._refused[why] += 1

    def sample(self, version: str, since: datetime, until: datetime) -> Sample:
        """All of it, as one window of a version."""
        return Sample(
            version=version,
            since=since,
            until=until,
            rows=self._features.rows,
            refused=dict(sorted(self._refused.items())),
            counts={**self._features.counted(), **self._answers.counted()},
        )


class _Columns:
    def __init__(self, columns: dict[str, Bins]) -> None:
        self._columns = columns
        self._counts: dict[str, Counts] = {
            name: np.zeros(size(bins), dtype=np.int64) for name, bins in columns.items()
        }
        self._waiting: list[Row] = []
        self.rows = 0

    def add(self, rows: Sequence[Row]) -> None:
        self.rows += len(rows)
        self._waiting.extend(rows)
        if len(self._waiting) >= _PIECE:
            self._count()

    def counted(self) -> dict[str, Counts]:
        if self._waiting:
            self._count()
        return dict(self._counts)

    def _count(self) -> None:
        values: Any  # a column of cells: numbers or names, by its bins
        for (name, bins), values in zip(self._columns.items(), zip(*self._waiting, strict=True), strict=True):
            self._counts[name] += count(bins, bins.codes(values))
        self._waiting.clear()
