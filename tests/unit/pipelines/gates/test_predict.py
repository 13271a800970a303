"""A model answers examples as it would answer requests."""

import numpy as np
import pytest
from onnx import TensorProto, helper

from pipelines.flights import features
from pipelines.gates import predict as module
from pipelines.gates.predict import NotPredictedError, predict
from pipelines.server.model import Model, open_session
from pipelines.server.rows import RowReader
from pipelines.server.schema import TENSOR_IN, TENSOR_OUT


def test_predictions_are_those_of_the_server_in_the_order_of_the_rows(made, model, monkeypatch):
    monkeypatch.setattr(module, "BATCH", 70)
    frame = made.evaluation[:200]
    _, expected = model.predict(features.encode(frame, model.schema.features))
    np.testing.assert_array_equal(predict(model, frame), np.array(expected, np.float32))


def test_a_model_that_takes_fewer_rows_at_once_is_asked_more_often(made, model, monkeypatch):
    frame = made.evaluation[:200]
    expected = predict(model, frame)
    monkeypatch.setattr(model.rows, "most_rows", 70)
    np.testing.assert_array_equal(predict(model, frame), expected)


def test_a_column_that_the_model_asks_for_and_the_examples_lack_is_named(made, model):
    with pytest.raises(NotPredictedError, match=r"it asks for (humid, temp|temp, humid), which"):
        predict(model, made.evaluation[:5].drop(columns=["temp", "humid"]))


def test_a_column_that_the_model_does_not_know_is_not_sent_to_it(made, model):
    assert predict(model, made.evaluation[:5].assign(gate="A4")).shape == (5, 2)


def test_a_row_that_the_reader_refuses_is_named_by_its_place(made, model, monkeypatch):
    monkeypatch.setattr(module, "BATCH", 3)
    frame = made.evaluation[:5].assign(origin=["JFK", "JFK", "JFK", "JFK", "HPN"])
    with pytest.raises(
        NotPredictedError, match=r"refuses row 1, field 'origin': .*\(row 4 of the examples\)"
    ):
        predict(model, frame)


def test_a_prediction_that_is_no_number_is_refused_with_its_row(made, model):
    with pytest.raises(NotPredictedError, match=r"it predicts \[nan, nan\] for row 2 of the examples"):
        predict(_with_the_temperature_as_answer(model), made.evaluation[:5].assign(temp=[1, 2, None, 4, 5]))


def _with_the_temperature_as_answer(model):
    """A model that answers with the temperature, twice."""
    place = model.schema.names.index("temp")
    nodes = [
        helper.make_node("Constant", [], ["place"], value_ints=[place, place]),
        helper.make_node("Gather", [TENSOR_IN, "place"], [TENSOR_OUT], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "nan",
        [helper.make_tensor_value_info(TENSOR_IN, TensorProto.FLOAT, [None, len(model.schema.names)])],
        [helper.make_tensor_value_info(TENSOR_OUT, TensorProto.FLOAT, [None, 2])],
    )
    whole = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return Model(model.schema, RowReader(model.schema), "", open_session(whole.SerializeToString()))
