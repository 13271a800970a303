"""What stands in for a platform's cache: a clone begins with every environment that this checkout has."""

import subprocess

import pytest

from tests.ci.runs.runners import GITHUB, machine_variables
from tests.ci.warm import warm
from tests.conftest import CHECKOUT
from tools.setup import environments

pytestmark = pytest.mark.stacks


def test_a_warm_clone_has_nothing_left_to_install(checkout, tmp_path):
    clone = checkout.branch(tmp_path / "clone", {}, GITHUB)
    present = [
        each for each in environments.BESIDES if (CHECKOUT / environments.BESIDES[each].folder).is_dir()
    ]

    warm(clone.folder, CHECKOUT)

    assert "data" in present, "`make setup-data` makes it, which `make test` begins with"
    for name in present:
        done = subprocess.run(
            ["make", "--no-print-directory", f"setup-{name}"],
            cwd=clone.folder, env=machine_variables(), capture_output=True, text=True, check=True, timeout=300,
        )  # fmt: skip
        assert f"{environments.BESIDES[name].folder}: up to date" in done.stderr
