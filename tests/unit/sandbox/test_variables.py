"""The list of variables: whole, in order, and shown in the documentation."""

import re

import pytest

from sandbox.environment import process_environment, shell_lines
from sandbox.home import Home
from sandbox.variables import CLEARED, EXTENDED, KEPT, RULES, SET, rule_of, unheeded
from tests.conftest import CHECKOUT
from tests.planted import Traps, plain

MOST_OF_A_SHELL = ("AWS_", "PULUMI_", "PYTHON", "proxy", "SSL", "LD_", "GIT_")


@pytest.fixture(scope="module")
def traps(tmp_path_factory):
    return Traps(tmp_path_factory.mktemp("traps"), port=9)


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "sandbox")


def test_no_planted_variable_reaches_a_process(traps, home, tmp_path):
    base = plain(HOME=str(tmp_path), TMPDIR=str(tmp_path))
    clean, person = process_environment(home, base), {"HOME", "TMPDIR"}
    reached = {
        name: value
        for name, value in traps.variables().items()
        if name not in person and process_environment(home, base | {name: value}) != clean
    }
    assert reached == {}


def test_enough_is_planted_of_each_kind(traps):
    names = traps.variables()
    assert len(names) >= 90
    assert all(sum(word in name for name in names) >= 3 for word in MOST_OF_A_SHELL[:4])


def test_what_no_rule_names_reaches_no_process(home):
    base = plain()
    others = {
        "EDITOR": "vi",
        "NODE_OPTIONS": "--require x",
        "BASH_FUNC_ls%%": "() { id; }",
        "GODEBUG": "x",
        "FORCE_COLOR": "1",
    }
    assert process_environment(home, base | others) == process_environment(home, base)


def test_what_no_rule_names_is_a_persons_own_in_a_shell(home):
    assert "EDITOR" not in "\n".join(shell_lines(home, plain(EDITOR="vi", SSH_AUTH_SOCK="/run/agent")))


@pytest.mark.parametrize("name", ["GIT_AUTHOR_NAME", "GIT_SSH_COMMAND", "GIT_EDITOR"])
def test_a_person_still_commits_and_pushes_from_the_shell(home, name):
    assert f"unset {name}" not in shell_lines(home, plain(**{name: "x"}))
    assert name not in process_environment(home, plain(**{name: "x"}))


@pytest.mark.parametrize("name", ["HOME", "TMPDIR"])
@pytest.mark.parametrize("value", ["/nonexistent", "", "relative", None])
def test_a_folder_that_cannot_be_used_is_replaced(home, tmp_path, name, value):
    home.root.mkdir()
    planted = {} if value is None else {name: value}
    folder = process_environment(home, plain() | planted)[name]
    assert folder != value
    assert (tmp_path / folder).is_dir()


def test_what_is_set_has_a_value_and_what_has_one_is_set(home):
    values = set(process_environment(home, {})) | {"PATH"}
    named = {name for rule in RULES if rule.fate in {SET, EXTENDED} for name in rule.names}
    assert values == named


def test_a_shell_with_odd_names_and_values_can_still_evaluate_it(home):
    lines = shell_lines(home, {"PATH": "/a b:/it's", "PYTHON;id": "x", "AWS_X": "$(id)", "PYTHON-X": "y"})
    assert "unset AWS_X" in lines
    assert not [line for line in lines if ";" in line or "PYTHON" in line.partition("PYTHONUTF8")[0]]


def test_an_empty_entry_of_path_is_no_folder_to_look_in(home):
    assert "::" not in process_environment(home, {"PATH": "/usr/bin::/bin:"})["PATH"]


def test_a_variable_of_the_sandbox_that_is_none_is_told():
    assert unheeded({"SANDBOX_AWS_PROVIDER": "official", "SANDBOX_HOME": "x", "SANDBOX_DELAYS": ""}) == [
        "SANDBOX_AWS_PROVIDER"
    ]


@pytest.mark.parametrize(
    ("name", "fate"),
    [
        ("AWS_CONFIG_FILE", SET),
        ("AWS_ANYTHING_NEW", CLEARED),
        ("PULUMI_OPTION_PARALLEL", CLEARED),
        ("ftp_proxy", CLEARED),
        ("Socks_Proxy", CLEARED),
        ("no_proxy", SET),
        ("SANDBOX_HOME", KEPT),
        ("LC_TIME", KEPT),
    ],
)
def test_the_first_rule_that_names_a_variable_decides(name, fate):
    assert rule_of(name).fate is fate


def test_the_documentation_shows_every_rule_in_order():
    text = (CHECKOUT / "docs" / "operations.md").read_text()
    rows = re.findall(
        r"^\| (`.*?) \| (set|extended|kept|cleared|left to the shell) \| (.*) \|$", text, re.MULTILINE
    )
    told = [
        (", ".join(f"`{n}`" for n in rule.names) + " in any case" * rule.any_case, str(rule.fate), rule.why)
        for rule in RULES
    ]
    assert rows == told
