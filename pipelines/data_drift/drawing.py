"""What is drawn of a window: its rows by column, and a sample of the baseline, made from its bins."""

from collections.abc import Sequence

import numpy as np

from pipelines.data_drift.baseline import Baseline
from pipelines.data_drift.bins import Bins, NumberBins
from pipelines.data_drift.rows import Cell, Row

REFERENCE_ROWS = 10_000
OTHERS = "(others)"  # names beyond the most frequent


class Table:
    """Rows of a window, held: a `window.Sink`.

    Attributes:
        requests: a cell for each feature.
        answers: a cell for each number of an answer.
    """

    def __init__(self, baseline: Baseline) -> None:
        self._baseline = baseline
        self.requests: list[Row] = []
        self.answers: list[Row] = []

    def request(self, rows: Sequence[Row]) -> None:
        """Rows with a cell for each feature."""
        self.requests.extend(rows)

    def answer(self, rows: Sequence[Row]) -> None:
        """Rows with a cell for each number of an answer."""
        self.answers.extend(rows)

    def refuse(self, why: str) -> None:
        """What cannot be read cannot be drawn; the report counts it."""

    def columns(self) -> dict[str, list[Cell]]:
        """Cells by column of the baseline; of answers as many as there were."""
        names = list(self._baseline.columns)
        features = _transposed(self.requests, len(self._baseline.features))
        answers = _transposed(self.answers, len(self._baseline.predictions))
        return dict(zip(names, [*features, *answers], strict=True))


def reference(bins: Bins) -> list[Cell]:
    """A sample with the baseline's shares of each bin: numbers evenly within theirs, None where one is missing."""
    cumulated = np.cumsum(bins.counts)
    places = (np.arange(REFERENCE_ROWS) + 0.5) / REFERENCE_ROWS * cumulated[-1]
    codes = np.searchsorted(cumulated, places, side="right")
    missing = len(bins.counts) - 1
    if not isinstance(bins, NumberBins):
        names = [*bins.names, OTHERS, None]
        return [names[code] for code in codes]
    within = (places - (cumulated - bins.counts)[codes]) / np.asarray(bins.counts)[codes]
    edges = np.asarray(bins.edges)
    return [
        None if code == missing else float(edges[code - 1] + share * (edges[code] - edges[code - 1]))
        for code, share in zip(codes.tolist(), within.tolist(), strict=True)
    ]


def _transposed(rows: Sequence[Row], width: int) -> list[list[Cell]]:
    return [list(cells) for cells in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]
