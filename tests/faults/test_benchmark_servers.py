"""What the benchmark of the model server starts and reads, when that fails."""

import json

import msgspec
import psutil
import pytest

from benchmarks.measurements.model_server import _model, _started
from benchmarks.world import World
from pipelines.server.artifact import SCHEMA_FILE
from pipelines.server.schema import Schema
from tests.faults.model_server import Server, extract
from tools.demo.run import Demo, StepError

pytestmark = [pytest.mark.faults, pytest.mark.timeout(60)]

NO_CORE = 1 << 20


def test_a_server_that_ends_before_it_answers_is_told_at_once_with_its_status(tmp_path):
    core = psutil.Process().cpu_affinity()[0]
    with pytest.raises(StepError, match=r"^the server for port \d+ ended with 1 before it answered$"):
        _started("pipelines.no_such_server", tmp_path, core).__enter__()


def test_a_server_that_gets_no_core_of_its_own_is_ended(tmp_path):
    before = psutil.Process().children()
    with pytest.raises(ValueError, match="CPU"):
        _started("pipelines.server", tmp_path, NO_CORE).__enter__()
    assert psutil.Process().children() == before


@pytest.mark.parametrize(("module", "counted"), [("pipelines.server", "1.0"), ("benchmarks.unmetered", None)])
def test_the_server_without_metrics_is_the_same_but_that_it_counts_nothing(tmp_path, module, counted):
    extract(tmp_path)
    core = psutil.Process().cpu_affinity()[0]
    row = msgspec.json.decode((tmp_path / SCHEMA_FILE).read_bytes(), type=Schema).self_check.instance
    with _started(module, tmp_path, core) as port:
        server = Server(None, port, None)
        (prediction,) = server.invoke(json.dumps(row)).document["predictions"]
        text = server.ask("GET", "/metrics").body.decode()
    lines = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert set(prediction) == {"probability", "late"}
    assert lines.get('model_requests_total{status="200"}') == counted
    assert ('model_prediction_probability_bucket{le="1.0"}' in lines) == bool(counted)


@pytest.mark.parametrize(
    "instances", [["flights-prod-v1-1", "flights-staging-v1-2"], ["flights-staging-v1-9"]]
)
def test_the_model_that_is_measured_is_one_of_stagings(tmp_path, instances):
    for name in instances:
        (tmp_path / "instances" / name / "model").mkdir(parents=True)
    world = World(demo=Demo(home=tmp_path, environ={}), first_up=0.0, first_up_said="")
    assert _model(world) == tmp_path / "instances" / instances[-1] / "model"


def test_a_sandbox_in_which_staging_serves_nothing_has_no_model_to_measure(tmp_path):
    (tmp_path / "instances" / "flights-prod-v1-1" / "model").mkdir(parents=True)
    with pytest.raises(StepError, match="no model server of flights-staging runs"):
        _model(World(demo=Demo(home=tmp_path, environ={}), first_up=0.0, first_up_said=""))
