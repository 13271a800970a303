from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from pipelines.flights import features
from pipelines.flights.data import Extract, parse_month, read_months


@pytest.fixture(scope="module")
def february():
    month = parse_month("2013-02")
    return read_months(month, month)


def test_no_feature_reads_what_only_the_flight_tells(february):
    blinded = replace(february, flights=february.flights.drop(columns=list(features.KNOWN_AFTERWARDS)))
    assert_frame_equal(features.describe(blinded), features.describe(february))


def test_every_column_that_only_the_flight_tells_is_listed(february):
    """A cancelled flight has none of them; every other column but its tail number is known for each flight."""
    cancelled = february.flights[february.flights["dep_time"].isna()]
    unknown = set(cancelled.columns[cancelled.isna().all()])
    assert unknown == set(features.KNOWN_AFTERWARDS)


def test_no_feature_reads_weather_reported_at_departure_or_later(february):
    departure = pd.Timestamp("2013-02-08T18:00Z")
    later = february.weather["time_hour"] >= departure
    stormy = february.weather.assign(temp=february.weather["temp"].where(~later, -40.0))
    leaving = (february.flights["time_hour"] == departure).to_numpy()
    before = features.describe(february)
    after = features.describe(replace(february, weather=stormy))
    assert leaving.sum() > 30
    assert_frame_equal(after[leaving], before[leaving])
    next_hour = (february.flights["time_hour"] == departure + pd.Timedelta(hours=1)).to_numpy()
    assert (after[next_hour]["temp"] == -40.0).all()


def test_the_weather_is_the_origins_own_an_hour_before(february):
    described = features.describe(february)
    for place in (0, 5000, 20000):
        flight = february.flights.iloc[place]
        reports = february.weather
        report = reports[
            (reports["origin"] == flight["origin"])
            & (reports["time_hour"] == flight["time_hour"] - pd.Timedelta("1h"))
        ]
        assert described.iloc[place]["temp"] == report["temp"].item()


def test_a_measurement_beyond_nature_is_a_missing_one(february):
    """EWR reported a wind of 1,048 mph on 12 February at 3 o'clock."""
    broken = february.weather["wind_speed"] > 1000
    assert broken.sum() == 1
    hit = (february.flights["origin"] == "EWR") & (
        february.flights["time_hour"] == february.weather.loc[broken, "time_hour"].item() + pd.Timedelta("1h")
    )
    forged = february.flights.assign(
        time_hour=february.flights["time_hour"].mask(
            february.flights.index == 0, february.weather.loc[broken, "time_hour"].item() + pd.Timedelta("1h")
        ),
        origin=february.flights["origin"].mask(february.flights.index == 0, "EWR"),
    )
    assert not hit.any()
    assert np.isnan(features.describe(replace(february, flights=forged)).iloc[0]["wind_speed"])


@pytest.mark.parametrize(("delay", "is_late"), [(-5.0, False), (15.0, False), (16.0, True), (300.0, True)])
def test_late_is_more_than_fifteen_minutes(february, delay, is_late):
    flights = february.flights[:1].assign(arr_delay=delay)
    assert features.late(replace(february, flights=flights)).tolist() == [is_late]


def test_a_flight_that_never_arrived_has_no_label(february):
    assert features.arrived(february).flights["arr_delay"].notna().all()
    assert len(features.arrived(february).flights) == 23611


def test_a_flight_over_midnight_has_a_duration_of_less_than_a_day(february):
    described = features.describe(february)
    assert described["duration"].between(0, 1439).all()
    over_midnight = february.flights["sched_arr_time"] < february.flights["sched_dep_time"]
    assert over_midnight.any()


def test_categories_are_sorted_by_how_often_they_are_late():
    flights = pd.DataFrame({"carrier": ["AA", "BB", "BB", "CC"], "origin": "JFK", "dest": "LAX"})
    columns = features.learn_features(flights, np.array([True, False, True, False]))
    assert columns[0].categories == ("CC", "BB", "AA")


def test_names_are_the_columns_in_the_tensors_order(model):
    assert model.schema.names == features.NAMES


def test_training_and_server_make_the_same_tensor_of_the_same_flights(model, held_out):
    described = features.describe(held_out)
    served = model.rows.instances(features.instances(described)).matrix
    np.testing.assert_array_equal(served, features.encode(described, model.schema.features))


def test_an_extract_is_described_flight_by_flight(held_out):
    """No row is lost, doubled or moved by the join with the weather, and rows do not depend on one another."""
    described = features.describe(held_out)
    alone = Extract(held_out.flights[1000:1001], held_out.weather)
    assert len(described) == len(held_out.flights)
    assert_frame_equal(features.describe(alone), described[1000:1001])
