"""Whichever engine measures, no good model is stopped."""

import pytest

from pipelines import dataset
from pipelines.flights.data import FIRST, TABLES, Month, published
from pipelines.flights.fit import fit
from pipelines.flights.recipe import Window, featurize
from pipelines.gates.champion import NoChampion
from tests.tfma.conftest import counts, furthest, verdicts
from tests.unit.pipelines.gates import planted
from tests.unit.pipelines.gates.conftest import contender


@pytest.mark.timeout(1800)
def test_eleven_rolling_trainings_pass_both_engines_alike(both):
    champion = NoChampion(environment="staging", why="nothing was registered")
    for month in range(1, 12):
        until = Month(2013, month)
        tables = dataset.parse(published(FIRST, until.following), TABLES, "nycflights13").tables
        made = featurize(tables, Window(until=str(until)))
        fitted = fit(made.training, planted.QUICK)
        own, other = both(fitted, champion, made.evaluation)
        assert (other.passed, other.reason) == (True, ""), until
        assert verdicts(other) == verdicts(own), until
        assert counts(other) == counts(own), until
        assert furthest(own, other)["auc"] < 1e-3, until
        champion = contender(planted.model(fitted))
