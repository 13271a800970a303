"""Every other program of the project ends with its own status, too, whatever becomes of its output."""

import importlib.util
import os
import subprocess
import sys

import pytest

from tests.conftest import CHECKOUT

# Each as it ends at once, with the status that it then has.
PROGRAMS = {
    "a review": ("modeldelivery.review comment", 1),
    "the sandbox": ("sandbox status", 1),
    "the sandbox's help": ("sandbox --help", 0),
    "make up": ("tools.demo", 2),
}
# Each with something that it calls early, interrupted there.
INTERRUPTED = {
    "a review": ("modeldelivery.review.cli", "modeldelivery.review.cli.parse", "review: interrupted"),
    "the sandbox": ("sandbox.cli", "sandbox.cli._parser", "sandbox: interrupted"),
    "make up": ("tools.demo.__main__", "tools.demo.__main__._up", "make up: interrupted"),
    "make setup": ("tools.setup.__main__", "tools.setup.shell.entered", "Set-up: interrupted"),
    "the roles": ("tools.roles.__main__", "tools.roles.__main__.Site.open", "roles: interrupted"),
    "make model": ("tools.model.__main__", "argparse.ArgumentParser.parse_args", "model: interrupted"),
    "a promotion": ("tools.promotion", "tools.promotion.read", "promotion: interrupted"),
    "what follows from reports": (
        "tools.react.__main__",
        "argparse.ArgumentParser.parse_args",
        "react: interrupted",
    ),
    "the benchmarks": (
        "benchmarks.__main__",
        "argparse.ArgumentParser.parse_args",
        "benchmarks: interrupted",
    ),
}
INTERRUPT = """
import importlib, sys
from unittest.mock import patch
module, function = sys.argv[1:]
sys.argv = [module, "up"]
main = importlib.import_module(module).main
with patch(function, side_effect=KeyboardInterrupt):
    status = main()
sys.exit(status)
"""
HELPS = ["modeldelivery.review --help", "sandbox --help", "benchmarks --help"]
# Where a step is shown, a line of it cannot be written.
STEP = """
import sys
from modeldelivery.terminal import program
from modeldelivery.terminal.steps import step
program.begin()
with step("Python environment", sys.stdout) as under_way:
    for n in range(1000):
        under_way.say(f"→ compiling {n}")
sys.exit(7)
"""
REDIRECTED = [
    "| true; exit ${PIPESTATUS[0]}",
    "<&- >&- 2>&-",
    ">/dev/full 2>&1",
    "| head -1 >&2; exit ${PIPESTATUS[0]}",
]


def ended(words, redirected, folder, **variables):
    return subprocess.run(
        ["bash", "-c", f'"$@" {redirected}', "bash", sys.executable, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), "SANDBOX_HOME": str(folder / "sandbox"), **variables},
        capture_output=True,
        check=False,
    )


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_whose_output_goes_nowhere_ends_with_its_own_status(tmp_path, name):
    words, status = PROGRAMS[name]
    (tmp_path / "Pulumi.yaml").write_text("name: model-delivery\nruntime: python\n")

    for redirected in ("2>&1 | true; exit ${PIPESTATUS[0]}", "<&- >&- 2>&-"):
        ending = ended(["-m", *words.split()], redirected, tmp_path)
        assert (ending.returncode, b"Traceback" in ending.stderr) == (status, False), (
            redirected,
            ending.stderr,
        )


@pytest.mark.parametrize("redirected", REDIRECTED)
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_steps_go_on_where_nobody_sees_them(tmp_path, redirected, encoding):
    """`make setup | head`."""
    ending = ended(["-c", STEP], redirected, tmp_path, PYTHONIOENCODING=encoding)

    assert (ending.returncode, b"Traceback" in ending.stderr) == (7, False), ending.stderr


@pytest.mark.parametrize("name", INTERRUPTED)
def test_a_program_that_is_interrupted_ends_with_130_and_a_sentence_on_stderr(tmp_path, name):
    module, function, sentence = INTERRUPTED[name]

    ending = ended(["-c", INTERRUPT, module, function], "", tmp_path)

    assert ending.returncode == 130
    assert ending.stderr.decode().splitlines()[-1].startswith(sentence)
    assert b"Traceback" not in ending.stderr
    assert b"" not in ending.stdout.splitlines()


@pytest.mark.parametrize(
    "name",
    [
        "tools.model",
        "tools.react",
        "tools.year",
        "pipelines.data_drift",
        "pipelines.quality",
        "pipelines.publish",
        "pipelines.flights.play",
    ],
)
def test_a_programs_help_has_an_example_of_it_and_its_statuses(name, capsys):
    spec = importlib.util.find_spec(name)
    main = importlib.import_module(f"{name}.__main__" if spec.submodule_search_locations else name).main
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    told = capsys.readouterr().out
    assert ended.value.code == 0
    assert f"    python -m {name} " in told
    assert "Exit status: 0 " in told


@pytest.mark.parametrize("words", HELPS)
def test_a_help_that_was_lost_is_said_to_be(tmp_path, words):
    ending = ended(["-m", *words.split()], ">/dev/full", tmp_path)

    assert (ending.returncode, b"standard output could not be written" in ending.stderr) == (0, True)
