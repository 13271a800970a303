"""The command line itself: what it refuses, what it documents, what it loads, whom it names."""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError

import pytest

from modeldelivery.release.actor import actor
from modeldelivery.release.cli import main
from modeldelivery.release.cli.commands import modelctl as every_command
from modeldelivery.release.cli.commands import parse
from modeldelivery.release.cli.exit import STATUSES, Exit
from modeldelivery.terminal.commands import completion
from tests.conftest import CHECKOUT

COMMANDS = every_command().commands
ACTING = sorted(COMMANDS.keys() - {"completion"})


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["rollback"], "Missing option '--reason'"),
        (["rollback", "--reason", "  "], "write a few words"),
        (["rollback", "--reason", "x", "--to", "1.0"], "write vMAJOR.MINOR.PATCH"),
        (["rollback", "--reason", "x", "--timeout", "soon"], "write seconds"),
        (["rollback", "--reason", "x", "--timeout", "inf"], "write seconds"),
        (["rollback", "--reason", "x", "--timeout", "-1"], "write seconds"),
        (["rollback", "--reason", "x", "--without-journal"], "name it with --to VERSION"),
        (
            ["rollback", "--reason", "x", "--without-journal", "--to", "v1.0.0", "--keep"],
            "leave --keep and --now out",
        ),
        (["rollback", "--reason", "late \udcff"], "invalid start byte"),
        (
            [
                "register",
                "--version",
                "v1.0.0",
                "--image",
                "i",
                "--artifact",
                "a",
                "--data-revision",
                "\udcff",
            ],
            "invalid start byte",
        ),
        (["accept", "--reason", "x"], "Missing argument 'VERSION'"),
        (["history", "--limit", "0"], "a whole number above 0"),
        (["status", "--model", "Flights"], "lowercase letters"),
        (["status", "--dry-run"], "No such option '--dry-run'"),
        (["rolback", "--reason", "x"], "Did you mean 'rollback'?"),
        (["rollback", "--raeson", "x"], "'--reason'"),
        (["rollback", "--reason", "x", "--colour", "red"], "No such option '--colour'"),
    ],
)
def test_a_command_line_that_makes_no_sense_ends_with_2_and_a_sentence_before_any_call(
    modelctl, world, arguments, sentence
):
    ended = modelctl(*arguments)

    assert ended.status == Exit.USAGE
    assert sentence in ended.err
    assert world.runs == 0


