"""What a build makes of a tag: which version a commit is, the first finding of its checks, and whose version it may train."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from errno import ENOSPC
from textwrap import indent
from unittest.mock import Mock

import msgspec
import pytest

from modeldelivery.release.record import Source
from modeldelivery.terminal.steps import SetupError
from tests.conftest import CHECKOUT
from tests.fakes.registry import FakeRegistry
from tests.unit.release_cli.world import PLACE, V2, register
from tools.builds import __main__ as builds
from tools.builds import bills, check, data, image, kept_types, outcome, programs, reason, subject
from tools.builds.dockerfile import finding
from tools.builds.modelctl import unfinished
from tools.builds.stage import StageError, called, shown
from tools.builds.tag import TagError, check_model, version_at_head, version_of
from tools.builds.train import refuse_other
from tools.setup import __main__ as set_up
from tools.setup import environments

COMMIT = "c" * 40


def git(folder, *command):
    own = ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false"]
    return subprocess.run(
        ["git", *own, *command], cwd=folder, check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture
def clone(tmp_path):
    """A clone of a repository whose main has one commit, checked out at it."""
    origin = tmp_path / "origin"
    origin.mkdir()
    git(origin, "init", "--quiet", "--initial-branch=main")
    git(origin, "commit", "--quiet", "--allow-empty", "--message", "first")
    git(tmp_path, "clone", "--quiet", str(origin), "clone")
    return tmp_path / "clone"


def test_a_commit_is_the_version_of_its_one_tag(clone):
    git(clone, "tag", "flights@v1.2.0")
    assert version_at_head(clone, "flights", "main") == "v1.2.0"


@pytest.mark.parametrize(
    "more",
    [
        ["iris@v9.0.0"],  # another model's
        ["flights#prod", "flights#prod#2"],  # GTO's stages
        ["flights@v1.2.0-rc.1"],
        ["flights@v01.0.0"],
        ["v9.0.0"],
    ],
)
def test_what_is_no_version_of_the_model_counts_for_nothing(more):
    assert version_of(["flights@v1.2.0", *more], "flights") == "v1.2.0"


def test_gtos_tag_and_gits_are_the_same_version(clone):
    git(clone, "tag", "--annotate", "--message", "Registering artifact", "flights@v1.3.0")  # as GTO makes it
    assert version_at_head(clone, "flights", "main") == "v1.3.0"


def test_a_tag_of_a_tag_is_the_version_of_its_commit(clone):
    git(clone, "tag", "--annotate", "--message", "inner", "reviewed")
    git(clone, "tag", "--annotate", "--message", "outer", "flights@v1.4.0", "reviewed")
    assert version_at_head(clone, "flights", "main") == "v1.4.0"


def test_a_commit_with_two_versions_is_refused_by_both_names():
    with pytest.raises(TagError, match=r"2 tags are at this commit, flights@v1\.2\.0, flights@v1\.3\.0"):
        version_of(["flights@v1.3.0", "flights@v1.2.0"], "flights")


@pytest.mark.parametrize(
    "tags",
    [[], ["flights@v1"], ["iris@v1.2.0"], ["flights@v1.\u0662.0"], [f"flights@v1.2.{'9' * 60}"]],
)
def test_a_commit_without_a_version_is_refused_with_what_to_type(tags):
    with pytest.raises(TagError, match=r"`git tag flights@v1\.2\.0` makes one"):
        version_of(tags, "flights")


def test_a_version_that_is_not_on_the_branch_is_refused(clone):
    git(clone, "commit", "--quiet", "--allow-empty", "--message", "aside")
    git(clone, "tag", "flights@v1.2.0")
    with pytest.raises(TagError, match=r"flights@v1\.2\.0 is at a commit that is not on main"):
        version_at_head(clone, "flights", "main")


def test_a_version_whose_commit_comes_to_the_branch_later_is_taken_when_the_stage_is_tried_again(clone):
    git(clone, "commit", "--quiet", "--allow-empty", "--message", "ahead of its branch")
    git(clone, "tag", "flights@v1.2.0")
    with pytest.raises(TagError, match="merge it and retry the stage"):
        version_at_head(clone, "flights", "main")
    git(clone, "push", "--quiet", "origin", "HEAD:refs/heads/merged")
    git(clone.parent / "origin", "merge", "--quiet", "--ff-only", "merged")
    git(clone, "fetch", "--quiet")
    assert version_at_head(clone, "flights", "main") == "v1.2.0"


@pytest.mark.parametrize(
    ("model", "why"),
    [
        ("penguins", r"no model penguins, which is pipelines/penguins/recipe\.py: it has flights, iris"),
        ("../flights", r"no model \.\./flights"),
        ("", "no model , "),
        ("iris", "no tests of iris, which are in tests/unit/pipelines/iris"),
    ],
)
def test_a_model_that_the_commit_does_not_have_is_refused_with_those_that_it_has(tmp_path, model, why):
    for name in ("flights", "iris"):
        (tmp_path / "pipelines" / name).mkdir(parents=True)
        (tmp_path / "pipelines" / name / "recipe.py").touch()
    (tmp_path / "tests/unit/pipelines/flights").mkdir(parents=True)
    check_model(tmp_path, "flights")
    with pytest.raises(TagError, match=why):
        check_model(tmp_path, model)


def test_this_checkout_has_its_model():
    check_model(CHECKOUT, "flights")


def test_a_version_is_refused_where_the_branch_was_never_pushed(clone):
    git(clone, "tag", "flights@v1.2.0")
    with pytest.raises(TagError, match="the repository has no branch release"):
        version_at_head(clone, "flights", "release")


def test_the_version_is_told_without_any_package():
    """`make build-version` comes before set-up."""
    script = f"import sys; sys.path.insert(0, {str(CHECKOUT)!r}); import tools.builds.__main__"
    done = subprocess.run([sys.executable, "-ISc", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def record_of(commit):
    registry = FakeRegistry()
    register(registry, V2, b"bits")
    record, _ = registry.records[V2]
    source = Source(commit=commit, execution="arn:x") if commit else None
    return msgspec.structs.replace(record, source=source)


@pytest.mark.parametrize("made", ["d" * 40, None])
def test_a_tag_that_moved_after_its_version_was_made_is_refused(made):
    with pytest.raises(StageError, match="a version never changes"):
        refuse_other(record_of(made), COMMIT)


def test_the_same_commit_again_is_no_other_version():
    refuse_other(record_of(COMMIT), COMMIT)


def test_a_training_whose_follower_was_killed_is_said_to_go_on():
    assert "ended by signal 9" in unfinished("train", -9)
    assert "goes on: retry the stage" in unfinished("train", -9)
    assert "goes on" not in unfinished("train", 70)


def test_the_first_test_that_failed_is_told_with_its_reason(tmp_path):
    report = tmp_path / "tests.xml"
    report.write_text(
        "<testsuites><testsuite>"
        '<testcase classname="tests.unit.pipelines.flights.test_features" name="test_a"/>'
        '<testcase classname="tests.unit.pipelines.flights.test_features" name="test_b">'
        '<failure message="AssertionError: assert 1 == 2&#10;more">…</failure></testcase>'
        "</testsuite></testsuites>"
    )
    assert check.failed_test(report) == (
        "tests/unit/pipelines/flights/test_features.py::test_b: AssertionError: assert 1 == 2"
    )
    assert check.failed_test(tmp_path / "none.xml") == ""


def test_a_file_of_tests_that_cannot_be_read_is_told_with_what_was_raised(tmp_path):
    report = tmp_path / "tests.xml"
    report.write_text(
        '<testsuites><testsuite><testcase classname="" name="tests.unit.pipelines.flights.test_features">'
        '<error message="collection failure">ImportError while importing test module\nTraceback:\n'
        "E   ImportError: cannot import name 'encode'</error></testcase></testsuite></testsuites>"
    )
    assert check.failed_test(report) == (
        "tests/unit/pipelines/flights/test_features.py: ImportError: cannot import name 'encode'"
    )


def ended(program, status, out="", err=""):
    return subprocess.CompletedProcess([f"/bin/{program}"], status, out, err)


@pytest.mark.parametrize(
    ("done", "told"),
    [
        (ended("ruff", 1, "\na.py:1:1: F401\nb.py:1:1: F401\n", "warning: x"), "a.py:1:1: F401"),
        (
            ended("pytest", 4, "", "ImportError while loading conftest\nE   SyntaxError: x\n"),
            "SyntaxError: x",
        ),
        (ended("mypy", 2), "mypy ended with status 2"),
        (
            ended("mypy", -9, "half a line"),
            "mypy was ended by signal 9, as where memory is short: compute of the stage",
        ),
        (ended("mypy", -15, "half a line"), "mypy was ended by signal 15"),
    ],
)
def test_a_check_tells_its_first_finding_or_else_why_it_made_none(done, told):
    assert check.finding(check.Check("lint", []), done).startswith(told)


@pytest.mark.parametrize(
    ("status", "printed", "told"),
    [
        (5, "\nno tests ran in 0.21s\n", "tests/unit/pipelines/flights has no test"),
        (
            3,
            "INTERNALERROR> Traceback:\nINTERNALERROR> ValueError: x\n\nno tests ran in 0.1s\n",
            "ValueError: x",
        ),
        (1, "gw0 is gone\n", "gw0 is gone"),
    ],
)
def test_tests_that_are_none_or_that_broke_pytest_are_not_told_by_what_its_workers_print_first(
    tmp_path, monkeypatch, status, printed, told
):
    monkeypatch.chdir(tmp_path)
    (tests,) = (each for each in check.checks("flights") if each.name == "tests")
    done = ended("pytest", status, f"bringing up nodes...\n{printed}")
    assert check.finding(tests, done) == told


def test_a_command_that_was_killed_is_not_told_by_what_it_printed_last():
    kill = "import os, signal; print('pulled 3 files', flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    with pytest.raises(StageError, match="was ended by signal 9, as where memory is short"):
        called(sys.executable, "-c", kill)
    with pytest.raises(StageError, match=r"^no such month$"):
        called(sys.executable, "-c", "import sys; sys.exit('no such month')")


BROKEN_MODULE = """\
one month
Traceback (most recent call last):
  File "<frozen runpy>", line 189, in _run_module_as_main
  File "{here}/pipelines/assemble.py", line 3
    def (
        ^
SyntaxError: invalid syntax
make: *** [Makefile:150: build-train] Error 1
"""


def test_a_traceback_is_told_by_its_exception_and_where_that_was_raised(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert reason.last_words(BROKEN_MODULE.format(here=tmp_path)) == (
        "SyntaxError: invalid syntax (pipelines/assemble.py, line 3: def ()"
    )
    indented = indent(BROKEN_MODULE.partition("make:")[0].format(here="/opt"), "    ")
    assert reason.last_words(f"image: the container ended:\n{indented}") == (
        "SyntaxError: invalid syntax (/opt/pipelines/assemble.py, line 3: def ()"
    )
    assert (
        reason.last_words("first\nno such month\nmake[1]: *** [Makefile:1: x] Error 1\n") == "no such month"
    )
    assert reason.last_words("make: *** [Makefile:1: x] Error 1\n") == ""


def test_a_command_that_does_not_end_is_ended_and_what_it_said_until_then_is_in_the_log(capsys):
    with pytest.raises(StageError, match=r"^sh did not end within .* minutes, and was ended$"):
        shown(["sh", "-c", "echo half a test; echo a warning >&2; exec sleep 600"], seconds=1)
    assert capsys.readouterr() == ("half a test\n", "a warning\n")


def test_a_check_that_does_not_end_is_told_by_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(check, "_LONGEST", 0.5)
    monkeypatch.setattr(check, "checks", lambda _: [check.Check("types", ["sleep", "600"])])
    assert check.run("flights").startswith("types: sleep did not end within ")


def test_a_test_that_does_not_end_is_told_by_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(check, "_LONGEST_TEST", 1)
    (tests,) = (each for each in check.checks("m") if each.name == "tests")
    folder = tmp_path / tests.command[-1]
    folder.mkdir(parents=True)
    (folder / "test_one.py").write_text("import time\n\n\ndef test_a():\n    time.sleep(600)\n")
    monkeypatch.setattr(check, "checks", lambda _: [tests])
    assert check.run("m").startswith(f"tests: {tests.command[-1]}/test_one.py::test_a: Failed: Timeout (>1")


# Modules of an image's program, and what is said of it.
PROGRAMS = {
    "does not compile": ({"__init__": "", "app": "def (\n"}, "SyntaxError: invalid syntax (app.py, line 1)"),
    "a circle of imports": (
        {"__init__": "", "app": "from {name}.body import a\n", "body": "from {name}.app import b\n"},
        "ImportError: cannot import name 'b' from partially initialized module '{name}.app'",
    ),
    "a package that the image lacks": (
        {"__init__": "", "app": "\nimport absent_package\n"},
        "ModuleNotFoundError: No module named 'absent_package' ({name}/app.py, line 2)",
    ),
    "ends at once": (
        {"__init__": "import sys\nsys.exit('no')\n"},
        "SystemExit: no ({name}/__init__.py, line 2)",
    ),
}


@pytest.mark.parametrize("fault", PROGRAMS)
def test_an_images_program_that_cannot_be_imported_is_told_with_where_and_why(tmp_path, monkeypatch, fault):
    modules, told = PROGRAMS[fault]
    name = f"program_{list(PROGRAMS).index(fault)}"
    package(tmp_path / name, {module: text.format(name=name) for module, text in modules.items()})
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    assert programs.finding(name).startswith(f"{name} cannot be imported: {told.format(name=name)}")


def test_an_images_program_whose_modules_can_all_be_imported_is_no_finding(tmp_path, monkeypatch):
    package(tmp_path / "program_whole", {"__init__": "", "app": "import program_whole.body\n", "body": ""})
    monkeypatch.syspath_prepend(tmp_path)
    assert programs.finding("program_whole") == ""


def package(folder, modules):
    folder.mkdir()
    for module, text in modules.items():
        (folder / f"{module}.py").write_text(text)


def test_the_servers_program_is_imported_by_what_its_image_installs():
    (server,) = (each.command for each in check.checks("flights") if each.command[-1] == "pipelines.server")
    assert server[0] == str(CHECKOUT / environments.SERVING.folder / "bin" / "python")


# What DVC 3.67 prints on standard error.
MISSING = """\
WARNING: Some of the cache files do not exist neither locally nor on remote. Missing cache files:
md5: b026324c6904b2a9cb4b88d6d61c81d1
ERROR: failed to pull data from the cloud - Checkout failed for following targets:
data/flights/2013-01.csv
data/weather/2013-01.csv
Is your cache up to date?
<https://error.dvc.org/missing-files>
"""
DENIED = """\
ERROR: unexpected error - Access Denied: An error occurred (AccessDenied) when calling the GetObject operation: Access Denied

Having any troubles? Hit us up at https://dvc.org/support, we are always happy to help!
"""
PARTLY = """\
ERROR: failed to transfer 'md5: b026' - Could not connect to the endpoint URL
ERROR: failed to transfer 'md5: c81d' - Could not connect to the endpoint URL
ERROR: failed to pull data from the cloud - 2 files failed to download
"""


@pytest.mark.parametrize(
    ("errors", "told"),
    [
        (
            MISSING,
            "DVC's remote does not have data/flights/2013-01.csv, data/weather/2013-01.csv: `dvc push` from where that was ",
        ),
        (
            DENIED,
            "dvc pull: unexpected error - Access Denied: An error occurred (AccessDenied) when calling the GetObject operation",
        ),
        (
            PARTLY,
            "dvc pull: failed to transfer 'md5: b026' - Could not connect to the endpoint URL; failed to pull data from the cloud ",
        ),
    ],
)
def test_data_that_cannot_be_pulled_is_told_by_what_dvc_could_not_do(errors, told):
    assert data.why(errors).startswith(told)


def test_a_pull_that_fails_ends_the_stage_and_one_that_ended_without_a_word_says_how(tmp_path):
    dvc = tmp_path / "dvc"
    for prints, sentence in (
        ("ERROR: no remote", "dvc pull: no remote"),
        ("", "dvc pull ended with status 251"),
    ):
        dvc.write_text(f"#!/bin/sh\necho '{prints}' >&2; exit 251\n")
        dvc.chmod(0o700)
        with pytest.raises(StageError, match=f"^{sentence}$"):
            data.pull(dvc, ["data/flights/2013-01.csv.dvc"])


FULL = "compute of the stage in model-delivery:build gives more"


def test_a_full_disk_is_told_with_the_key_that_gives_more_whoever_met_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["builds", "version"])
    monkeypatch.setenv("MODEL", "flights")
    full = OSError(ENOSPC, os.strerror(ENOSPC), "data/x.csv")
    met = "git clone: fatal: write error: No space left on device."
    for raised in (full, StageError(met)):
        monkeypatch.setattr(builds, "_version", Mock(side_effect=raised))
        assert builds.main() == 1
        told = outcome.left("REASON")
        assert told.startswith(str(raised).rstrip("."))
        assert told.endswith(f": the build's disk is full, {FULL}")
        assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    "raised",
    [FileNotFoundError("a fault of ours"), SyntaxError("invalid syntax", ("dataset.py", 3, 1, "def"))],
)
def test_what_nobody_foresaw_is_the_reason_too_and_its_traceback_is_in_the_log(tmp_path, monkeypatch, raised):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["builds", "version"])
    monkeypatch.setattr(builds, "_version", Mock(side_effect=raised))
    with pytest.raises(type(raised)):
        builds.main()
    assert outcome.left("REASON").startswith(
        f"{type(raised).__name__}: {raised}: a bug of the build's own, or of this commit"
    )


def test_a_module_that_the_checks_do_not_need_keeps_them_from_nothing(clone):
    """Broken, it is for them to tell of."""
    script = (
        "import sys; sys.modules['pipelines.dataset'] = None; sys.argv = ['builds', 'check']\n"
        "from tools.builds import check, __main__ as builds\n"
        "check.run = lambda model: f'lint: of {model}'\n"
        "sys.exit(builds.main())"
    )
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(CHECKOUT), "MODEL": "flights"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=clone, env=environ, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "build: lint: of flights\n")


def test_a_set_up_that_stops_is_the_reason_of_the_stage_that_begins_with_it(tmp_path, monkeypatch):
    """Before any package is there; the log has all of it."""
    message = "`uv pip sync` ended with status 1:\n    Resolved 3\n    error: HTTP 503 of x\nWhat to do: look at the network"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(environments, "ensure", Mock(side_effect=SetupError(message)))
    monkeypatch.setattr("tools.setup.shell.entered", lambda environ, _: dict(environ))
    assert set_up.main([]) == 1
    assert outcome.left("REASON") == (
        "set-up: `uv pip sync` ended with status 1: error: HTTP 503 of x What to do: look at the network"
    )


def kept(clone):
    """What a database of mypy's cache in a clone says."""
    with closing(sqlite3.connect(clone / kept_types.FOLDER / "3.11" / "cache.0.db")) as database:
        return [row for (row,) in database.execute("SELECT data FROM files2")]


@pytest.fixture
def checked(tmp_path):
    """A clone in which mypy ran."""
    folder = tmp_path / "theirs" / kept_types.FOLDER / "3.11"
    folder.mkdir(parents=True)
    with closing(sqlite3.connect(folder / "cache.0.db")) as database, database:
        database.execute("CREATE TABLE files2 (data TEXT)")
        database.execute("INSERT INTO files2 VALUES ('before')")
    return tmp_path / "theirs"


def test_types_that_were_checked_in_the_clone_of_the_packages_are_taken_over_whole(checked, tmp_path):
    with closing(sqlite3.connect(checked / kept_types.FOLDER / "3.11" / "cache.0.db")) as writing:
        writing.execute("INSERT INTO files2 VALUES ('half written')")  # no end of the transaction
        kept_types.take_over(checked, tmp_path / "ours")
    assert kept(tmp_path / "ours") == ["before"]


def test_a_clone_that_has_checked_its_types_keeps_what_it_has(checked, tmp_path):
    kept_types.take_over(checked, tmp_path / "ours")
    with closing(sqlite3.connect(checked / kept_types.FOLDER / "3.11" / "cache.0.db")) as database, database:
        database.execute("INSERT INTO files2 VALUES ('later')")
    kept_types.take_over(checked, tmp_path / "ours")
    assert kept(tmp_path / "ours") == ["before"]


def test_a_cache_that_cannot_be_read_is_left_and_the_check_goes_on(checked, tmp_path, capsys):
    (checked / kept_types.FOLDER / "3.11" / "cache.1.db").write_bytes(b"no database" * 100)
    kept_types.take_over(checked, tmp_path / "ours")
    assert not (tmp_path / "ours" / kept_types.FOLDER).exists()
    assert "cannot be read (file is not a database): all types are checked" in capsys.readouterr().out


def test_without_a_cache_there_nothing_is_made_here(tmp_path):
    kept_types.take_over(tmp_path / "theirs", tmp_path / "ours")
    assert not (tmp_path / "ours").exists()


def test_a_dockerfile_without_entrypoint_is_told():
    assert finding("Dockerfile", 'FROM base\nENTRYPOINT ["python"]\n') == ""
    assert finding("Dockerfile", "FROM base\n# ENTRYPOINT\nCMD x\n").startswith("Dockerfile: no ENTRYPOINT")


def test_what_a_stage_leaves_is_one_line_of_bounded_length(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcome.leave("REASON", "two\nlines " + "x" * 2_000)
    left = (tmp_path / ".build" / "REASON").read_text()
    assert left.startswith("two lines xxx")
    assert (left.count("\n"), len(left) <= 1_000) == (1, True)


@pytest.mark.parametrize(
    ("command", "told", "missing"),
    [
        ("version", {}, "MODEL"),
        ("check", {}, "MODEL"),
        ("image", {"BASE_IMAGE": "python@sha256:0", "MODEL": "flights"}, "ENVIRONMENT"),
        (
            "image",
            {"SANDBOX_HOME": "sandbox", "MODEL": "flights", "ENVIRONMENT": "staging"},
            "REPOSITORY",
        ),
        ("train", {"MODEL": "flights"}, "ENVIRONMENT"),
        ("train", {"ENVIRONMENT": "staging"}, "MODEL"),
        ("deploy", {"PULUMI_BACKEND_URL": "s3://state"}, "ENVIRONMENT"),
        ("verify", {"MODEL": "flights", "ENVIRONMENT": ""}, "ENVIRONMENT"),
    ],
)
def test_a_variable_that_a_tag_job_forgot_is_named_in_a_sentence(clone, monkeypatch, command, told, missing):
    monkeypatch.chdir(clone)
    outcome.leave("VERSION", "v1.2.0")
    monkeypatch.setattr(os, "environ", {"PATH": os.environ["PATH"], **told})
    monkeypatch.setattr(sys, "argv", ["builds", command])
    assert builds.main() == 1
    assert outcome.left("REASON").startswith(f"{missing} is not set: ")


@pytest.mark.parametrize(
    ("version", "environment", "why"),
    [
        ("", "staging", "`make build-version` comes before this stage"),
        ("v1.2.0", "Staging!", "ENVIRONMENT=Staging!, VERSION=v1.2.0: "),
    ],
)
def test_a_stage_without_a_version_or_with_a_name_that_is_none_says_so(
    tmp_path, monkeypatch, version, environment, why
):
    monkeypatch.chdir(tmp_path)
    outcome.leave("VERSION", version)
    with pytest.raises(StageError, match=re.escape(why)):
        subject.of({"MODEL": "flights", "ENVIRONMENT": environment})


def test_images_are_pushed_by_the_command_that_builds_and_runs_them(monkeypatch):
    """One way to push: the digests are those of `make image`."""
    commands = []
    uris = {
        name: f"222222222222.dkr.ecr.eu-west-1.amazonaws.com/flights@{name}" for name in ("server", "steps")
    }

    def called(*command):
        commands.append(command[1:])
        return msgspec.json.encode(
            {"engine": "docker", "images": [{"name": n, "uri": u} for n, u in uris.items()]}
        )

    monkeypatch.setattr(image, "called", called)
    built = image.build({"BASE_IMAGE": "python@sha256:0", "ENVIRONMENT": "staging"})
    assert built == {"IMAGE": uris["server"], "STEP_IMAGE": uris["steps"]}
    assert commands == [("-m", "tools.image", "--base", "python@sha256:0", "--push", "staging", "--json")]


def test_images_without_a_base_by_digest_are_not_built_and_the_key_is_named():
    with pytest.raises(StageError, match="set baseImage of model-delivery:build"):
        image.build({"ENVIRONMENT": "staging"})


BASE = f"python:3.11-slim@sha256:{'0' * 64}"
BUILT = {
    variable: f"222222222222.dkr.ecr.eu-west-1.amazonaws.com/flights@sha256:{digit * 64}"
    for variable, digit in (("IMAGE", "1"), ("STEP_IMAGE", "2"))
}


@pytest.fixture
def registry(monkeypatch):
    """Of the environment that a build is of."""
    made = FakeRegistry()
    monkeypatch.setattr(bills, "open_environment", lambda *_, **__: Mock(registry=made, place=PLACE))
    return made


@pytest.mark.parametrize(
    ("told", "base"),
    [
        ({"BASE_IMAGE": BASE}, [{"name": "model-delivery:base", "value": BASE}]),
        ({"SANDBOX_HOME": "sandbox", "BASE_IMAGE": BASE}, None),
    ],
)
def test_a_build_keeps_the_bill_of_each_image_by_its_digest_once(registry, told, base):
    of = subject.Subject(model=PLACE.model, environment=PLACE.environment, version=V2)
    bills.keep(of, BUILT, image.base_of(told))
    kept = {key: json.loads(content) for key, content in registry.evidence.items()}
    assert {key: each["metadata"]["component"]["name"] for key, each in kept.items()} == {
        (f"images/sha256:{'1' * 64}", "bill.cdx.json"): "server",
        (f"images/sha256:{'2' * 64}", "bill.cdx.json"): "steps",
    }
    assert [each["metadata"]["component"].get("properties") for each in kept.values()] == [base, base]
    before = dict(registry.evidence)
    bills.keep(of, BUILT, "another name of the same base")
    assert registry.evidence == before


def test_a_requirement_that_no_bill_can_name_stops_the_stage_with_its_sentence(
    registry, monkeypatch, tmp_path
):
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "serving.txt").write_text("msgspec>=0.22\n")
    monkeypatch.setattr(bills, "ROOT", tmp_path)
    of = subject.Subject(model=PLACE.model, environment=PLACE.environment, version=V2)
    with pytest.raises(
        StageError, match=r"requirements/serving\.txt: msgspec is not pinned by version and hash"
    ):
        bills.keep(of, BUILT, BASE)
    assert registry.evidence == {}
