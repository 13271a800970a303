"""Set-up without a network: what it decides, what it keeps, and what it says."""

import io
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from modeldelivery.terminal.steps import SetupError, Step, step
from modeldelivery.terminal.streams import kept
from tools.setup import __main__ as set_up
from tools.setup import environments, linked
from tools.setup.build import built_folder, pinned_version
from tools.setup.cache import complete, locked
from tools.setup.commands import CommandError, run
from tools.setup.environments import DEVELOPMENT, SERVING
from tools.setup.pulumi import ensure, version_of
from tools.setup.release import UnreachableError

CHECKOUT = Path(__file__).resolve().parents[3]
VERSION = "3.259.0"
HOLD_THE_LOCK = """
import io, pathlib, sys, time
from tools.setup.cache import locked
from modeldelivery.terminal.streams import kept
from modeldelivery.terminal.steps import Step
with locked(pathlib.Path(sys.argv[1]), Step("x", io.StringIO())):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def shown():
    return io.StringIO()


@pytest.fixture
def under_way(shown):
    return Step("Pulumi", shown)


def test_the_pinned_version_is_the_one_that_the_requirements_name():
    assert f"pulumi=={pinned_version(CHECKOUT)}\n" in (CHECKOUT / "requirements" / "provider.in").read_text()


def test_versions_are_compared_as_numbers():
    assert (
        version_of("v3.1000.0\n")
        > version_of("3.259.0-alpha.1+dirty")
        > version_of("v3.31.9")
        > version_of("?")
    )


def test_a_changed_host_is_another_build(tmp_path):
    for name in (
        "tools/pulumi/go.mod",
        "tools/pulumi/go.sum",
        "tools/pulumi/tools.go",
        "requirements/language-host.txt",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((CHECKOUT / name).read_bytes())
    host = tmp_path / "tools/language_host/service.py"
    host.parent.mkdir()
    host.write_text("one")
    first = built_folder(tmp_path, Path("/cache"))
    assert first == built_folder(tmp_path, Path("/cache"))
    host.write_text("two")
    assert built_folder(tmp_path, Path("/cache")) != first


def test_what_is_complete_is_not_made_again(tmp_path):
    complete(tmp_path / "cli", lambda target: target.mkdir())
    complete(tmp_path / "cli", lambda _: pytest.fail("made twice"))


def test_what_an_interrupted_set_up_left_is_made_anew(tmp_path):
    def interrupted(target):
        target.mkdir()
        (target / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        complete(tmp_path / "cli", interrupted)
    assert not (tmp_path / "cli").exists()
    complete(tmp_path / "cli", lambda target: target.mkdir())
    assert list((tmp_path / "cli").iterdir()) == []


def test_two_set_ups_never_hold_the_cache_at_once(tmp_path, under_way):
    events = []

    def other():
        with locked(tmp_path, Step("other", io.StringIO())):
            events.append("other")

    with locked(tmp_path, under_way):
        thread = threading.Thread(target=other, daemon=True)
        thread.start()
        thread.join(0.7)
        events.append("first")
    thread.join(60)
    assert events == ["first", "other"]


def test_the_lock_of_a_killed_set_up_holds_nobody_up(tmp_path, under_way, monkeypatch):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD_THE_LOCK, tmp_path],
        stdout=subprocess.PIPE, text=True, cwd=CHECKOUT,
    )  # fmt: skip
    assert holder.stdout.readline() == "held\n"
    holder.kill()
    holder.wait(60)
    monkeypatch.setattr(under_way, "status", lambda _: pytest.fail("it waits"))
    with locked(tmp_path, under_way):
        pass


def test_a_failed_command_shows_its_last_words_and_what_to_do(tmp_path, under_way):
    with pytest.raises(CommandError) as failure:
        run(
            [sys.executable, "-c", "import sys; print('no space left'); sys.exit(3)"],
            under_way, doing="x", folder=tmp_path, hint="make room",
        )  # fmt: skip
    assert "status 3" in str(failure.value)
    assert "no space left" in str(failure.value)
    assert "What to do: make room" in str(failure.value)


def test_a_command_that_is_not_there_is_a_sentence(tmp_path, under_way):
    with pytest.raises(CommandError, match="`no-such-go` cannot be started: No such file"):
        run(["no-such-go"], under_way, doing="x", folder=tmp_path)


def test_output_is_whole_while_its_lines_are_counted(tmp_path, under_way):
    counts = []

    def describe(log):
        log.seek(0)  # moves the offset that the child shares
        counts.append(log.read().count(b"\n"))
        return ""

    script = (
        "import time\nfor i in range(12): print('line', i, flush=True); time.sleep(0.1)\nraise SystemExit(1)"
    )
    with pytest.raises(CommandError) as failure:
        run([sys.executable, "-c", script], under_way, doing="x", folder=tmp_path, describe=describe)
    assert all(f"line {i}\n" in str(failure.value) + "\n" for i in range(12))
    assert counts == sorted(counts)


def test_piped_progress_is_plain_lines(shown):
    with step("Pulumi", shown) as under_way:
        under_way.status("compiling")
        under_way.outcome("3.259.0, cached")
    assert shown.getvalue() == "  ✓ Pulumi: 3.259.0, cached\n"


def test_a_failed_step_is_marked(shown):
    with pytest.raises(SetupError), step("Pulumi", shown):
        raise SetupError("no Go")
    assert shown.getvalue() == "  ✗ Pulumi\n"


def test_a_stream_that_cannot_show_the_marks_still_gets_the_words(tmp_path):
    with (
        (tmp_path / "shown").open("wb") as shown,
        step("Pulumi", kept(shown.fileno(), "ascii", waits=True)) as under_way,
    ):
        under_way.outcome("done")
    assert (tmp_path / "shown").read_bytes() == b"  ok Pulumi: done\n"


def executable(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A clone whose cache holds the pinned release, and nothing on PATH but a shell."""
    root = tmp_path / "clone"
    (root / "tools" / "pulumi").mkdir(parents=True)
    for name in ("go.mod", "go.sum", "tools.go"):
        (root / "tools" / "pulumi" / name).write_bytes((CHECKOUT / "tools" / "pulumi" / name).read_bytes())
    (root / "requirements").mkdir()
    (root / "requirements" / "language-host.txt").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    executable(tmp_path / "cache" / "model-delivery" / f"pulumi-{VERSION}-official" / "pulumi", "#!/bin/sh\n")
    return root


