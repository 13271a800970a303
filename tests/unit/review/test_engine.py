"""Where the engine is run, what it is given, and what is made of an engine that gives no preview."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from modeldelivery.review import cli, engine, pack
from tests.conftest import CHECKOUT

REAL_COMMIT = engine.commit  # `engine_says` puts a fixed one in its place


@pytest.fixture
def a_project(tmp_path, monkeypatch):
    """A project with folders below it; the working directory is the lowest."""
    project = tmp_path / "project"
    (project / "infra" / "deep").mkdir(parents=True)
    (project / "Pulumi.yaml").write_text("name: model-delivery\nruntime: python\n")
    monkeypatch.chdir(project / "infra" / "deep")
    return project


def given(arguments, option):
    return Path(arguments["arguments"][arguments["arguments"].index(option) + 1])


def test_the_project_is_the_nearest_at_or_above_the_working_directory(a_project, monkeypatch):
    assert engine.project() == a_project
    (a_project / "infra" / "Pulumi.yml").touch()
    assert engine.project() == a_project / "infra"
    monkeypatch.chdir(a_project)
    assert engine.project() == a_project


@pytest.fixture
def no_project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", ["preview", "drift"])
def test_without_a_project_it_is_said_where_none_was_found(engine_says, run, no_project, capsys, command):
    engine_says("nothing-in-staging")
    assert run(command, "--env", "staging") == 1
    assert f"there is no Pulumi.yaml in {no_project} or above it" in capsys.readouterr().err


def test_a_preview_from_a_folder_below_is_the_projects_and_its_files_are_where_the_caller_is(
    engine_says, engine_asked, a_project
):
    engine_says("tags-only")
    assert cli.main(["--folder", "found", "preview", "--env", "prod"]) == 0
    left = a_project / "infra" / "deep" / "found"
    assert Path(engine_asked()["folder"]) == a_project
    assert given(engine_asked(), "--save-plan") == left / "prod.plan"
    assert {path.name for path in left.iterdir()} == {"prod.plan", "prod.json", "policies-prod"}


def test_an_update_runs_in_the_project_by_the_callers_plan(engine_says, engine_asked, a_project):
    engine_says("tags-only")
    cli.main(["--folder", "found", "preview", "--env", "prod"])
    engine_says(text="done", status=0)
    assert cli.main(["--folder", "found", "deploy", "--env", "prod"]) == 0
    assert Path(engine_asked()["folder"]) == a_project
    assert given(engine_asked(), "--plan") == a_project / "infra" / "deep" / "found" / "prod.plan"


def test_an_update_that_fails_for_another_reason_than_its_plan_keeps_the_engines_status(
    engine_says, run, capsys
):
    engine_says("tags-only")
    run("preview", "--env", "prod")
    engine_says(text="error: AccessDenied", status=255)
    assert run("deploy", "--env", "prod") == 255
    output = capsys.readouterr()
    assert "error: AccessDenied" in output.out
    assert "stale" not in output.err


def test_the_policies_are_the_packages_own_run_by_the_python_that_runs_this(tmp_path):
    pack.write(tmp_path / "pack")
    committed = yaml.safe_load((CHECKOUT / "modeldelivery" / "policy" / "PulumiPolicy.yaml").read_text())
    written = yaml.safe_load((tmp_path / "pack" / "PulumiPolicy.yaml").read_text())
    assert written["runtime"]["options"].pop("virtualenv") == sys.prefix
    assert committed["runtime"]["options"].pop("virtualenv") != sys.prefix
    assert written == committed


@pytest.mark.parametrize("prefix", ['/a folder/"quoted"', "/colon: here", "/back\\slash\\1"])
def test_the_pack_names_its_python_whatever_the_path_holds(tmp_path, monkeypatch, prefix):
    monkeypatch.setattr(sys, "prefix", prefix)
    pack.write(tmp_path)
    written = yaml.safe_load((tmp_path / "PulumiPolicy.yaml").read_text())
    assert written["runtime"]["options"]["virtualenv"] == prefix


def test_both_a_preview_and_an_update_are_judged_by_that_pack(engine_says, engine_asked, run, tmp_path):
    engine_says("tags-only")
    run("preview", "--env", "prod")
    previewed = given(engine_asked(), "--policy-pack")
    engine_says(text="done", status=0)
    run("deploy", "--env", "prod")
    assert previewed == given(engine_asked(), "--policy-pack") == tmp_path / ".review" / "policies-prod"
    assert (previewed / "PulumiPolicy.yaml").exists()


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({}, ""),
        ({"diagnostics": []}, ""),
        (
            {
                "diagnostics": [
                    {"message": text, "severity": "info#err"}
                    for text in (
                        "Traceback (most recent call last):\n",
                        '  File "a.py", line 2\n',
                        "KeyError: 'a'\n",
                    )
                ]
            },
            "KeyError: 'a' (a.py, line 2)\n",
        ),
    ],
)
def test_an_engine_that_failed_before_it_planned_anything_is_quoted(engine_says, run, capsys, document, told):
    """Its document has nothing of it, or what a plugin wrote; why is on stderr: `policy pack "…" failed to start`."""
    engine_says(text=json.dumps(document), stderr='error: policy pack "x" failed to start: EOF\n', status=255)
    assert run("preview", "--env", "prod") == 1
    assert f'review: error: policy pack "x" failed to start: EOF\n{told}' in capsys.readouterr().err


def test_an_engine_that_failed_and_says_why_in_its_document_is_read_as_a_preview(engine_says, run, capsys):
    engine_says("bad-config", stderr="error: preview failed\n")
    assert run("preview", "--env", "prod") == 3
    assert "review: error" not in capsys.readouterr().err


def test_where_the_policies_cannot_run_it_is_said_what_to_install(engine_says, run, monkeypatch, capsys):
    engine_says("tags-only")
    monkeypatch.setattr(pack, "find_spec", lambda _: None)
    assert run("preview", "--env", "prod") == 1
    assert "install `model-delivery[policy]` in it" in capsys.readouterr().err


def test_an_engine_that_fails_without_a_word_is_said_to_have_said_nothing(engine_says, run, capsys):
    engine_says(text="", status=9)
    assert run("drift", "--env", "prod") == 1
    assert "pulumi ended with status 9 and said nothing" in capsys.readouterr().err


KILLED = """#!/bin/sh
while [ $# -gt 0 ]; do
    [ "$1" = --event-log ] && printf '%s' '{"policyEvent": {"pol' > "$2"
    shift
done
printf '%s' '{written}'
kill -9 $$
"""


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("", "pulumi was killed by signal 9 and said nothing"),
        ('{"steps": [{"op": "same", "urn": ', "pulumi was killed by signal 9 in the midst of what it wrote"),
    ],
)
def test_an_engine_that_is_killed_is_said_to_have_been_and_not_its_log_to_be_cut(
    engine_says, run, capsys, written, told
):
    engine_says("tags-only")
    Path(shutil.which("pulumi")).write_text(KILLED.replace("{written}", written))
    for command in ("preview", "drift"):
        assert run(command, "--env", "prod") == 1
        assert f"review: {told}\n" in capsys.readouterr().err


def test_an_engine_of_another_machine_is_said_not_to_run(engine_says, run, tmp_path, monkeypatch, capsys):
    engine_says("tags-only")
    run("preview", "--env", "prod")
    program = tmp_path / "bin" / "pulumi"
    program.write_bytes(b"\x7fELF of another machine")
    monkeypatch.setenv("PATH", str(program.parent))  # of what cannot be run the next one on PATH is tried
    for command in ("deploy", "drift", "preview"):  # which forgets what an update needs
        assert run(command, "--env", "prod") == 1
        assert (
            f"review: {program} cannot be run: Exec format error. `make setup` gets one"
            in capsys.readouterr().err
        )


def test_drift_that_could_not_be_looked_for_is_no_drift_found(engine_says, run, tmp_path):
    engine_says("drift-none", status=1)
    assert run("drift", "--env", "prod") == 1
    assert not (tmp_path / ".review" / "drift-prod.json").exists()


def test_policies_that_the_event_log_garbles_are_not_passed_over(engine_says, run, capsys):
    engine_says("tags-only", events=[{"policyEvent": {"policyName": 7}}])
    assert run("preview", "--env", "prod") == 1
    assert "the engine's event log cannot be read" in capsys.readouterr().err


def git(project, *arguments):
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b.example", *arguments],
        cwd=project, check=True, capture_output=True,
    )  # fmt: skip


def test_a_commit_is_told_from_the_same_commit_with_changes(a_project):
    git(a_project, "init")
    git(a_project, "add", ".")
    git(a_project, "commit", "--message", "x")
    clean = REAL_COMMIT()
    (a_project / "Pulumi.yaml").write_text("name: another\n")
    changed = REAL_COMMIT()
    (a_project / "Pulumi.yaml").write_text("name: a-third\n")
    assert len(clean) == 40
    assert changed.partition("+")[0] == clean
    assert len({clean, changed, REAL_COMMIT()}) == 3


def test_what_a_training_writes_of_itself_makes_no_other_commit(a_project):
    """On GitHub and GitLab the comment is written from a clean clone, and `make model` has left its lock and metrics changed."""
    for name in ("dvc.lock", "metrics/metrics.json"):
        path = a_project / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("before\n")
    git(a_project, "init")
    git(a_project, "add", ".")
    git(a_project, "commit", "--message", "x")
    clean = REAL_COMMIT()
    (a_project / "dvc.lock").write_text("after\n")
    (a_project / "metrics" / "metrics.json").write_text("after\n")
    assert REAL_COMMIT() == clean
    (a_project / "Pulumi.yaml").write_text("name: another\n")
    assert REAL_COMMIT() != clean


def test_a_project_outside_of_git_and_a_machine_without_git_have_no_commit(a_project, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(a_project.parent))
    assert REAL_COMMIT() == ""
    monkeypatch.setenv("PATH", os.devnull)
    assert REAL_COMMIT() == ""
