"""A dashboard's body is held to CloudWatch's structure: each error with its path, and nothing is kept of one that has any."""

import json

import pytest

from sandbox.alarms.dashboards import refuse_invalid
from sandbox.refusal import RefusedError

ALARM = "arn:aws:cloudwatch:eu-west-1:222222222222:alarm:a"


def metric(*rows, **properties):
    return {
        "type": "metric",
        "properties": {"region": "eu-west-1", "metrics": [list(row) for row in rows]} | properties,
    }


def text(**properties):
    return {"type": "text", "properties": {"markdown": "words"} | properties}


ROW = ("AWS/SageMaker", "Invocations", "EndpointName", "flights-prod")


@pytest.mark.parametrize(
    "widget",
    [
        text(),
        metric(ROW),
        metric((*ROW, {"stat": "p99", "label": "l", "id": "m1", "period": 300})),
        metric(ROW, ("...", "flights-staging"), (".", ".", ".", ".", {"stat": "Sum"})),
        metric((*ROW, {"id": "m1", "visible": False}), ({"expression": "m1 / 60", "label": "a second"},)),
        {"type": "metric", "properties": {"region": "eu-west-1", "annotations": {"horizontal": []}}},
        {"type": "alarm", "properties": {"title": "t", "alarms": [ALARM]}},
        text() | {"x": 23, "y": 1000, "width": 24, "height": 1},
    ],
)
def test_what_aws_takes_is_taken(widget):
    refuse_invalid(json.dumps({"widgets": [widget]}))


WRONG = {
    "no type": ({"properties": {}}, "/widgets/0/type"),
    "a type that is none": ({"type": "graph", "properties": {}}, "/widgets/0/type"),
    "a type that is not known here": ({"type": "log", "properties": {}}, "the sandbox knows"),
    "no properties": ({"type": "text"}, "Should have required property 'properties'"),
    "a widget that is no object": ("text", "/widgets/0"),
    "a key that is none": (text() | {"deep": 3}, "/widgets/0/deep"),
    "too wide": (text() | {"width": 25}, "/widgets/0/width"),
    "beyond the columns": (text() | {"x": 24}, "/widgets/0/x"),
    "a height that is no number": (text() | {"height": "6"}, "/widgets/0/height"),
    "a height that is a truth": (text() | {"height": True}, "/widgets/0/height"),
    "no region": ({"type": "metric", "properties": {"metrics": [list(ROW)]}}, "required property 'region'"),
    "nothing drawn": (
        {"type": "metric", "properties": {"region": "eu-west-1"}},
        "'metrics' or 'annotations'",
    ),
    "a view that is none": (metric(ROW, view="lines"), "/widgets/0/properties/view"),
    "a period that is none": (metric(ROW, period=61), "/widgets/0/properties/period"),
    "a period of nothing": (metric(ROW, period=0), "/widgets/0/properties/period"),
    "a row's statistic": (metric((*ROW, {"stat": "Mean"})), "/widgets/0/properties/metrics/0/stat"),
    "a row's option": (metric((*ROW, {"lbl": "x"})), "/widgets/0/properties/metrics/0/lbl"),
    "a row without a metric": (metric(("AWS/SageMaker",)), "/widgets/0/properties/metrics/0"),
    "a dimension without a value": (metric(ROW[:3]), "/widgets/0/properties/metrics/0"),
    "an empty row": (metric(()), "/widgets/0/properties/metrics/0"),
    "an id that is none": (metric((*ROW, {"id": "M1"})), "/widgets/0/properties/metrics/0/id"),
    "an id twice": (metric((*ROW, {"id": "m"}), (*ROW, {"id": "m"})), "/widgets/0/properties/metrics/1/id"),
    "an expression beside a metric": (metric((*ROW, {"expression": "1"})), "stand alone"),
    "no alarm": ({"type": "alarm", "properties": {"alarms": []}}, "/widgets/0/properties/alarms"),
    "an alarm's name": ({"type": "alarm", "properties": {"alarms": ["a"]}}, "/widgets/0/properties/alarms/0"),
    "words that are none": (text(markdown=1), "markdown"),
}


@pytest.mark.parametrize(("widget", "sentence"), WRONG.values(), ids=WRONG)
def test_what_aws_refuses_is_refused_with_its_path(widget, sentence):
    with pytest.raises(RefusedError, match="there are 1 validation errors") as refused:
        refuse_invalid(json.dumps({"widgets": [text(), widget]}))
    assert sentence.replace("/widgets/0", "/widgets/1") in str(refused.value)
    assert refused.value.code == "InvalidParameterInput"


@pytest.mark.parametrize("body", ["{", "[]", '"x"', "{}", '{"widgets": {}}'])
def test_a_body_that_is_no_dashboard_is_refused(body):
    with pytest.raises(RefusedError):
        refuse_invalid(body)


def test_every_error_is_told_at_once():
    with pytest.raises(RefusedError, match="there are 2 validation errors"):
        refuse_invalid(json.dumps({"widgets": [text(markdown=1), metric(ROW, view="lines")]}))
