"""What a command of `make up` that failed is told by."""

import subprocess
import sys

import pytest

from tools.demo.run import Command, StepError

OUTPUTS = "\n".join(f"  - output{number}: 1" for number in range(30))
UP = f"""Updating (edge-staging):
    ~  modeldelivery:index:Route updating (0s)
Diagnostics:
  modeldelivery:index:Route (flights-edge-staging):
    error: who delivers is decided once

Outputs:
{OUTPUTS}

Resources:
    42 unchanged
    1 errored

Duration: 8s
"""


def failed(output, tmp_path):
    """A command that writes this, and ends with 1."""
    program = f"import sys; sys.stdout.write({output!r}); sys.exit(1)"
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    return Command(command=("pulumi", "up"), process=process, log=tmp_path / "up.log")


def test_of_an_engine_that_failed_its_reasons_are_told_and_not_its_counts(tmp_path):
    with pytest.raises(StepError) as told:
        failed(UP, tmp_path).output()

    assert "who delivers is decided once" in str(told.value)
    assert "output29" not in str(told.value)
    assert (tmp_path / "up.log").read_text().endswith(UP)


def test_of_another_program_that_failed_its_last_lines_are_told(tmp_path):
    with pytest.raises(StepError, match="the reason"):
        failed("much\n" * 40 + "the reason\n", tmp_path).output()
