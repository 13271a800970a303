"""Tests that are steps of one sequence: each goes on from where the one before ended, in whatever order they are run.

A module says so by `pytest.mark.sequence`. Its steps are taken in the order in which they stand in it, each once: a test that runs
alone, or before its turn, takes the steps before it first, and one whose step was taken reports how that ended.
"""

import inspect

import pytest


@pytest.fixture(scope="module")
def steps_taken():
    """How each step of a module ended, None where well: as long as the stack that they were taken with."""
    return {}


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    if pyfuncitem.get_closest_marker("sequence") is None:
        return None
    assert not hasattr(pyfuncitem, "callspec"), "a step of a sequence has no parameters: it is taken once"
    request = pyfuncitem._request
    taken = request.getfixturevalue("steps_taken")
    for name, step in steps(pyfuncitem.module):
        if name not in taken:
            taken[name] = _taken(step, request)
        if name == pyfuncitem.name:
            break
    if error := taken[pyfuncitem.name]:
        raise error
    return True


def steps(module):
    """A module's tests, in the order in which they stand."""
    return [
        (n, step) for n, step in vars(module).items() if n.startswith("test_") and inspect.isfunction(step)
    ]


def _taken(step, request):
    """Take a step; what it ended with, if not well. Whether the next one can go on is for that one to show."""
    try:
        step(**{name: request.getfixturevalue(name) for name in inspect.signature(step).parameters})
    except (Exception, pytest.skip.Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - its own test raises it
        return error
    return None
