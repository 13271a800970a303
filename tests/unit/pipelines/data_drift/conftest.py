"""A baseline of a model with a number, a name and a probability, and windows of it."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from pipelines.data_drift.baseline import Baseline, Window
from pipelines.data_drift.bins import bins_of_names, bins_of_numbers, count
from pipelines.data_drift.judge import Sample
from pipelines.data_drift.parts import Indices

MONDAY = datetime(2013, 4, 1, tzinfo=UTC)
WEEK = timedelta(days=7)
CARRIERS = ("AA", "B6", "UA")
ROWS = 10_000


def values(chance, rows, *, warmer=0.0):
    return {
        "temp": chance.normal(50 + warmer, 10, rows),
        "carrier": chance.choice(CARRIERS, rows, p=(0.5, 0.3, 0.2)).tolist(),
        "prediction.late": chance.beta(2, 5, rows),
    }


@pytest.fixture(scope="session")
def baseline():
    columns = values(np.random.default_rng(1), ROWS)
    return Baseline(
        model="flights",
        digest="sha256:" + "1" * 64,
        data_revision="sha256:" + "2" * 64,
        rows=ROWS,
        features={
            "temp": bins_of_numbers(columns["temp"]),
            "carrier": bins_of_names(columns["carrier"]),
        },
        predictions={"late": bins_of_numbers(columns["prediction.late"])},
        history=tuple(
            Window(
                first=first,
                last=first,
                rows=2000,
                indices={
                    "temp": Indices(values=temp, missing=0.02, outside=0.03),
                    "carrier": Indices(values=0.01, missing=0.0, outside=0.0),
                    "prediction.late": Indices(values=0.01, missing=0.0, outside=0.0),
                },
            )
            for first, temp in (("2013-01-01", 0.2), ("2013-01-08", 0.4), ("2013-01-15", 0.1))
        ),
    )


@pytest.fixture(scope="session")
def window(baseline):
    """A window of so many rows, the place-th after the first of April; columns replace its own."""

    def made(place=0, rows=2000, *, warmer=0.0, seed=2, **columns):
        held = values(np.random.default_rng(seed), rows, warmer=warmer) | columns
        return Sample(
            version="v1.1.0",
            since=MONDAY + place * WEEK,
            until=MONDAY + (place + 1) * WEEK,
            rows=rows,
            refused={},
            counts={name: count(bins, bins.codes(held[name])) for name, bins in baseline.columns.items()},
        )

    return made
