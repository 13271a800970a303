"""What a command takes is its own and its descendants', whoever measures it."""

import os
import sys

import pytest

from tools.demo.run import ROOT
from tools.meter import MeterError, cpu, used

_MEBIBYTE = 2**20
# A third of a second of CPU: more than a start takes.
_BUSY = "import time\nwhile time.process_time() < 0.3: pass"


def python(program, folder, **more):
    return used((sys.executable, "-IS", "-c", program), os.environ, folder, **more)


def test_the_memory_of_a_command_is_not_that_of_whoever_started_it(tmp_path):
    """`ru_maxrss` of a process begins with what its parent held."""
    held = bytearray(os.urandom(1)) * (200 * _MEBIBYTE)
    assert python("pass", tmp_path).mebibytes < 60
    del held


def test_the_memory_of_a_command_is_the_largest_of_its_processes(tmp_path):
    child = f"held = bytearray(b'x') * (100 * {_MEBIBYTE})"
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-IS', '-c', {child!r}], check=True)"
    assert 100 < python(program, tmp_path).mebibytes < 160


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process take orphans over")
def test_the_cpu_of_a_descendant_counts_that_outlives_its_command(tmp_path):
    program = f"import subprocess, sys; subprocess.Popen([sys.executable, '-IS', '-c', {_BUSY!r}])"
    assert python(program, tmp_path).seconds > 0.3


def test_what_a_command_writes_is_handed_on(tmp_path):
    taken = python("import os, sys; print(os.getcwd()); print('aside', file=sys.stderr)", tmp_path)
    assert taken.output == f"{tmp_path.resolve()}\n"


def test_a_command_that_fails_is_told_with_its_status_and_its_last_words(tmp_path):
    with pytest.raises(MeterError, match=r"ended with status 3:\nto stdout\nto stderr$"):
        python("import sys; print('to stdout'); sys.exit(print('to stderr', file=sys.stderr) or 3)", tmp_path)


def test_a_status_that_is_allowed_is_no_failure(tmp_path):
    assert python("import sys; sys.exit(3)", tmp_path, allowed=(0, 3)).output == ""


def test_a_command_that_takes_too_long_is_told_with_the_limit(tmp_path):
    with pytest.raises(MeterError, match="took longer than 0 s"):
        python("import sys; sys.stdin.read()", tmp_path, limit=0.01)


def test_a_command_that_there_is_not_cannot_be_measured(tmp_path):
    with pytest.raises(MeterError, match=r"could not be measured:\n(.|\n)*FileNotFoundError"):
        cpu((str(tmp_path / "nothing"),), os.environ, tmp_path)


def test_no_other_piece_of_benchmarks_and_tools_takes_the_kernels_figure_for_a_programs_memory():
    pieces = [path for room in ("benchmarks", "tools") for path in (ROOT / room).rglob("*.py")]
    assert [path.name for path in pieces if "maxrss" in path.read_text(encoding="utf-8")] == ["meter.py"]
