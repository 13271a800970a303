"""How a command ends that did not come to its own end: the status and the sentence are true of what is recorded by then."""

import pytest

from .test_rollback import raises
from .world import V2, journal, rejection


def test_an_error_of_its_own_is_no_refusal(modelctl, world):
    world.store.unreachable = ZeroDivisionError("by zero")

    ended = modelctl("status")

    assert ended.status == 70
    assert "outcome unknown; look at `modelctl status`. ZeroDivisionError: by zero" in ended.err
    assert "Traceback" in ended.err


def test_after_a_rollbacks_record_it_does_not_hide_that_a_rerun_goes_on(modelctl, world):
    world.hosting.slow = 5
    world.time.on_wait.extend([raises(ZeroDivisionError("by zero"))])

    ended = modelctl("rollback", "--reason", "errors doubled")

    assert ended.status == 3
    assert "Traceback" in ended.err


@pytest.mark.parametrize(
    ("command", "arguments"),
    [("accept", ["v2.0.0", "--reason", "fine"]), ("adopt", ["--reason", "by hand"])],
)
def test_an_interrupt_after_the_record_does_not_say_that_nothing_was_recorded(
    modelctl, world, command, arguments
):
    world.store.journal = journal(
        rejections=(rejection(V2, "sha256:2"),) if command == "accept" else (), weights={}
    )
    world.store.faults.extend([raises(KeyboardInterrupt())])

    ended = modelctl(command, *arguments)

    assert ended.status == 130
    assert "interrupted; what was recorded stands: run the same command again" in ended.err
