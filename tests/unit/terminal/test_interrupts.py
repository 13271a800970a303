"""Every signal that asks a program to end interrupts it, once a request."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest

from modeldelivery.terminal import interrupts
from modeldelivery.terminal.interrupts import ENDING, TOGETHER


@pytest.fixture
def clock(clock_of):
    return clock_of(interrupts)


@pytest.fixture
def watched(clock):  # noqa: ARG001 - its time
    before = {each: signal.getsignal(each) for each in ENDING}
    for each in ENDING:
        signal.signal(each, signal.SIG_DFL)
    interrupts.watch()
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


@pytest.mark.parametrize("each", ENDING)
@pytest.mark.usefixtures("watched")
def test_each_of_them_interrupts(each):
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), each)


@pytest.mark.usefixtures("watched")
def test_several_at_once_are_one_request(clock):
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGTERM)
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        clock.seconds += TOGETHER / 4
        os.kill(os.getpid(), each)


@pytest.mark.usefixtures("watched")
def test_a_later_one_is_another(clock):
    for _ in range(2):
        clock.seconds += TOGETHER
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.usefixtures("watched")
def test_one_that_comes_while_they_are_held_interrupts_when_they_are_released():
    interrupts.hold()
    os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt):
        interrupts.release()
    interrupts.release()


@pytest.mark.usefixtures("watched")
def test_at_the_end_nothing_interrupts():
    interrupts.ignore()
    for each in ENDING:
        os.kill(os.getpid(), each)


def test_what_a_shell_made_ignored_stays_ignored():
    """`nohup`, and SIGINT of what a script put into the background."""
    script = """\
        import os, signal
        from modeldelivery.terminal import interrupts
        interrupts.watch()
        os.kill(os.getpid(), signal.SIGHUP)
        print("went on")
    """
    ended = subprocess.run(
        ["bash", "-c", 'trap "" HUP; exec "$0" -c "$1"', sys.executable, textwrap.dedent(script)],
        capture_output=True,
        check=False,
        text=True,
    )

    assert (ended.returncode, ended.stdout) == (0, "went on\n")