@pytest.mark.parametrize("command", ACTING)
def test_an_option_without_its_value_is_answered_with_the_help_of_its_command(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main([command, "--env"])

    assert ended.value.code == Exit.USAGE
    assert capsys.readouterr().err == (
        f"modelctl {command}: Option '--env' requires an argument. Help: `modelctl {command} --help`\n"
    )


def test_without_an_environment_nothing_is_guessed():
    ended = _python("-m", "modeldelivery.release.cli", "status")

    assert ended.returncode == Exit.USAGE
    assert "--env" in ended.stderr


@pytest.mark.parametrize("command", ACTING)
def test_help_documents_the_exit_statuses_that_a_command_can_have_and_no_other(command, helped):
    documented = re.findall(r"^  (\d+) +\S", helped(command).partition("Exit status:")[2], re.MULTILINE)

    assert documented == [str(int(status)) for status in sorted(STATUSES[command])]
    assert ("3" in documented) == (command in {"rollback", "drill"})


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_examples_that_make_sense(command, helped, monkeypatch):
    monkeypatch.setenv("MODELCTL_MODEL", "flights")
    examples = COMMANDS[command].examples

    assert examples
    shown = helped(command).partition("Examples:")[2].partition("Exit status:")[0].strip().splitlines()
    assert [line.strip() for line in shown] == list(examples)
    for example in examples:
        program, *arguments = shlex.split(example.removeprefix('eval "$(').removesuffix(')"'))
        assert program == "modelctl"
        if command in ACTING:
            assert parse(arguments).command == command


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_without_a_command_help_names_every_command(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    output = capsys.readouterr().out
    assert ended.value.code == Exit.DONE
    assert {line.split()[0] for line in output.splitlines() if line.startswith("  ") and line.split()} >= set(
        COMMANDS
    )


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed_for_a_shell(shell, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["completion", shell])

    assert ended.value.code == Exit.DONE
    assert "_MODELCTL_COMPLETE" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "offered"),
    [("modelctl ro", "plain,rollback"), ("modelctl rollback --with", "plain,--without-journal")],
)
def test_a_shell_completes_commands_and_options(words, offered):
    environment = {
        **os.environ,
        "_MODELCTL_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    completed = subprocess.run(
        [sys.executable, "-m", "modeldelivery.release.cli"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert completed.stdout.splitlines() == [offered]


def test_reading_the_command_line_loads_nothing_slow():
    code = "import sys, modeldelivery.release.cli; print(sorted({'boto3', 'botocore', 'rich', 'pulumi'} & set(sys.modules)))"

    assert _python("-c", code).stdout == "[]\n"


def test_the_version_is_pyprojects_and_is_told_without_loading_anything_slow():
    output = _python(
        "-c",
        "import sys; from modeldelivery.release.cli import main\n"
        "try: main(['--version'])\n"
        "finally: print(sorted({'boto3', 'botocore', 'rich', 'pulumi'} & set(sys.modules)))",
    )

    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    assert output.stdout == f"modelctl {project['version']}\n[]\n"
    assert output.returncode == Exit.DONE


_COLLECTIONS = """
import gc, sys

from modeldelivery.release.cli import main

frozen = []  # objects set aside by the time of each collection
gc.callbacks.append(lambda phase, _: frozen.append(gc.get_freeze_count()))
sys.argv = ["modelctl", "rollback", "--env", "prod", "--model", "flights", "--reason", "x"]
status = main()
print(status, all(frozen), gc.isenabled() and gc.get_freeze_count() > 0)
"""


def test_no_garbage_is_looked_for_until_the_clients_are_made_and_never_in_what_was_loaded(
    tmp_path, monkeypatch
):
    (tmp_path / "config").write_text(
        "[profile prod]\nregion = eu-west-1\naws_access_key_id = key\naws_secret_access_key = secret\n"
        "aws_account_id = 222222222222\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)

    output = _python("-c", _COLLECTIONS)

    assert output.stdout == f"{Exit.UNREACHABLE} True True\n", output.stderr


def test_where_nothing_is_installed_no_version_is_made_up(monkeypatch, capsys):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.version", missing)
    with pytest.raises(SystemExit) as ended:
        main(["--version"])

    assert ended.value.code == Exit.REFUSED
    assert "model-delivery is not installed" in capsys.readouterr().err


PROJECT = "config: {model: {type: string, default: flights}}\n"


@pytest.mark.parametrize(
    ("arguments", "variable", "files", "model"),
    [
        ([], None, {"Pulumi.yaml": PROJECT}, "flights"),
        ([], None, {"Pulumi.yaml": "config: {model: ships}\n"}, "ships"),
        ([], None, {"Pulumi.yaml": "config: {'model-delivery:model': {value: ships}}\n"}, "ships"),
        (
            [],
            None,
            {"Pulumi.yaml": PROJECT, "Pulumi.prod.yaml": "config: {'model-delivery:model': trains}\n"},
            "trains",
        ),
        ([], None, {"Pulumi.yaml": PROJECT, "Pulumi.prod.yaml": ""}, "flights"),
        (
            [],
            None,
            {"Pulumi.yaml": PROJECT, "Pulumi.staging.yaml": "config: {'model-delivery:model': trains}\n"},
            "flights",
        ),
        ([], "trains", {"Pulumi.yaml": PROJECT}, "trains"),
        (["--model", "ships"], "trains", {"Pulumi.yaml": PROJECT}, "ships"),
        (["--model", "ships"], None, {"Pulumi.yaml": "]["}, "ships"),
    ],
)
def test_the_model_is_the_options_else_the_environments_else_the_projects(
    modelctl, project, *, arguments, variable, files, model
):
    project(variable, files)

    assert modelctl("status", "--json", *arguments).json["endpoint"] == f"{model}-prod"


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "Missing option '--model': no MODELCTL_MODEL, and no Pulumi.yaml"),
        ({"Pulumi.yaml": "name: other\n"}, "Missing option '--model'"),
        ({"Pulumi.yaml": "config: []\n"}, "Missing option '--model'"),
        ({"Pulumi.yaml": "just text"}, "Missing option '--model'"),
        ({"Pulumi.yaml": "]["}, "Pulumi.yaml cannot be read"),
        ({"Pulumi.yaml": b"\xff\xfe\xff"}, "Pulumi.yaml cannot be read"),
        ({"Pulumi.yaml": "config: {model: Flights}\n"}, "lowercase letters"),
    ],
)
def test_no_model_is_guessed(modelctl, world, project, files, sentence):
    project(None, files)

    ended = modelctl("status")

    assert ended.status == Exit.USAGE
    assert sentence in ended.err
    assert "--model" in ended.err
    assert world.runs == 0


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder in a project of these files, and MODELCTL_MODEL."""

    def made(variable, files):
        monkeypatch.delenv("MODELCTL_MODEL", raising=False)
        if variable:
            monkeypatch.setenv("MODELCTL_MODEL", variable)
        for name, text in files.items():
            (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        (tmp_path / "infra").mkdir()
        monkeypatch.chdir(tmp_path / "infra")

    return made


@pytest.fixture
def helped(capsys):
    """What `modelctl COMMAND --help` shows."""

    def run(command):
        with pytest.raises(SystemExit) as ended:
            main([command, "--help"])
        assert ended.value.code == Exit.DONE
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize(
    ("environ", "who"),
    [
        (
            {
                "GITHUB_ACTIONS": "true",
                "GITHUB_ACTOR": "ada",
                "GITHUB_SERVER_URL": "https://git.example",
                "GITHUB_REPOSITORY": "o/r",
                "GITHUB_RUN_ID": "7",
            },
            "ada (https://git.example/o/r/actions/runs/7)",
        ),
        (
            {"GITLAB_CI": "true", "GITLAB_USER_LOGIN": "ada", "CI_JOB_URL": "https://git.example/j/7"},
            "ada (https://git.example/j/7)",
        ),
        (
            {"JENKINS_URL": "https://ci.example", "BUILD_URL": "https://ci.example/7"},
            "Jenkins (https://ci.example/7)",
        ),
        ({"CODEBUILD_BUILD_ID": "p:7", "CODEBUILD_INITIATOR": "codepipeline/p"}, "codepipeline/p (p:7)"),
        ({"AWS_ROLE_SESSION_NAME": "ada-oncall"}, "ada-oncall"),
        ({"AWS_ROLE_SESSION_NAME": "ada\udcff"}, "ada?"),
    ],
)
def test_the_journal_names_the_run_or_the_role_behind_a_command(environ, who):
    assert actor(environ) == who


@pytest.mark.parametrize("option", ["--actor", "--data-revision"])
def test_bytes_of_a_shell_whose_locale_is_not_utf_8_are_the_text_that_they_were(option):
    arguments = ["register", "--env", "prod", "--model", "flights", "--version", "v1.0.0", "--image", "i"]
    options = parse([*arguments, "--artifact", "a", "--data-revision", "r", option, "M\udcc3\udca4rz"])
    assert getattr(options, option[2:].replace("-", "_")) == "März"


def test_completion_is_of_the_program_that_it_is_printed_by(capsys):
    command = completion("other", every_command)
    command.main(["bash"], standalone_mode=False)
    assert command.examples == ('eval "$(other completion bash)"',)
    assert "_OTHER_COMPLETE" in capsys.readouterr().out


def test_a_shell_is_named_by_login_and_host(monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "ada")
    monkeypatch.setattr("socket.gethostname", lambda: "operator")

    assert actor({}) == "ada@operator"


def test_a_user_without_a_name_is_someone(monkeypatch):
    def nameless():
        raise KeyError("getpwuid(): uid not found: 1000")

    monkeypatch.setattr("getpass.getuser", nameless)
    monkeypatch.setattr("socket.gethostname", lambda: "pod")

    assert actor({}) == "someone@pod"


def _python(*arguments):
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=300, check=False
    )
