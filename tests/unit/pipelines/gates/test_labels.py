"""Labels are of the output, and two models predict the same thing."""

import numpy as np
import pandas as pd
import pytest

from pipelines.gates.labels import BadLabelsError, IncomparableError, in_order_of, labels_of
from pipelines.server.schema import Classes, Probability, Quantity

LATE = Probability(event="late", meaning="late", threshold=0.3)
KIND = Classes(meaning="kind", classes=("a", "b", "c"))
PRICE = Quantity(name="price", meaning="euro")


@pytest.mark.parametrize(
    ("values", "output", "labels"),
    [
        ([True, False], LATE, [True, False]),
        (["c", "a"], KIND, [2, 0]),
        ([1, 2.5], PRICE, [1.0, 2.5]),
    ],
)
def test_labels_are_read_as_the_output_has_them(values, output, labels):
    assert labels_of(pd.Series(values), output).tolist() == labels


@pytest.mark.parametrize(
    ("values", "output", "sentence"),
    [
        ([True, None], LATE, "row 1 has no label"),
        ([True, 0.5], LATE, "row 1 has the label 0.5; it is true or false"),
        (["yes", "no"], LATE, "row 0 has the label 'yes'"),
        (["a", "d"], KIND, "row 1 has the label 'd'; it is one of a, b, c"),
        ([1.0, float("inf")], PRICE, "row 1 has the label inf; it is a finite number"),
        (["cheap", "dear"], PRICE, "row 0 has the label 'cheap'"),
    ],
)
def test_a_label_that_is_none_is_refused_by_row(values, output, sentence):
    with pytest.raises(BadLabelsError) as refused:
        labels_of(pd.Series(values, dtype=object), output)
    assert sentence in str(refused.value)


def test_a_champion_with_its_classes_in_another_order_is_brought_into_this_one():
    other = Classes(meaning="kind", classes=("c", "a", "b"))
    assert in_order_of(KIND, other, np.array([[3.0, 1.0, 2.0]])).tolist() == [[1.0, 2.0, 3.0]]


@pytest.mark.parametrize(
    "champion",
    [
        Probability(event="early", meaning="early", threshold=0.3),
        KIND,
        PRICE,
    ],
)
def test_a_champion_that_predicts_something_else_is_not_compared_with(champion):
    with pytest.raises(IncomparableError, match="and the challenger the probability of 'late'"):
        in_order_of(LATE, champion, np.zeros((1, 2)))
