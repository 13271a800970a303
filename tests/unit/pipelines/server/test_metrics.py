"""What workers count together."""

from prometheus_client import multiprocess

from pipelines.server.metrics import FOLDER, Metrics

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
