"""The command line itself: what it refuses, what it documents, what it loads, whom it names."""

import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError

import pytest

from modeldelivery.release.actor import actor
from modeldelivery.release.cli import main
from modeldelivery.release.cli.exit import MEANING, Exit
from tests.conftest import CHECKOUT


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["rollback"], "the following arguments are required: --reason"),
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
        (["accept", "--reason", "x"], "VERSION"),
        (["history", "--limit", "0"], "a whole number above 0"),
        (["status", "--model", "Flights"], "lowercase letters"),
        (["status", "--dry-run"], "unrecognized arguments: --dry-run"),
        (["rollback", "--reason", "x", "--colour", "red"], "unrecognized arguments: --colour red"),
    ],
)
def test_a_command_line_that_makes_no_sense_ends_with_2_and_a_sentence_before_any_call(
    modelctl, world, arguments, sentence
):
    ended = modelctl(*arguments)

    assert ended.status == Exit.USAGE
    assert sentence in ended.err
    assert world.runs == 0


def test_without_an_environment_nothing_is_guessed():
    ended = _python("-m", "modeldelivery.release.cli", "status")

    assert ended.returncode == Exit.USAGE
    assert "--env" in ended.stderr


def test_help_documents_every_exit_status():
    said = _python("-m", "modeldelivery.release.cli", "rollback", "--help").stdout

    assert all(f"  {status.value:<4} {MEANING[status]}" in said for status in Exit)


def test_reading_the_command_line_loads_nothing_slow():
    code = "import sys, modeldelivery.release.cli; print(sorted({'boto3', 'botocore', 'rich', 'pulumi'} & set(sys.modules)))"

    assert _python("-c", code).stdout == "[]\n"


def test_the_version_is_pyprojects_and_is_told_without_loading_anything_slow():
    said = _python(
        "-c",
        "import sys; from modeldelivery.release.cli import main\n"
        "try: main(['--version'])\n"
        "finally: print(sorted({'boto3', 'botocore', 'rich', 'pulumi'} & set(sys.modules)))",
    )

    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    assert said.stdout == f"modelctl {project['version']}\n[]\n"
    assert said.returncode == Exit.DONE


def test_where_nothing_is_installed_no_version_is_made_up(monkeypatch, capsys):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.version", missing)
    with pytest.raises(SystemExit) as ended:
        main(["--version"])

    assert ended.value.code == Exit.REFUSED
    assert "model-delivery is not installed" in capsys.readouterr().err


def test_the_model_comes_from_the_environment_else_it_is_flights(modelctl, monkeypatch):
    monkeypatch.delenv("MODELCTL_MODEL", raising=False)
    usual = modelctl("status", "--json").json["endpoint"]
    monkeypatch.setenv("MODELCTL_MODEL", "trains")

    assert (usual, modelctl("status", "--json").json["endpoint"]) == ("flights-prod", "trains-prod")


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
    ],
)
def test_the_journal_names_the_run_or_the_role_behind_a_command(environ, who):
    assert actor(environ) == who


def test_a_shell_is_named_by_login_and_host(monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "ada")
    monkeypatch.setattr("socket.gethostname", lambda: "desk")

    assert actor({}) == "ada@desk"


def test_a_user_without_a_name_is_someone(monkeypatch):
    def nameless():
        raise KeyError("getpwuid(): uid not found: 1000")

    monkeypatch.setattr("getpass.getuser", nameless)
    monkeypatch.setattr("socket.gethostname", lambda: "pod")

    assert actor({}) == "someone@pod"


def _python(*arguments):
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
