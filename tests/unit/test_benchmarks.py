"""`make bench`: what the table says of what was not measured."""

from contextlib import nullcontext

import pytest

from benchmarks import __main__ as benchmarks
from benchmarks.row import Row, SkippedError
from tools.demo.run import StepError


def met(_world):
    return [Row(what="calls", measured=4, bar=5, unit="calls", made_of="one after the other")]


def not_here(_world):
    raise SkippedError("traefik is not there: `make setup-kubernetes` makes it")


def fails(_world):
    raise StepError("`make up` failed")


@pytest.fixture
def measured(monkeypatch, capsys):
    """What `make bench` ends with and prints, of these measurements."""

    def run(**measurements):
        monkeypatch.setattr(benchmarks, "MEASUREMENTS", measurements)
        monkeypatch.setattr(benchmarks, "made", lambda: nullcontext(None))
        monkeypatch.setattr("sys.argv", ["benchmarks"])
        return benchmarks._carry_out(), capsys.readouterr().out

    return run


def test_what_is_not_on_this_machine_is_skipped_aloud_and_fails_nothing(measured):
    status, output = measured(calls=met, cluster=not_here)

    assert status == 0
    assert "skipped: cluster: traefik is not there: `make setup-kubernetes` makes it" in output


def test_what_cannot_be_measured_fails(measured):
    status, output = measured(calls=met, up=fails)

    assert status == 1
    assert "failed: up: `make up` failed" in output
