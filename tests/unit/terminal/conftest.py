import pytest


class Clock:
    """Time that passes when a test says so."""

    seconds = 1000.0

    def monotonic(self):
        return self.seconds


@pytest.fixture
def clock_of(monkeypatch):
    """Gives a module a clock of its own: `clock_of(steps)`."""

    def replaced(module):
        clock = Clock()
        monkeypatch.setattr(module, "time", clock)
        return clock

    return replaced
