"""What the person who waits sees of a step while it runs and when it ends; a pipe gets lines, a terminal one that is rewritten."""

import io
import re

import pytest

from modeldelivery.terminal import steps
from modeldelivery.terminal.steps import Step, step

CLEAR = "\r\x1b[K"


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(clock_of):
    return clock_of(steps)


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Terminal()


def uncoloured(text):
    return re.sub(r"\x1b\[\d+m", "", text)


def left(text):
    """What stands on the terminal in the end: a cleared line is gone."""
    lines = [line.rpartition(CLEAR)[2] for line in uncoloured(text).split("\n")]
    return [line for line in lines if line]


def test_a_terminal_is_left_with_one_line_a_step(terminal, clock):
    with step("Pulumi", terminal) as under_way:
        under_way.status("downloading")
        clock.seconds += 3
        under_way.status("unpacking")
        under_way.outcome("3.259.0")
    plain = uncoloured(terminal.getvalue())
    assert plain.startswith(f"{CLEAR}  … Pulumi: downloading, 0 s{CLEAR}  … Pulumi: unpacking, 3 s{CLEAR}")
    assert left(terminal.getvalue()) == ["  ✓ Pulumi: 3.259.0, 3.0 s"]


def test_a_line_that_is_to_stay_stays_and_ends_the_status_before_it(terminal):
    with step("Pulumi", terminal) as under_way:
        under_way.status("looking at PATH")
        under_way.say("the one on PATH is too old")
        under_way.status("downloading")
    assert left(terminal.getvalue()) == ["  … Pulumi: the one on PATH is too old", "  ✓ Pulumi"]


def test_a_pipe_hears_of_a_long_wait_now_and_then_and_of_a_short_one_not_at_all(clock):
    pipe = io.StringIO()
    with step("training", pipe) as under_way:
        for _ in range(100):
            clock.seconds += 0.5
            under_way.status("still at it")
    assert pipe.getvalue().splitlines() == [
        "  … training: still at it, 20 s",
        "  … training: still at it, 40 s",
        "  ✓ training: 50.0 s",
    ]


def ended_by(error, stream):
    with step("Pulumi", stream) as under_way:
        under_way.status("downloading")
        raise error


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_whatever_ends_a_step_marks_it_and_goes_on_to_whoever_asked(terminal, error):
    with pytest.raises(error):
        ended_by(error, terminal)
    assert left(terminal.getvalue()) == ["  ✗ Pulumi"]


@pytest.mark.parametrize(("method", "colour"), [(Step.finish, "\x1b[32m"), (Step.fail, "\x1b[31m")])
def test_the_marks_have_colours_unless_they_are_not_wanted(terminal, monkeypatch, method, colour):
    method(Step("Pulumi", terminal))
    assert colour in terminal.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    plain = Terminal()
    method(Step("Pulumi", plain))
    assert re.findall(r"\x1b\[\d+m", plain.getvalue()) == []


def test_a_terminal_that_rewrites_no_line_is_treated_as_a_pipe(terminal, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    with step("Pulumi", terminal) as under_way:
        under_way.status("downloading")
    assert terminal.getvalue() == "  ✓ Pulumi\n"
