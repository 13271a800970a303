"""Frames of requests and probabilities, counted and judged as the job judges captured lines."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from pipelines.data_drift.baseline import Baseline
from pipelines.data_drift.bins import NumberBins, count
from pipelines.data_drift.judge import Sample, judge, precedes
from pipelines.data_drift.learning import names_of, numbers_of
from pipelines.data_drift.report import Report
from tools.data_drift.planted import Kind

VERSION = "v1.0.0"  # of whichever models are compared here: none of them is registered
WEEK = timedelta(days=7)
FIRST = datetime(2013, 1, 1, tzinfo=UTC)


def sample_of(baseline: Baseline, frame: pd.DataFrame, place: int) -> Sample:
    """A frame as the window of the place-th week.

    Args:
        baseline: whose bins are counted in.
        frame: a column for each of the baseline's.
        place: of the week, from 0.
    """
    counts = {}
    for name, bins in baseline.columns.items():
        values = frame[name]
        codes = (
            bins.codes(numbers_of(values)) if isinstance(bins, NumberBins) else bins.codes(names_of(values))
        )
        counts[name] = count(bins, codes)
    since = FIRST + place * WEEK
    return Sample(
        version=VERSION, since=since, until=since + WEEK, rows=len(frame), refused={}, counts=counts
    )


def judged(windows: Iterable[tuple[Baseline, pd.DataFrame]]) -> list[Report]:
    """Reports of consecutive weeks, each after the one before it, however their baselines are called."""
    reports: list[Report] = []
    for place, (baseline, frame) in enumerate(windows):
        sample = sample_of(baseline, frame, place)
        earlier = [each for each in reports[-1:] if precedes(each, baseline, sample.since, sample.until)]
        reports.append(judge(baseline, sample, earlier[0] if earlier else None))
    return reports


def planted(
    baseline: Baseline, served: pd.DataFrame, kind: Kind, rows: int, seed: int
) -> tuple[Report, Report]:
    """The first two windows of a kind: rows drawn from those that are served, what happens planted in them."""
    chance = np.random.default_rng(seed)
    windows = []
    for _ in range(2):
        drawn = served.sample(2 * rows, replace=True, random_state=chance).reset_index(drop=True)
        windows.append((baseline, kind.plant(drawn, chance).head(rows)))
    first, second = judged(windows)
    return first, second


def drawn(baseline: Baseline, served: pd.DataFrame, *, windows: int, rows: int, seed: int) -> list[Report]:
    """Consecutive windows in which nothing happens: rows drawn from those that are served."""
    chance = np.random.default_rng(seed)
    return judged((baseline, served.sample(rows, replace=True, random_state=chance)) for _ in range(windows))