@pytest.fixture
def on_path(tmp_path, monkeypatch):
    """Put a pulumi of some version on PATH."""

    def put(version, *, with_host=True):
        program = executable(tmp_path / "bin" / "pulumi", f"#!/bin/sh\necho {version}\n")
        if with_host:
            executable(tmp_path / "bin" / "pulumi-language-python", "#!/bin/sh\n")
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
        return program

    return put


def chosen(clone):
    return (clone / ".tools" / "bin" / "pulumi").readlink()


def test_the_pinned_pulumi_on_path_is_used(clone, on_path, under_way):
    program = on_path(f"v{VERSION}")
    ensure(clone, under_way)
    assert chosen(clone) == program


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"version": "v3.258.9"}, "it is v3.258.9, and 3.259.0 is needed"),
        ({"version": "v3.300.1", "with_host": False}, "no pulumi-language-python beside it"),
        ({"version": "v3.300.1"}, "it is v3.300.1, and 3.259.0 is pinned"),
        ({"version": "; exit 1"}, "`pulumi version` fails"),
    ],
)
def test_another_pulumi_on_path_is_passed_over_and_told_why(clone, on_path, shown, other, reason):
    on_path(**other)
    ensure(clone, Step("Pulumi", shown))
    assert chosen(clone).parent.name == f"pulumi-{VERSION}-official"
    assert reason in shown.getvalue()


