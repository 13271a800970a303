"""When what was counted is there to be seen, and what workers count together."""

import numpy as np
import pytest
from prometheus_client import multiprocess

from pipelines.server.metrics import BATCH, FOLDER, SOON, Metrics
from pipelines.server.rows import Batch
from pipelines.server.schema import Category, Number, Quantity, Schema, SelfCheck

NOBODY = 2**22 + 1  # beyond Linux's largest pid
SCHEMA = Schema(
    features=(
        Category(name="dest", meaning="", categories=("ATL",), unseen="missing"),
        Number(name="temp", meaning="", minimum=-60, maximum=130, nullable=True),
    ),
    output=Quantity(name="price", meaning=""),
    self_check=SelfCheck({}, (0.5,)),
)


def test_two_workers_may_forget_the_same_dead_one(tmp_path, monkeypatch):
    """Whoever comes second finds its files gone between looking and removing."""
    monkeypatch.setenv(FOLDER, str(tmp_path))
    left = tmp_path / f"gauge_livesum_{NOBODY}.db"
    left.touch()
    forget, forgotten = multiprocess.mark_process_dead, []

    def second(pid):
        forgotten.append(pid)
        forget(pid)
        left.unlink()

    monkeypatch.setattr(multiprocess, "mark_process_dead", second)
    Metrics()
    assert forgotten == [NOBODY]


def loaded(later=None):
    metrics = Metrics(later)
    metrics.loaded("v1.4.0", "sha256:0", SCHEMA, 0.25)
    return metrics


def answer(metrics, status=200, prediction=None):
    metrics.begin()
    metrics.end(status, 0.02, prediction)


def predict(metrics, rows, **unseen):
    batch = Batch(np.zeros((rows, 2), dtype=np.float32), unseen)
    answer(metrics, 200, (batch, np.zeros((rows, 1), dtype=np.float32)))


def lines(metrics, *, draining=False):
    return set(metrics.text(draining=draining).decode().splitlines())


def test_who_looks_sees_every_number_up_to_now():
    metrics = loaded()
    for status in (200, 400):
        answer(metrics, status)
    predict(metrics, 3, dest=2)
    metrics.begin()

    for _ in range(2):
        assert {
            'model_requests_total{status="200"} 2.0',
            'model_requests_total{status="400"} 1.0',
            'model_request_seconds_bucket{le="0.01"} 0.0',
            'model_request_seconds_bucket{le="0.025"} 3.0',
            "model_rows_total 3.0",
            'model_batch_rows_bucket{le="2.0"} 0.0',
            'model_batch_rows_bucket{le="5.0"} 1.0',
            'model_unseen_categories_total{feature="dest"} 2.0',
            "model_requests_in_flight 1.0",
            "model_load_seconds 0.25",
            'model_info{digest="sha256:0",version="v1.4.0"} 1.0',
        } <= lines(metrics)


def test_a_server_says_that_it_drains():
    metrics = Metrics()
    assert "model_draining 0.0" in lines(metrics)
    assert "model_draining 1.0" in lines(metrics, draining=True)


def test_before_a_model_is_loaded_nothing_is_said_of_one():
    metrics = Metrics()
    answer(metrics, 503)
    metrics.refused("dest", "missing")
    text = metrics.text(draining=False).decode()
    assert 'model_requests_total{status="503"} 1.0' in text
    assert not [
        name
        for name in ("model_load_seconds", "model_info", "model_feature", "model_prediction")
        if name in text
    ]


@pytest.mark.parametrize(("answers", "counted"), [(BATCH - 1, 0), (BATCH, BATCH), (2 * BATCH + 1, 2 * BATCH)])
def test_where_nobody_looks_no_more_than_a_batch_is_kept(answers, counted):
    metrics = Metrics()
    for _ in range(answers):
        answer(metrics)
    assert metrics._requests.labels(200)._value.get() == counted


def test_a_worker_whose_numbers_others_show_counts_soon_and_is_in_flight_at_once(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER, str(tmp_path))
    timers = []
    metrics = loaded(lambda seconds, count: timers.append((seconds, count)))
    answer(metrics)
    predict(metrics, 3)
    metrics.begin()
    assert metrics._in_flight._value.get() == 1
    ((seconds, count),) = timers  # one for both
    assert seconds == SOON
    count()
    assert [each._value.get() for each in (metrics._requests.labels(200), metrics._rows)] == [2, 3]
    answer(metrics)
    assert len(timers) == 2


def test_a_process_that_alone_knows_its_numbers_sets_no_timer():
    timers = []
    answer(Metrics(lambda *timer: timers.append(timer)))
    assert timers == []
