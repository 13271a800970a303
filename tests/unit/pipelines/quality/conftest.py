"""A small model and what it predicted."""

import base64
import json
from types import SimpleNamespace

import numpy as np
import pytest

from pipelines.server.rows import RowReader
from pipelines.server.schema import Category, Classes, Number, Probability, Quantity, Schema, SelfCheck

FEATURES = (
    Category(name="carrier", meaning="airline", categories=("AA", "UA"), unseen="missing"),
    Number(name="wind", meaning="mph", minimum=0, maximum=200, nullable=True),
)
OUTPUTS = {
    "probability": Probability(event="late", meaning="late", threshold=0.5),
    "classes": Classes(meaning="species", classes=("setosa", "virginica")),
    "quantity": Quantity(name="minutes", meaning="delay, minutes"),
}


def model_of(output):
    schema = Schema(
        features=FEATURES,
        output=output,
        self_check=SelfCheck({"carrier": "AA", "wind": 3.0}, (0.5,) * output.width),
    )
    return SimpleNamespace(schema=schema, rows=RowReader(schema), digest="sha256:" + 64 * "1")


@pytest.fixture(scope="session")
def small():
    return model_of(OUTPUTS["probability"])


def line(
    identity="a",
    carriers=("AA",),
    probabilities=(0.25,),
    *,
    at="2026-01-02T03:04:05Z",
    moment=None,
    encoding="JSON",
    answer=None,
    request=True,
):
    """A captured line, as bytes."""

    def body(content):
        data = base64.b64encode(content.encode()).decode() if encoding == "BASE64" else content
        return {"observedContentType": "application/json", "mode": "", "data": data, "encoding": encoding}

    predictions = [{"probability": each, "late": each >= 0.5} for each in probabilities]
    kept = {
        "endpointOutput": body(json.dumps({"predictions": predictions}) if answer is None else answer),
    }
    if request:
        kept["endpointInput"] = body(json.dumps([{"carrier": each, "wind": 3.0} for each in carriers]))
    about = {"eventId": f"event-of-{identity}", "inferenceTime": at}
    if identity is not None:
        about["inferenceId"] = identity
    if moment:
        about["customAttributes"] = [moment]
    return json.dumps({"captureData": kept, "eventMetadata": about, "eventVersion": "0"}).encode()


def by_carrier(rows):
    return {"carrier": rows["carrier"]}


def days(text):
    return int(np.datetime64(text, "D").astype(int))
