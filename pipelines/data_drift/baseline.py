"""The baseline of a model: how its features and its predictions are distributed on what it was trained on.

Drift is judged against it, so it is evidence of the digest set, learned where the model is judged (`learning.py`) and kept with
it. A feature that moves from week to week inside training moves afterwards as well, so each week's index against the other weeks
stands in it too: what is beyond that is news.
"""

import msgspec
import numpy as np

from pipelines import documents
from pipelines.data_drift.bins import Bins, NumberBins, size
from pipelines.data_drift.parts import Indices
from pipelines.documents import BadDocumentError

FORMAT = 2  # 1, of no release, had one index a column
PREDICTION = "prediction."  # before the name of a number of an answer, where it stands beside features


class Window(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Consecutive blocks against all others.

    Attributes:
        first: name of the first block.
        last: name of the last one.
        rows: how many.
        indices: population stability indices by column, rounded.
    """

    first: str
    last: str
    rows: int
    indices: dict[str, Indices]


class Baseline(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a sample is compared with.

    Attributes:
        format: of this document.
        model: its name.
        digest: of the model whose predictions they are, `sha256:<hex>`.
        data_revision: of the data that it learned on.
        rows: of the training examples.
        features: bins by feature, in the schema's order.
        predictions: bins by what an answer holds: the event, each class, or the quantity's name.
        history: windows of the training examples, in order; none where there is only one.
    """

    format: int = FORMAT
    model: str
    digest: str
    data_revision: str
    rows: int
    features: dict[str, Bins]
    predictions: dict[str, Bins]
    history: tuple[Window, ...]

    @property
    def columns(self) -> dict[str, Bins]:
        """Bins by column: features by their names, numbers of an answer as `prediction.<name>`."""
        return {
            **self.features,
            **{f"{PREDICTION}{name}": bins for name, bins in self.predictions.items()},
        }


def encode(baseline: Baseline) -> bytes:
    """As `documents.encode`."""
    return documents.encode(baseline)


def decode(content: bytes, where: str) -> Baseline:
    """Read a baseline.

    Args:
        content: of the document.
        where: its name, for sentences.

    Raises:
        BadDocumentError: it is none, of another format, or contradicts itself.
    """
    baseline = documents.decode(content, where, Baseline, "baseline of a model", FORMAT)
    for name, bins in baseline.columns.items():
        if len(bins.counts) != size(bins) or sum(bins.counts) != baseline.rows or min(bins.counts) < 0:
            raise BadDocumentError(
                f"{where}: {name} counts {sum(bins.counts)} rows in {len(bins.counts)} bins; "
                f"it should be {baseline.rows} in {size(bins)}"
            )
        if isinstance(bins, NumberBins) and not np.all(np.diff(bins.edges) > 0):
            raise BadDocumentError(f"{where}: edges of {name} do not ascend")
    for window in baseline.history:
        if missing := baseline.columns.keys() - window.indices.keys():
            raise BadDocumentError(f"{where}: the history of {window.first} lacks {min(missing)}")
    return baseline
