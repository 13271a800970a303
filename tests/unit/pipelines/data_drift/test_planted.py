"""Drift that is planted in real flights, and years in which nothing happens, judged as the job judges."""

import numpy as np
import pytest

from pipelines import examples
from pipelines.data_drift.report import Severity
from pipelines.server.schema import Category, Number, Probability, Schema, SelfCheck
from tools.data_drift import flights
from tools.data_drift.planted import KINDS, PROBABILITY
from tools.data_drift.windows import drawn, judged, planted

ROWS = 1000  # of a window: the fewest that are judged
PLACES = {"carrier", "origin", "dest"}


@pytest.fixture(scope="module")
def served(made):
    """January's flights, each with a probability that hangs on its departure."""
    chance = np.random.default_rng(0)
    odds = chance.normal(-1.5, 0.7, len(made.training)) + made.training["departure"].to_numpy() / 1440
    return made.training.assign(**{PROBABILITY: 1 / (1 + np.exp(-odds))})


@pytest.fixture(scope="module")
def baseline(served):
    features = tuple(
        Category(name=name, meaning="a place", categories=("one",), unseen="missing")
        if name in PLACES
        else Number(name=name, meaning="a number", minimum=-1e6, maximum=1e6)
        for name in examples.feature_names(served)
        if name != PROBABILITY
    )
    output = Probability(event="late", meaning="late", threshold=0.5)
    return flights.learned(
        Schema(features=features, output=output, self_check=SelfCheck({}, (0.0, 0.0))), served
    )


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_is_planted_moved_in_the_first_window_and_is_drift_in_the_second(baseline, served, kind):
    first, second = planted(baseline, served, kind, ROWS, seed=1)
    assert (first.rows, second.rows) == (ROWS, ROWS)
    assert (first.severity, second.severity) == (Severity.MOVED, Severity.DRIFT)
    assert kind.column in {column.name for column in second.columns if column.severity is Severity.DRIFT}


@pytest.mark.parametrize("rows", [ROWS, 3 * ROWS])
def test_a_year_of_weeks_in_which_nothing_happens_is_quiet(baseline, served, rows):
    reports = drawn(baseline, served, windows=52, rows=rows, seed=2)
    assert {report.severity for report in reports} == {Severity.QUIET}


@pytest.mark.soak
def test_weeks_of_training_and_the_year_after_them():
    """Each week of January to March against the others: never two in a row. October is the worst month and the model's answers hardly
    move in it; from June on it is another timetable."""
    year = flights.year()
    left_out = judged(flights.weeks_left_out(year))
    assert len(left_out) == 12
    assert [report.severity for report in left_out].count(Severity.DRIFT) == 0
    assert [report.severity for report in left_out].count(Severity.MOVED) == 3
    later = judged((year.baseline, week) for week in flights.weeks(year.later))
    assert next(place for place, report in enumerate(later) if report.severity is Severity.DRIFT) == 4
    assert later[-1].severity is Severity.QUIET
