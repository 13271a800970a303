"""What `make check` leaves to `make soak`, and how much further that looks."""

import re
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, settings

from tests.conftest import CHECKOUT
from tests.examples import FINDINGS, PART, TIMES, USUAL, examples


def pytest_says(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def collected(*arguments):
    return set(re.findall(r"^tests/\S+::.*$", pytest_says("--collect-only", *arguments), re.MULTILINE))


@pytest.mark.slow
def test_a_plain_run_leaves_out_what_make_soak_runs():
    plain, soak = collected("tests/model"), collected("-m", "soak", "tests/model")
    assert min(len(plain), len(soak)) > 0
    assert plain.isdisjoint(soak)


@pytest.mark.slow
def test_make_soak_tries_more_examples_of_the_very_claims_that_make_check_tries():
    output = pytest_says(
        *("-m", "soak or hypothesis", "--hypothesis-profile=soak", "--hypothesis-seed=0"),
        *("--hypothesis-show-statistics", "tests/unit/sandbox/test_routes.py"),
    )
    assert f"Stopped because settings.max_examples={USUAL * TIMES}\n" in output


@pytest.fixture
def profile():
    """Loads a profile for one test: `profile("soak")`."""
    before = settings.get_current_profile_name()
    yield settings.load_profile
    settings.load_profile(before)


@pytest.mark.parametrize(("name", "times"), [("check", PART), ("soak", TIMES)])
def test_a_claims_own_number_of_examples_grows_with_the_profile(profile, name, times):
    profile(name)
    assert (examples(250), settings().max_examples) == (250 * times, USUAL * times)


def test_make_check_tries_the_same_examples_each_time(profile):
    profile("check")
    assert settings().derandomize


@pytest.mark.parametrize("name", ["check", "soak"])
def test_no_claim_fails_by_the_time_that_its_examples_take_on_a_busy_machine(profile, name):
    profile(name)
    assert settings().deadline is None
    assert HealthCheck.too_slow in settings().suppress_health_check


def test_what_make_soak_finds_is_kept_and_make_check_keeps_nothing(profile):
    profile("soak")
    assert settings().database.path == FINDINGS
    profile("check")
    assert settings().database is None
