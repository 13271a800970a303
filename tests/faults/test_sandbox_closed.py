"""A shell that enters the sandbox leaves behind whatever would lead elsewhere."""

import os
import subprocess

import pytest

from sandbox.variables import LEFT, rule_of
from tests.planted import COMMAND, Traps, plain

pytestmark = pytest.mark.faults

ENTER = f'eval "$({COMMAND} env)" && exec env -0'
OF_THE_SHELL = {"_", "PWD", "OLDPWD", "SHLVL", "LOGNAME"}  # zsh sets the last
PLANTED = sorted(set(Traps.names()) - {"HOME", "TMPDIR"})


@pytest.fixture(scope="module")
def traps(tmp_path_factory):
    with Traps(tmp_path_factory.mktemp("traps")).listening() as traps:
        yield traps


@pytest.fixture(scope="module")
def entered(sandbox):
    """What a shell that held some variables has in its environment once it has entered: of what the rules name."""

    def enter(planted=(), shell="sh"):
        base = plain(HOME=os.environ["HOME"], SANDBOX_HOME=str(sandbox.home))
        done = subprocess.run(
            [shell, "-c", ENTER],
            env=base | dict(planted),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        variables_found = dict(line.split("=", 1) for line in done.stdout.split("\0") if line)
        return {
            name: value
            for name, value in variables_found.items()
            if name not in OF_THE_SHELL and (rule := rule_of(name)) and rule.fate is not LEFT
        }

    return enter


@pytest.fixture(scope="module")
def clean(entered):
    return entered()


@pytest.mark.parametrize("name", PLANTED)
def test_a_shell_with_a_planted_variable_enters_the_same_sandbox(traps, entered, clean, name):
    assert entered({name: traps.variables()[name]}) == clean


def test_a_shell_with_all_of_them_enters_the_same_sandbox(traps, entered, clean):
    before = traps.fingerprint()
    variables_found = entered({name: value for name, value in traps.variables().items() if name in PLANTED})
    assert variables_found == clean
    assert (traps.fingerprint(), traps.met) == (before, [])


def test_entering_twice_changes_nothing_more(entered, clean):
    assert entered(clean) == clean


@pytest.mark.parametrize("shell", ["bash", "dash", "zsh", "ksh"])
def test_every_posix_shell_enters(traps, entered, clean, shell):
    try:
        variables_found = entered({"AWS_PROFILE": "mycompany", "http_proxy": traps.url}, shell)
    except FileNotFoundError:
        pytest.skip(f"there is no {shell} here")
    assert variables_found == clean


def test_the_daemon_has_nothing_of_the_shell_that_started_it(no_sandbox, traps):
    held = {name: value for name, value in traps.variables().items() if name in PLANTED}
    base = plain(HOME=os.environ["HOME"], SANDBOX_HOME=str(no_sandbox.home), EDITOR="vi")
    subprocess.run([COMMAND, "up"], env=base | held, check=True, capture_output=True, timeout=300)
    try:
        pid = no_sandbox.daemon["pid"]
        with open(f"/proc/{pid}/environ") as file:  # noqa: PTH123 - Linux' own
            variables_found = dict(entry.split("=", 1) for entry in file.read().split("\0") if entry)
    finally:
        no_sandbox.run("down", "--purge")
    values = set(held.values()) - {"true", "false", "1", "2", "0", ""}
    assert [name for name, value in variables_found.items() if value in values or name == "EDITOR"] == []
    assert [name for name in variables_found if name.startswith(("AWS_", "PULUMI_"))] == []
    assert variables_found["SANDBOX_INCARNATION"] != "another"


def test_a_variable_of_the_sandbox_that_is_none_is_told(no_sandbox):
    env = plain(HOME=os.environ["HOME"], SANDBOX_HOME=str(no_sandbox.home), SANDBOX_AWS_PROVIDER="official")
    done = subprocess.run([COMMAND, "env"], env=env, check=True, capture_output=True, text=True, timeout=300)
    assert "SANDBOX_AWS_PROVIDER is none of its variables, and is not heeded" in done.stderr
    assert "unset SANDBOX_AWS_PROVIDER" in done.stdout
