"""When what was counted is there to be seen, and what workers count together."""

import pytest
from prometheus_client import multiprocess

from pipelines.server.metrics import BATCH, FOLDER, Metrics

NOBODY = 2**22 + 1  # beyond Linux's largest pid


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


def answer(metrics, status=200):
    metrics.begin()
    metrics.end(status, 0.02)


def test_who_looks_sees_every_number_up_to_now():
    metrics = Metrics()
    for status in (200, 200, 400):
        answer(metrics, status)
    metrics.predicted(3, {"dest": 2})
    metrics.begin()

    for _ in range(2):
        lines = metrics.text().decode().splitlines()
        assert {
            'model_requests_total{status="200"} 2.0',
            'model_requests_total{status="400"} 1.0',
            'model_request_seconds_bucket{le="0.01"} 0.0',
            'model_request_seconds_bucket{le="0.025"} 3.0',
            "model_rows_total 3.0",
            'model_unseen_categories_total{feature="dest"} 2.0',
            "model_requests_in_flight 1.0",
        } <= set(lines)


@pytest.mark.parametrize(("answers", "counted"), [(BATCH - 1, 0), (BATCH, BATCH), (2 * BATCH + 1, 2 * BATCH)])
def test_where_nobody_looks_no_more_than_a_batch_is_kept(answers, counted):
    metrics = Metrics()
    for _ in range(answers):
        answer(metrics)
    assert metrics._requests.labels(200)._value.get() == counted


def test_a_worker_whose_numbers_others_show_counts_at_once(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER, str(tmp_path))
    metrics = Metrics()
    answer(metrics)
    metrics.predicted(3, {})
    answer(metrics)
    metrics.begin()
    assert [
        each._value.get() for each in (metrics._requests.labels(200), metrics._rows, metrics._in_flight)
    ] == [
        2,
        3,
        1,
    ]
