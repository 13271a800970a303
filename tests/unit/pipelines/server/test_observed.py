"""What is counted of rows and predictions: every value once, under a name of the schema, or under one name for all others."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram, generate_latest

from pipelines.server.histogram import BulkHistogram
from pipelines.server.metric_table import MOST_NAMES, OTHERS
from pipelines.server.observed import KEPT, VALUES, Observations
from pipelines.server.rows import Batch
from pipelines.server.schema import Category, Classes, Number, Probability, Quantity, Schema, SelfCheck

DEST = Category(name="dest", meaning="", categories=("ATL",), unseen="missing", nullable=True)
TEMP = Number(name="temp", meaning="", minimum=-60, maximum=130, nullable=True)
PROBABILITY = Probability(event="late", meaning="", threshold=0.5)
CLASSES = Classes(meaning="", classes=("a", "b", "c"))
PRICE = Quantity(name="price", meaning="")
MOST = KEPT // (4 * (2 + 2))  # rows of two features and two outputs that are kept
BOUNDS = (-1.0, 0.05, 0.5, 7.0)


class Counted:
    """Observations, and what a scrape of them says."""

    def __init__(self, output=PROBABILITY, features=(DEST, TEMP)):
        self.registry = CollectorRegistry()
        self.observations = Observations(
            Schema(features=features, output=output, self_check=SelfCheck({}, (0.0,) * output.width)),
            self.registry,
        )

    def predict(self, matrix, tensor, **unseen):
        batch = Batch(np.array(matrix, dtype=np.float32), unseen)
        self.observations.predicted(batch, np.array(tensor, dtype=np.float32))

    def value(self, name, **labels):
        self.observations.count()
        return self.registry.get_sample_value(name, labels)


@given(
    st.lists(st.floats(-10, 10, width=32) | st.sampled_from(BOUNDS), min_size=1),
    st.sampled_from(["f4", "f8"]),
)
def test_many_values_at_once_are_counted_as_each_alone_is(values, kind):
    one, many = CollectorRegistry(), CollectorRegistry()
    array = np.array(values, dtype=kind)
    bounds = [float(np.array(bound, dtype=kind)) for bound in BOUNDS]
    alone = Histogram("h", "h", buckets=bounds, registry=one)
    for value in array.tolist():
        alone.observe(value)
    together = BulkHistogram("h", "h", buckets=BOUNDS, registry=many)
    together.observe_all(array[: len(array) // 2])
    together.observe_all(array[len(array) // 2 :])
    assert [each.get() for each in together._buckets] == [each.get() for each in alone._buckets]
    assert together._sum.get() == pytest.approx(alone._sum.get())


def test_a_value_that_is_null_is_missing_and_a_name_unknown_to_training_is_unseen_not_both():
    counted = Counted()
    nan = float("nan")
    counted.predict([[nan, 1], [nan, nan], [nan, 2], [0, nan]], [[0.5, 0.5]] * 4, dest=2)
    assert counted.value("model_feature_missing_total", feature="dest") == 1
    assert counted.value("model_feature_missing_total", feature="temp") == 2
    assert counted.value("model_unseen_categories_total", feature="dest") == 2


@pytest.mark.parametrize("sizes", [[1, 2, 3], [MOST], [MOST + 1], [MOST - 1, 2, 1], [5, 2 * MOST, 5]])
def test_every_row_is_counted_once_whatever_the_sizes_of_the_invocations(sizes):
    counted = Counted()
    for rows in sizes:
        counted.predict([[float("nan")] * 2] * rows, [[0.5, 0.5]] * rows, dest=1)
    total = sum(sizes)
    for _ in range(2):
        assert counted.value("model_feature_missing_total", feature="temp") == total
        assert counted.value("model_feature_missing_total", feature="dest") == total - len(sizes)
        assert counted.value("model_prediction_probability_count") == total


@pytest.mark.parametrize(("rows", "kept"), [(MOST, MOST), (MOST + 1, 0), (2 * MOST, 1)])
def test_no_more_is_kept_than_a_bound(rows, kept):
    counted = Counted()
    for size in (rows - 1, 1):
        counted.predict([[0, 1]] * size, [[0.5, 0.5]] * size)
    assert counted.registry.get_sample_value("model_prediction_probability_count") == rows - kept


@pytest.mark.parametrize(
    ("field", "fault", "series", "labels"),
    [
        ("temp", "below", "model_feature_out_of_range_total", {"side": "below"}),
        ("temp", "above", "model_feature_out_of_range_total", {"side": "above"}),
        ("temp", "beyond", "model_feature_out_of_range_total", {"side": "beyond"}),
        ("temp", "missing", "model_feature_missing_total", {}),
        ("dest", "missing", "model_feature_missing_total", {}),
        ("dest", "unseen", "model_unseen_categories_total", {}),
    ],
)
def test_the_value_for_which_an_invocation_is_refused_is_counted_by_its_fault(field, fault, series, labels):
    counted = Counted()
    assert counted.value(series, feature=field, **labels) == 0  # so that the first is an increase
    counted.observations.refused(field, fault)
    assert counted.value(series, feature=field, **labels) == 1


def test_a_probability_is_that_of_the_event_in_twenty_buckets_whose_bounds_belong_to_them():
    counted = Counted(PROBABILITY)
    counted.predict([[0, 1]] * 3, [[0.95, 0.05], [0.949, 0.051], [0, 1]])
    buckets = [f"{step / 20:g}" if step != 20 else "1.0" for step in range(1, 21)]
    values = [counted.value("model_prediction_probability_bucket", le=each) for each in buckets]
    assert values == [1, *[2] * 18, 3]
    assert counted.value("model_prediction_probability_sum") == pytest.approx(1.101)


def test_classes_are_counted_by_the_likeliest():
    counted = Counted(CLASSES)
    counted.predict([[0, 1]] * 3, [[0.1, 0.2, 0.7], [0.5, 0.5, 0], [0, 0, 1]])
    assert [counted.value("model_prediction_class_total", **{"class": name}) for name in "abc"] == [1, 0, 2]


def test_a_number_is_told_within_a_factor_of_two_and_a_half_on_both_sides_of_zero():
    counted = Counted(PRICE)
    counted.predict([[0, 1]] * 4, [[-3], [0], [0.1], [3e7]])
    bucket = "model_prediction_value_bucket"
    bounds = ("-5.0", "-2.0", "0.0", "0.05", "0.1", "5e+06", "+Inf")
    assert [counted.value(bucket, le=bound) for bound in bounds] == [0, 1, 2, 2, 3, 3, 4]
    positive = [value for value in VALUES if value > 0]
    assert max(after / before for before, after in pairwise(positive)) == pytest.approx(2.5)


def test_names_after_the_most_are_counted_together():
    features = tuple(
        Number(name=f"x{number}", meaning="", minimum=0, maximum=1, nullable=True)
        for number in range(MOST_NAMES + 50)
    )
    classes = Classes(meaning="", classes=tuple(f"c{number}" for number in range(MOST_NAMES + 50)))
    counted = Counted(classes, features)
    counted.predict([[float("nan")] * len(features)], [[0.0] * (len(features) - 1) + [1.0]])
    counted.observations.refused(f"x{MOST_NAMES + 1}", "below")
    assert counted.value("model_feature_missing_total", feature="x0") == 1
    assert counted.value("model_feature_missing_total", feature=OTHERS) == 50
    assert counted.value("model_feature_out_of_range_total", feature=OTHERS, side="below") == 1
    assert counted.value("model_prediction_class_total", **{"class": OTHERS}) == 1
    samples = [line for line in generate_latest(counted.registry).decode().splitlines() if "_total{" in line]
    assert len(samples) == (MOST_NAMES + 1) * (1 + 3 + 1)  # missing, three sides, classes
