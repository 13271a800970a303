"""What became of cases, out of files of ground truth: of which case, of which day, and what it was."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipelines import ground_truth
from pipelines.gates.labels import BadLabelsError, labels_of
from pipelines.gates.metrics import Labels
from pipelines.ground_truth import GroundTruthError
from pipelines.quality.join import Cases
from pipelines.quality.predictions import day_number
from pipelines.server.schema import Output, Probability

_TRUTH = {"1": True, "true": True, "0": False, "false": False}


@dataclass(frozen=True)
class Truths:
    """What became of cases.

    Attributes:
        cases: of each row.
        days: of the hour that its file names, [rows], since 1970-01-01.
        labels: [rows], as `metrics.score` takes them.
    """

    cases: Cases
    days: npt.NDArray[np.int64]
    labels: Labels


def read(files: Iterable[tuple[str, bytes]], output: Output) -> Truths:
    """Read files of ground truth.

    Args:
        files: places, which name the hour, and contents.
        output: what labels are of.

    Raises:
        GroundTruthError: a line or a place is none of ground truth, or a label is none of the model's output.
    """
    inferences: list[str] = []
    rows, days, codes = array("i"), array("i"), array("i")
    values: dict[str, int] = {}
    for place, content in files:
        day = day_number(ground_truth.hour_of(place).date())
        for truth in ground_truth.read(content.splitlines(), place):
            inferences.append(truth.inference)
            rows.append(truth.row)
            days.append(day)
            code = values.get(truth.value)
            if code is None:
                code = values[truth.value] = len(values)
                _check(truth.value, output, place)
            codes.append(code)
    distinct = _labels(list(values), output)
    return Truths(
        cases=Cases(inferences, np.arange(len(inferences), dtype=np.int32), np.array(rows, dtype=np.int32)),
        days=np.array(days, dtype=np.int64),
        labels=distinct[np.array(codes, dtype=np.intp)],
    )


def _check(value: str, output: Output, place: str) -> None:
    try:
        _labels([value], output)
    except BadLabelsError as error:
        raise GroundTruthError(f"{place}: {error}") from error


def _labels(values: list[str], output: Output) -> Any:
    """Raises BadLabelsError."""
    column: pd.Series[Any] = pd.Series(values, dtype=object)
    if isinstance(output, Probability):
        column = pd.Series([_TRUTH.get(value.lower(), value) for value in values], dtype=object)
    return labels_of(column, output)
