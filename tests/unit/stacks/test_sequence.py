"""Steps of a sequence pass alone and in any order, and a step that fails is the one that is told."""

import pytest

pytest_plugins = ["pytester"]

SEQUENCE = """
import pytest

pytestmark = pytest.mark.sequence

@pytest.fixture(scope="module")
def road():
    return []

def test_first(road):
    road.append("first")
    assert road == ["first"]

def test_second(road):
    road.append("second")
    assert road == ["first", "second"]

def test_third(road, tmp_path):
    road.append("third")
    assert road == ["first", "second", "third"]
"""


@pytest.fixture
def run(pytester):
    """Runs tests of a sequence by their names, in that order: `run("third", "first")`; counts by outcome."""
    pytester.makeini("[pytest]\nmarkers = sequence")
    pytester.makeconftest("from tests.stacks.sequence import pytest_pyfunc_call, steps_taken")

    def run(*names, sequence=SEQUENCE):
        path = pytester.makepyfile(test_sequence=sequence)
        result = pytester.runpytest_inprocess("-p", "no:cacheprovider", *(f"{path}::test_{n}" for n in names))
        return {
            k: n for k, n in result.parseoutcomes().items() if k in {"passed", "failed", "skipped", "errors"}
        }

    return run


@pytest.mark.parametrize(
    "names", [["third"], ["second", "first"], ["third", "second", "first"], ["first", "third", "second"]]
)
def test_steps_pass_alone_and_in_any_order(run, names):
    assert run(*names) == {"passed": len(names)}


@pytest.mark.parametrize("failing", ["assert False", "raise OSError", "pytest.raises(OSError, list)"])
def test_a_step_that_fails_fails_its_own_test_whenever_it_is_taken(run, failing):
    broken = SEQUENCE.replace('assert road == ["first", "second"]', failing)
    assert run("third", "second", "first", sequence=broken) == {"passed": 2, "failed": 1}


def test_a_step_that_is_skipped_is_skipped_in_its_own_test(run):
    skipped = SEQUENCE.replace('assert road == ["first", "second"]', 'pytest.skip("not here")')
    assert run("third", "second", "first", sequence=skipped) == {"passed": 2, "skipped": 1}


def test_a_step_with_parameters_is_refused(run):
    many = SEQUENCE.replace(
        "def test_first(road)", '@pytest.mark.parametrize("n", [1])\ndef test_first(road, n)'
    )
    assert run("first", sequence=many) == {"failed": 1}
