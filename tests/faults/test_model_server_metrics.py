"""What a real model server tells at `/metrics`: every series of the table and no other, in a real scrape, whatever the model."""

import json

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sklearn.datasets import load_diabetes

from pipelines.flights.samples import sample
from pipelines.server.metric_table import SERVER_METRICS, UNSEEN
from sandbox.archive import unpack
from tests.faults.model_server import archive, serving, until
from tests.models import diabetes, iris

pytestmark = pytest.mark.faults


def flights():
    """A model of a probability: its archive, a good row, and changes that are refused."""
    row = {**sample(1)[0], "temp": None, "dest": "ZZZ"}
    return archive(), row, [{**row, "weekday": 8}, {**row, "distance": -1}, {**row, "origin": "BOS"}]


def irises():
    """A model of classes."""
    row = iris.instances(1)[0][0]
    return iris.train(), row, [{**row, "petal_width": 99}, {**row, "petal_width": None}]


def progression():
    """A model of a number."""
    row = dict.fromkeys(load_diabetes().feature_names, 0.01)
    return diabetes.train(), row, [{**row, "age": -2}]


MODELS = {"probability": flights, "classes": irises, "number": progression}


class Scrape:
    """One answer of `/metrics`."""

    def __init__(self, server):
        text = server.ask("GET", "/metrics").body.decode()
        self.families = {each.name: each for each in text_string_to_metric_families(text)}
        self._samples = [sample for each in self.families.values() for sample in each.samples]

    def total(self, name, **labels):
        """Of all samples of a name that have these labels; None without one."""
        values = [
            sample.value
            for sample in self._samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]
        return sum(values) if values else None

    def labels(self, name):
        return {frozenset(sample.labels) - {"le"} for sample in self._samples if sample.name.startswith(name)}


@pytest.mark.parametrize(("kind", "workers"), [("probability", "1"), ("classes", "1"), ("number", "2")])
def test_a_scrape_holds_every_series_of_the_table_and_no_other_of_ours(kind, workers, tmp_path):
    data, row, refused = MODELS[kind]()
    unpack(data, tmp_path / "model")
    environ = {"SAGEMAKER_MODEL_SERVER_WORKERS": workers, "MODEL_VERSION": "v1.4.0"}
    with serving(tmp_path / "model", tmp_path, **environ) as server:
        until(lambda: server.log.read_text().count(" serving ") == int(workers), "loaded")
        for count in (1, 3, 100):
            assert server.invoke(json.dumps([row] * count)).status == 200
        assert {server.invoke(json.dumps(each)).status for each in refused} == {400}
        until(lambda: Scrape(server).total("model_requests_total") == 3 + len(refused), "counted")
        scrape = Scrape(server)
        assert server.stop() == 0  # workers outlive a parent that is killed

    table = {metric for metric in SERVER_METRICS if metric.output in {"", kind}}
    if kind != "probability":
        table.remove(UNSEEN)  # these models have no categories
    ours = {
        name: each for name, each in scrape.families.items() if name.startswith("model_") and each.samples
    }
    assert {name: (each.type, each.documentation) for name, each in ours.items()} == {
        metric.name.removesuffix("_total"): (metric.kind, metric.help) for metric in table
    }
    for metric in table:
        assert scrape.labels(metric.name) == {frozenset(metric.labels)}

    assert scrape.total("model_info", version="v1.4.0") == 1
    assert 0 < scrape.total("model_load_seconds") < 60
    assert scrape.total("model_draining") == 0
    assert scrape.total("model_rows_total") == 104
    assert scrape.total("model_batch_rows_count") == 3
    assert scrape.total("model_batch_rows_bucket", le="5.0") == 2
    predictions = {
        "probability": "model_prediction_probability_count",
        "classes": "model_prediction_class_total",
        "number": "model_prediction_value_count",
    }
    assert scrape.total(predictions[kind]) == 104
    faults = {
        "probability": {
            ("model_feature_missing_total", "temp"): 104,
            ("model_unseen_categories_total", "dest"): 104,
            ("model_unseen_categories_total", "origin"): 1,
            ("model_feature_out_of_range_total", "weekday"): 1,
            ("model_feature_out_of_range_total", "distance"): 1,
        },
        "classes": {
            ("model_feature_out_of_range_total", "petal_width"): 1,
            ("model_feature_missing_total", "petal_width"): 1,
        },
        "number": {("model_feature_out_of_range_total", "age"): 1},
    }
    for (name, feature), count in faults[kind].items():
        assert scrape.total(name, feature=feature) == count


def test_a_server_that_drains_says_so_until_it_ends(tmp_path):
    unpack(archive(), tmp_path / "model")
    with serving(tmp_path / "model", tmp_path) as server:
        until(lambda: server.ping().status == 200, "healthy")
        connection = server.connect()
        connection.putrequest("POST", "/invocations")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", "10")
        connection.endheaders()
        until(lambda: Scrape(server).total("model_requests_in_flight") == 1, "in flight")
        server.process.terminate()
        until(lambda: Scrape(server).total("model_draining") == 1, "draining")
        connection.close()
        assert server.process.wait(300) == 0
