import subprocess
import sys

import msgspec
import numpy as np
import pytest
from pandas.testing import assert_frame_equal

from pipelines import examples, recipe
from pipelines.dataset import BadDataError
from pipelines.flights import features
from pipelines.flights.fit import Settings, fit
from pipelines.flights.recipe import RECIPE, Window, featurize

JANUARY = Window(until="2013-01")


def test_the_months_up_to_one_train_and_the_next_judges(made):
    assert set(made.training["slice.month"]) == {"2013-01"}
    assert set(made.evaluation["slice.month"]) == {"2013-02"}
    assert examples.fault(made.training) is examples.fault(made.evaluation) is None
    assert examples.feature_names(made.training) == features.NAMES
    assert examples.dimensions(made.training) == ("carrier", "origin", "month", "hours")


def test_training_examples_are_blind_to_the_month_that_judges(tables, made):
    judged = tables["flights"]["month"] == 2
    flights = tables["flights"].copy()
    flights.loc[judged, "arr_delay"] = flights.loc[judged, "arr_delay"].to_numpy()[::-1]
    again = featurize({**tables, "flights": flights}, JANUARY)
    assert_frame_equal(again.training, made.training)
    assert not again.evaluation["label"].equals(made.evaluation["label"])


def test_a_block_is_a_day_and_a_band_is_six_hours(made):
    blocks = made.training.groupby("block")["slice.month"].count()
    assert len(blocks) == 31
    bands = made.training.groupby("slice.hours")["departure"].agg(["min", "max"]) / 60
    assert (np.floor(bands.to_numpy()) // 6 == np.array([[band, band] for band in range(len(bands))])).all()


@pytest.mark.parametrize(
    ("until", "reason"),
    [
        ("2013-02", "the data is to end with 2013-03, which judges; its last flight is of 2013-02"),
        ("2013-11", "the data is to end with 2013-12"),
    ],
)
def test_data_that_ends_elsewhere_is_refused(tables, until, reason):
    with pytest.raises(BadDataError, match=reason):
        featurize(tables, Window(until=until))


@pytest.mark.parametrize("until", ["2013-12", "2013-13", "January"])
def test_a_month_that_cannot_be_judged_is_refused_as_a_parameter(until):
    with pytest.raises(recipe.BadRecipeError, match=f"until is|{until}"):
        recipe.parameters(RECIPE.window, {"until": until}, "there")


def test_a_fit_needs_no_flight_but_those_that_train(made):
    few = made.training[:4000]
    fitted = fit(few, Settings(trees=5))
    assert fitted.schema.self_check.instance == features.instances(few)[0]
    assert fit(few.copy(), Settings(trees=5)).onnx == fitted.onnx
    assert fitted.metrics["base_rate"] == round(few["label"].mean(), 6)
    assert msgspec.json.encode(fitted.schema) != msgspec.json.encode(fit(few, Settings(trees=6)).schema)


def test_a_recipe_is_read_without_what_fitting_alone_needs():
    """Each step reads it, and these libraries take more than a second of a core."""
    script = (
        "import sys, pipelines.flights.recipe; print(*sorted({'sklearn', 'skl2onnx'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.split() == []
