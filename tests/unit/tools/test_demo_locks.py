"""A lock of Pulumi's that nobody holds any more is told from one of an engine that is at work."""

import json
import os

import pytest

from tools.demo import locks

NOBODY = 2**22 + 1  # beyond what Linux and macOS give out


@pytest.fixture
def lock(tmp_path):
    """Writes a lock of staging's, as Pulumi's file backend does, or with another text."""
    folder = tmp_path / ".pulumi" / "locks" / "organization" / "model-delivery" / "staging"

    def write(pid, text=None):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{pid}.json").write_text(text or json.dumps({"pid": pid, "username": "ada"}))
        return folder / f"{pid}.json"

    return write


class Clock:
    """Passes when it is waited for."""

    def __init__(self):
        self.seconds = 0.0

    def monotonic(self):
        return self.seconds

    def sleep(self, seconds):
        self.seconds += seconds


@pytest.fixture
def clock(monkeypatch):
    own = Clock()
    monkeypatch.setattr(locks, "time", own)
    return own


def test_no_lock_is_left_where_there_is_none(tmp_path):
    assert locks.left(tmp_path, "staging") is False


def test_a_lock_of_an_engine_that_was_killed_is_left(tmp_path, lock):
    lock(NOBODY)
    assert locks.left(tmp_path, "staging") is True
    assert locks.left(tmp_path, "prod") is False


def test_a_pid_that_another_program_has_now_holds_no_lock(tmp_path, lock):
    lock(os.getpid())
    assert locks.left(tmp_path, "staging") is True


def test_a_lock_that_was_cut_off_is_left(tmp_path, lock):
    lock(NOBODY, '{"pid": 1')
    assert locks.left(tmp_path, "staging") is True


def test_an_engine_that_is_at_work_is_waited_for(tmp_path, lock, monkeypatch, clock):
    held = lock(NOBODY)
    looks = []

    def works(pid):
        looks.append(pid)
        if len(looks) == 3:
            held.unlink()
        return True

    monkeypatch.setattr(locks, "_works", works)
    assert locks.left(tmp_path, "staging") is False
    assert clock.seconds > 0


def test_an_engine_that_does_not_end_is_named(tmp_path, lock, monkeypatch, clock):
    lock(NOBODY)
    monkeypatch.setattr(locks, "_works", lambda _: True)
    with pytest.raises(locks.AtWorkError, match=rf"pid {NOBODY}\) has been at work on staging for 120 s"):
        locks.left(tmp_path, "staging")
    assert clock.seconds >= 120