@pytest.fixture
def alone(clone, tmp_path, monkeypatch):  # noqa: ARG001 - in the clone's cache
    """No release is cached, none can be downloaded, and there is no Go."""
    shutil.rmtree(tmp_path / "cache")
    monkeypatch.setattr("tools.setup.pulumi.download", lambda *_, **__: unreachable())


def unreachable():
    raise UnreachableError("the cable is out")


@pytest.mark.usefixtures("alone")
def test_another_pulumi_is_used_with_a_warning_where_the_pinned_one_cannot_be_had(clone, on_path, shown):
    program = on_path("v3.300.1")
    with step("Pulumi", shown) as under_way:
        ensure(clone, under_way)
    assert chosen(clone) == program
    assert f"WARNING: {program} is used all the same" in shown.getvalue()
    assert "✓ Pulumi: v3.300.1 from PATH, not the pinned 3.259.0" in shown.getvalue()


@pytest.mark.usefixtures("alone")
def test_an_older_pulumi_is_used_in_no_case(clone, on_path, under_way):
    on_path("v3.258.9")
    with pytest.raises(SetupError, match="there is no working Go to build it"):
        ensure(clone, under_way)


def test_our_own_link_on_path_is_not_taken_for_one_of_the_users(clone, on_path, monkeypatch, under_way):
    program = on_path(f"v{VERSION}")
    ensure(clone, under_way)
    program.unlink()
    monkeypatch.setenv("PATH", f"{clone / '.tools' / 'bin'}:/usr/bin:/bin")
    ensure(clone, under_way)
    assert chosen(clone).parent.name == f"pulumi-{VERSION}-official"


@pytest.fixture
def up_to_date(tmp_path):
    """A clone whose environments are what their requirements say, by their stamps."""
    shutil.copytree(CHECKOUT / "requirements", tmp_path / "requirements")
    shutil.copy(CHECKOUT / "pyproject.toml", tmp_path)
    for environment in (DEVELOPMENT, SERVING):
        folder = tmp_path / environment.folder
        (folder / "bin").mkdir(parents=True)
        stamp = f"{environments._made_for(tmp_path)}\n{environments._content(environment, tmp_path)}\n"
        (folder / linked.STAMP).write_text(stamp)
    return tmp_path


def no_command(path):
    path.unlink(missing_ok=True)


def another_clones(path):
    executable(path, "#!/bin/sh\nexec /elsewhere/python -m sandbox\n")


def not_executable(path):
    path.chmod(0o644)


@pytest.mark.parametrize("spoil", [no_command, another_clones, not_executable])
def test_the_sandbox_command_is_written_again_though_nothing_else_is_to_do(
    up_to_date, under_way, monkeypatch, spoil
):
    monkeypatch.setattr(environments, "run", lambda *_, **__: pytest.fail("something is installed again"))
    command = up_to_date / ".venv" / "bin" / "sandbox"
    environments.ensure(DEVELOPMENT, up_to_date, under_way)
    good = command.read_text()
    spoil(command)
    environments.ensure(DEVELOPMENT, up_to_date, under_way)
    assert command.read_text() == good
    assert os.access(command, os.X_OK)


def test_only_the_environment_that_the_project_is_in_has_the_sandbox_command(up_to_date, under_way):
    environments.ensure(SERVING, up_to_date, under_way)
    assert list((up_to_date / ".venv-serving" / "bin").iterdir()) == []


