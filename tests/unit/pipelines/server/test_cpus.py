import os

from pipelines.server.__main__ import cpus


def test_a_process_that_may_run_on_some_cpus_counts_those(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {2, 5}, raising=False)
    assert cpus() == 2


def test_a_system_that_cannot_say_so_counts_its_cpus(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert cpus() == 8
