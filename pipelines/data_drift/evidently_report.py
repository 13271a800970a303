"""Evidently's report of a window, every column by this project's statistic: `.venv-drift` alone has Evidently."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.legacy.calculations.stattests import StatTest, register_stattest
from evidently.legacy.core import ColumnType
from evidently.presets import DataDriftPreset

from pipelines.data_drift import drawing
from pipelines.data_drift.baseline import Baseline
from pipelines.data_drift.bins import NumberBins, count
from pipelines.data_drift.judge import measure
from pipelines.data_drift.rows import Cell

_THRESHOLD = 1.0  # of what is drawn: an index as a multiple of its limit


def write(baseline: Baseline, columns: Mapping[str, Sequence[Cell]], path: Path) -> list[str]:
    """Write the page; the names of columns that cannot be drawn. Raises OSError."""
    snapshot, left = _run(baseline, columns)
    snapshot.save_html(str(path))
    return left


def verdicts(baseline: Baseline, columns: Mapping[str, Sequence[Cell]]) -> dict[str, tuple[float, bool]]:
    """What Evidently says: score and whether it drifted, by column that it can draw."""
    snapshot, _ = _run(baseline, columns)
    held = snapshot.dict()
    scores = {
        metric["config"]["column"]: metric["value"]
        for metric in held["metrics"]
        if "column" in metric["config"]
    }
    failed = {
        test["metric_config"]["params"]["column"]
        for test in held["tests"]
        if "column" in test["metric_config"]["params"] and test["status"] == "FAIL"
    }
    return {name: (float(score), name in failed) for name, score in scores.items()}


def _run(baseline: Baseline, columns: Mapping[str, Sequence[Cell]]) -> tuple[Any, list[str]]:
    """Evidently's snapshot, and what it leaves out: it refuses a column without any value."""
    frames: tuple[dict[str, pd.Series], dict[str, pd.Series]] = ({}, {})
    for name, bins in baseline.columns.items():
        kind = "float64" if isinstance(bins, NumberBins) else "object"
        for frame, cells in zip(frames, (drawing.reference(bins), columns[name]), strict=True):
            frame[name] = pd.Series(cells, dtype=kind)
    before, after = (pd.DataFrame(frame) for frame in frames)
    drawn = [name for name in before.columns if before[name].notna().any() and after[name].notna().any()]
    definition = DataDefinition(
        numerical_columns=[name for name in drawn if isinstance(baseline.columns[name], NumberBins)],
        categorical_columns=[name for name in drawn if not isinstance(baseline.columns[name], NumberBins)],
    )
    preset = DataDriftPreset(
        columns=drawn,
        per_column_method={name: _statistic(baseline, name, len(columns[name])) for name in drawn},
        per_column_threshold=dict.fromkeys(drawn, _THRESHOLD),
    )
    snapshot = Report([preset], include_tests=True).run(
        Dataset.from_pandas(after[drawn], definition), Dataset.from_pandas(before[drawn], definition)
    )
    return snapshot, [name for name in before.columns if name not in drawn]


def _statistic(baseline: Baseline, name: str, rows: int) -> StatTest:
    """Of one column: Evidently calls it with the values that are there, so the number of rows says how many are missing."""
    statistic = StatTest(
        name=f"index of {name}",
        display_name="population stability index, as a multiple of the column's own limit",
        allowed_feature_types=[ColumnType.Numerical, ColumnType.Categorical],
        default_threshold=_THRESHOLD,
    )
    register_stattest(statistic, _scored(baseline, name, rows))
    return statistic


def _scored(
    baseline: Baseline, name: str, rows: int
) -> Callable[[pd.Series, pd.Series, ColumnType, float], tuple[float, bool]]:
    bins = baseline.columns[name]

    def score(_: pd.Series, current: pd.Series, __: ColumnType, ___: float) -> tuple[float, bool]:
        present = current.dropna()
        counts = count(bins, bins.codes(present.tolist()))
        counts[-1] += rows - int(np.count_nonzero(current.notna()))
        measured = measure(baseline, name, counts)
        return measured.index / measured.limit, measured.moved

    return score