def test_the_sandbox_command_runs_this_clones_sandbox_wherever_it_is_typed(tmp_path):
    (tmp_path / "sandbox.py").write_text("raise SystemExit('the wrong one')")
    written = CHECKOUT / ".venv" / "bin" / "sandbox"
    (tmp_path / "linked").symlink_to(written)
    assert written.read_text() == environments._SANDBOX
    for command in (written, tmp_path / "linked"):
        done = subprocess.run(
            [command, "--help"], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("usage: sandbox ")


def test_set_up_takes_the_words_of_environments_and_no_other(capsys):
    assert set_up.main(["data", "dta"]) == 2
    assert (
        "dta: write `python3 -m tools.setup [data] [definition] [drift] [tfma] [load] [kubernetes]"
        in capsys.readouterr().err
    )
    assert set(set_up._BESIDES) == environments.BESIDES.keys()


@pytest.mark.parametrize(
    "words", [[], ["data"], ["definition"], ["definition", "data"], ["drift"], ["tfma"], ["load"]]
)
def test_what_only_some_commands_need_is_set_up_where_it_is_asked_for(monkeypatch, words):
    made = []
    monkeypatch.setattr(environments, "ensure", lambda environment, *_: made.append(environment.folder))
    monkeypatch.setattr("tools.setup.pulumi.ensure", lambda *_: None)
    monkeypatch.setattr("tools.setup.shell.entered", lambda environ, _: dict(environ))
    assert set_up.main(words) == 0
    assert made == [".venv", ".venv-serving", *(f".venv-{word}" for word in sorted(words))]


@pytest.mark.parametrize(
    ("word", "required", "provider"),
    [("kubernetes", True, True), ("cluster", True, False), ("cluster-where-possible", False, False)],
)
def test_kubernetes_is_set_up_where_it_is_asked_for_and_may_be_had_or_not(
    monkeypatch, word, required, provider
):
    made = []
    monkeypatch.setattr(environments, "ensure", lambda *_: None)
    monkeypatch.setattr("tools.setup.pulumi.ensure", lambda *_: None)
    monkeypatch.setattr("tools.setup.shell.entered", lambda environ, _: dict(environ))
    monkeypatch.setattr("tools.setup.kubernetes.set_up", lambda *_, **words: made.append(words))
    assert set_up.main([]) == set_up.main([word]) == 0
    assert made == [{"required": required, "provider": provider}]


def test_what_is_compiled_for_the_definition_leaves_the_shells_aws_behind_first():
    """SageMaker's SDK makes a client as it is imported, and one without a region is none: a clean machine has none."""
    assert environments.DEFINITION.programs == ("pipelines.definition",)
    source = (Path(environments.__file__).parents[2] / "pipelines" / "definition.py").read_text()
    assert source.index("AWS_DEFAULT_REGION") < source.index("from sagemaker")


def test_packages_are_another_clones_where_these_are_the_very_ones_that_are_asked_for(
    up_to_date, tmp_path_factory, monkeypatch, under_way
):
    ours = tmp_path_factory.mktemp("ours")
    shutil.copytree(up_to_date / "requirements", ours / "requirements")
    shutil.copy(up_to_date / "pyproject.toml", ours)
    theirs = up_to_date / SERVING.folder
    packages = theirs / "lib" / "python3.11" / "site-packages"
    packages.mkdir(parents=True)
    executable(theirs / "bin" / "uvicorn", f"#!{theirs}/bin/python\n")
    monkeypatch.setenv(linked.VARIABLE, str(up_to_date))

    environments.ensure(SERVING, ours, under_way)

    (link,) = (ours / SERVING.folder).glob("lib/python3*/site-packages/linked.pth")
    assert link.read_text().splitlines() == [str(packages), str(ours)]
    assert (
        ours / SERVING.folder / "bin" / "uvicorn"
    ).read_text() == f"#!{ours}/{SERVING.folder}/bin/python\n"


def test_another_clones_packages_are_not_taken_where_other_ones_are_asked_for(up_to_date):
    content = environments._content(SERVING, up_to_date)
    assert linked.fits(up_to_date / SERVING.folder, content)
    assert not linked.fits(up_to_date / SERVING.folder, content + "0")
    assert not linked.fits(up_to_date / "none", content)


@pytest.mark.parametrize("named", ["", "relative", "/nowhere/at/all"])
def test_only_a_folder_that_is_there_is_a_clone_to_take_packages_from(named):
    assert linked.source({linked.VARIABLE: named}) is None
