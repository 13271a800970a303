import json

import pytest

from pipelines.dataset import BadDataError
from pipelines.flights import samples
from pipelines.flights.data import parse_month


def test_samples_are_accepted_by_the_model_as_json_and_as_csv(model):
    instances = samples.sample(200)
    assert len(model.rows.instances(instances).matrix) == 200
    from_csv = model.rows.csv(samples.as_csv(instances).encode(), header=True).matrix
    assert model.rows.instances(instances).matrix.tobytes() == from_csv.tobytes()


def test_the_same_seed_draws_the_same_flights():
    assert samples.sample(20, seed=3) == samples.sample(20, seed=3) != samples.sample(20, seed=4)


@pytest.mark.parametrize("count", [0, -1, 10**6])
def test_more_flights_than_a_month_has_are_refused(count):
    with pytest.raises(BadDataError, match=r"2013-04 has 27564 flights: ask for 1 to that many"):
        samples.sample(count, parse_month("2013-04"))


def test_the_command_prints_json_by_default(capsys):
    assert samples.main(["--count", "3"]) == 0
    assert json.loads(capsys.readouterr().out) == samples.sample(3)


def test_the_command_prints_csv_with_a_header(capsys):
    assert samples.main(["--count", "3", "--format", "csv"]) == 0
    assert capsys.readouterr().out == samples.as_csv(samples.sample(3))
