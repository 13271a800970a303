"""What models are judged on: labels, the slices that rows are in, and the predictions of one model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipelines.gates.metrics import Labels

Predictions = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Groups:
    """A partition of rows.

    Attributes:
        names: of the groups, in order.
        number: of each row's group, [rows].
    """

    names: Sequence[str]
    number: npt.NDArray[np.int32]


def grouped(values: "pd.Series[Any]") -> Groups:
    """The partition by a column, which has no missing values."""
    number, names = pd.factorize(values, sort=True)
    return Groups([str(name) for name in names], number.astype(np.int32))


@dataclass(frozen=True)
class Cases:
    """What both models are judged on.

    Attributes:
        labels: [rows], as `metrics.score` takes them.
        groups: by dimension.
        blocks: rows of one are not independent of each other.
    """

    labels: Labels
    groups: Mapping[str, Groups]
    blocks: Groups
