"""Predictions and labels of the same case, found by the invocation's id and the row: exact, whatever order they come in.

A client that tries again, or a job that writes twice, repeats a case: it counts once. Two records of a case that contradict each
other are no evidence of either: neither counts, and how many there are is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipelines.server.rows import MAX_ROWS

Places: TypeAlias = npt.NDArray[np.intp]  # of rows, in order


@dataclass(frozen=True)
class Cases:
    """Which case each row is.

    Attributes:
        inferences: ids of invocations, in the order in which they were read.
        invocation: of each row, [rows]: a place in `inferences`.
        row: of each row within its invocation, [rows].
    """

    inferences: Sequence[str]
    invocation: npt.NDArray[np.int32]
    row: npt.NDArray[np.int32]


@dataclass(frozen=True)
class Distinct:
    """One record of each case.

    Attributes:
        places: the earliest record of each case that no other contradicts, ordered by case.
        repeated: places of the records beyond the first that say the same.
        contradicting: places of the records of cases whose records contradict each other.
    """

    places: Places
    repeated: Places
    contradicting: Places


def numbered(*sides: Cases) -> list[npt.NDArray[np.int64]]:
    """A number for each case, the same on all sides, [rows] each."""
    ids = np.empty(sum(len(side.inferences) for side in sides), dtype=object)
    ends = np.cumsum([0, *(len(side.inferences) for side in sides)])
    for start, side in zip(ends, sides, strict=False):
        ids[start : start + len(side.inferences)] = side.inferences
    codes = pd.factorize(ids)[0].astype(np.int64)
    return [
        codes[start + side.invocation] * MAX_ROWS + side.row for start, side in zip(ends, sides, strict=False)
    ]


def distinct(cases: npt.NDArray[np.int64], values: npt.NDArray[Any], days: npt.NDArray[np.int64]) -> Distinct:
    """One record of each case.

    Args:
        cases: of each record, [records], as `numbered` gives them.
        values: what each record says, [records, width], without NaN.
        days: which of them is the earliest, [records].
    """
    if not len(cases):
        return Distinct(*[np.empty(0, np.intp)] * 3)
    order = np.lexsort((days, cases))
    ordered = cases[order]
    begins = np.append(True, ordered[1:] != ordered[:-1])
    starts = np.flatnonzero(begins)
    sizes = np.diff(np.append(starts, len(ordered)))
    agrees = (values[order] == values[order[np.repeat(starts, sizes)]]).all(axis=1)
    whole = np.logical_and.reduceat(agrees, starts)
    of_whole = np.repeat(whole, sizes)
    return Distinct(
        places=order[starts[whole]], repeated=order[of_whole & ~begins], contradicting=order[~of_whole]
    )


def matched(predicted: npt.NDArray[np.int64], labelled: npt.NDArray[np.int64]) -> tuple[Places, Places]:
    """Places of the cases that both sides have, in each; a case is once on each side."""
    _, left, right = np.intersect1d(predicted, labelled, assume_unique=True, return_indices=True)
    return left, right
