"""Each kind of output, on the wire."""

import json

import numpy as np
import pytest

from pipelines.server.answers import AnswerWriter
from pipelines.server.schema import Classes, Probability, Quantity

LATE = Probability(event="late", meaning="", threshold=0.25)
SPECIES = Classes(meaning="", classes=("setosa", "versi,color", "virginica"))
PRICE = Quantity(name="price", meaning="")


@pytest.mark.parametrize(
    ("output", "row", "prediction", "line"),
    [
        (LATE, [0.75, 0.25], {"probability": 0.25, "late": True}, "0.25,true"),
        (LATE, [0.8, 0.2], {"probability": 0.2, "late": False}, "0.2,false"),
        (
            SPECIES,
            [0.1, 0.7, 0.2],
            {
                "class": "versi,color",
                "probabilities": {"setosa": 0.1, "versi,color": 0.7, "virginica": 0.2},
            },
            '"versi,color",0.1,0.7,0.2',
        ),
        (PRICE, [3.2], {"price": 3.2}, "3.2"),
        (PRICE, [1.5e-9], {"price": 1.5e-9}, "1.5e-09"),
        (PRICE, [-123456.7], {"price": -123456.7}, "-123456.7"),
    ],
)
def test_a_prediction_is_what_the_schema_says(output, row, prediction, line):
    writer, outputs = AnswerWriter(output, "v1.4.0"), np.array([row, row], dtype=np.float32).tolist()
    answer = json.loads(writer.json(outputs))
    assert answer == {"predictions": [prediction, prediction], "model_version": "v1.4.0"}
    assert writer.csv(outputs).decode() == f"{line}\n{line}\n"


def test_a_flag_follows_the_number_that_is_shown():
    writer = AnswerWriter(Probability(event="late", meaning="", threshold=0.3), "v1")
    (prediction,) = json.loads(writer.json(np.array([[0.7, 0.29999998]], dtype=np.float32).tolist()))[
        "predictions"
    ]
    assert prediction == {"probability": 0.3, "late": True}
