"""Every command ends with the status and the effect that it has at a good terminal, whatever becomes of its output.

Commands and how they are called come from the command line itself: each has examples, and the first one is run.
"""

import errno
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from modeldelivery.release.cli import main
from modeldelivery.release.cli.checkout import Checkout
from modeldelivery.release.cli.commands import modelctl as every_command
from modeldelivery.release.cli.progress import Console
from modeldelivery.release.samples import read_samples
from modeldelivery.terminal import streams
from tests.bits import FOREIGN, SAMPLES, packed
from tests.conftest import CHECKOUT
from tests.fakes.variants import echoing
from tests.unit.terminal.hostile import HOSTILE, visible
from tests.unit.terminal.test_streams import closed, full, hung_up, without_reader

from .world import V1, V2, V3, World, endpoint, event, journal, register, rejection

COMMANDS = every_command().commands
CHECKED_OUT = Checkout(commit="c" * 40, first="2013-01", until="2013-03")


def arguments(command):
    """Of the command's first example."""
    program, *words = shlex.split(COMMANDS[command].examples[0].removeprefix('eval "$(').removesuffix(')"'))
    assert program == "modelctl"
    return words


def suited(command):
    """A world in which the example is carried out."""
    world = World()
    world.registry.images["sha256:" + "0" * 64] = FOREIGN
    if command == "accept":
        world.store.journal = journal(rejections=(rejection("v1.1.0"),))
    if command in {"approve", "reject"}:
        register(world.registry, "v1.2.0", packed())
        record, etag = world.registry.records["v1.2.0"]
        world.registry.records["v1.2.0"] = msgspec.structs.replace(record, package_arn="arn:package"), etag
    if command == "verify":
        answers(world, "v1.2.0")
        world.hosting.endpoint = endpoint({"v1.2.0": 100})
    if command == "drill":
        answers(world, V1)
        answers(world, V2)
    if command == "adopt":
        world.hosting.endpoint = endpoint({V1: 30, V2: 70})
    if command in {"artifact", "train"}:
        register(world.registry, V2, packed())
    if command == "rollback":
        world.hosting.slow = 5  # so that there is progress to be told
    return world


def answers(world, version):
    """A version with sample requests, whose container answers."""
    register(world.registry, version, packed())
    samples = read_samples(SAMPLES, "samples")
    world.registry.store_samples(samples)
    record, etag = world.registry.records[version]
    record = msgspec.structs.replace(record, package_arn="arn:package", samples=samples.summary)
    world.registry.records[version] = record, etag
    world.variants.containers[version] = echoing


@dataclass
class Ran:
    """How a command ended, and what it did."""

    status: Any
    journal: Any
    calls: Any
    records: Any


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where the examples' files are, and the project whose model they mean."""
    (tmp_path / "model.tar.gz").write_bytes(packed())
    (tmp_path / "Pulumi.yaml").write_text("config: {model: flights}\n")
    (tmp_path / "Pulumi.staging.yaml").write_text("config: {model-delivery:protect: false}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MODELCTL_MODEL", raising=False)
    return tmp_path


def run(monkeypatch, command, out, err, *more):
    """Carry a command out with these standard streams."""
    world = suited(command)

    def opens(options):
        return msgspec.structs.replace(world.opens(options), progress=Console(sys.stderr))

    with monkeypatch.context() as patched:
        patched.setattr("sys.stdout", out)
        patched.setattr("sys.stderr", err)
        patched.setattr("modeldelivery.release.cli.train.checkout", lambda _: CHECKED_OUT)
        try:
            status = main([*arguments(command), *more], opens=opens)
        except SystemExit as ended:
            status = ended.code
    return Ran(status, world.store.journal, world.hosting.calls, world.registry.records)


def good(tmp_path, name, encoding="utf-8"):
    """A stream as `streams.keep` makes it, into a file."""
    return streams.kept(os.open(tmp_path / name, os.O_WRONLY | os.O_CREAT), encoding, waits=name == "out")


BROKEN = {
    "full": full,
    "closed": closed,
    "a pipe that ends": without_reader,
    "a terminal that hung up": hung_up,
}


@pytest.fixture(scope="module")
def usually():
    """How a command ends where its output can be written, once for all that cannot be."""
    return {}


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("which", ["stdout", "stderr", "both"])
@pytest.mark.parametrize("more", [(), ("--json",)], ids=["words", "json"])
@pytest.mark.parametrize("command", COMMANDS)
def test_output_that_cannot_be_written_changes_neither_status_nor_effect(
    folder, monkeypatch, usually, *, command, more, which, broken
):
    more = () if command == "completion" else more
    if (command, more) not in usually:
        usually[command, more] = run(monkeypatch, command, good(folder, "out"), good(folder, "err"), *more)
    usual = usually[command, more]
    out = good(folder, "out") if which == "stderr" else streams.kept(BROKEN[broken](), waits=True)
    err = good(folder, "err") if which == "stdout" else streams.kept(BROKEN[broken](), waits=False)

    ended = run(monkeypatch, command, out, err, *more)

    assert usual.status == 0
    assert ended == usual


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
@pytest.mark.parametrize("more", [(), ("--json",)], ids=["words", "json"])
@pytest.mark.parametrize("command", COMMANDS)
def test_nor_does_an_encoding_and_json_says_the_same_in_every_one(
    folder, monkeypatch, *, command, more, encoding
):
    more = () if command == "completion" else more
    usual = run(monkeypatch, command, good(folder, "out"), good(folder, "err"), *more)
    first = (folder / "out").read_bytes()
    (folder / "out").unlink()

    ended = run(monkeypatch, command, good(folder, "out", encoding), good(folder, "err", encoding), *more)

    assert ended == usual
    shown = (folder / "out").read_text(encoding)
    if more:
        assert msgspec.json.decode(shown) == msgspec.json.decode(first)


def test_a_full_disk_is_told(tmp_path):
    completed = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m modeldelivery.release.cli --version > /dev/full"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
    )

    assert completed.returncode == 0
    assert os.strerror(errno.ENOSPC) in completed.stderr


REDIRECTED = (
    "",
    ">&-",
    "2>&-",
    "<&- >&- 2>&-",
    ">/dev/full",
    "2>/dev/full",
    ">/dev/full 2>&1",
    "| true; exit ${PIPESTATUS[0]}",
    "2>&1 | true; exit ${PIPESTATUS[0]}",
)
ENCODINGS = (
    {},
    {"PYTHONIOENCODING": "ascii"},
    {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
)


def _processes():
    """Every redirection in one encoding each; `make soak` starts each in all of them."""
    for number, redirected in enumerate(REDIRECTED):
        for place, environment in enumerate(ENCODINGS):
            now = place == number % len(ENCODINGS)
            yield pytest.param(redirected, environment, marks=() if now else pytest.mark.soak)


@pytest.mark.parametrize(("redirected", "environment"), [*_processes()])
def test_a_real_process_ends_with_its_own_status(tmp_path, redirected, environment):
    """Without credentials, and a command line that makes no sense: both say what is wrong, wherever it goes."""
    (tmp_path / "config").write_text("")
    for words, status in (("status --env prod --model flights", 5), ("rollback --env prod", 2)):
        ended = subprocess.run(
            ["bash", "-c", f"{sys.executable} -m modeldelivery.release.cli {words} {redirected}"],
            capture_output=True,
            check=False,
            env={
                "PATH": os.environ["PATH"],
                "AWS_CONFIG_FILE": str(tmp_path / "config"),
                "AWS_EC2_METADATA_DISABLED": "true",
                **environment,
            },
        )

        assert ended.returncode == status, ended.stderr


def test_an_interrupt_while_the_program_is_still_being_loaded_is_a_sentence():
    script = """
import sys, modeldelivery.release.cli as cli
def interrupted(name):
    raise KeyboardInterrupt
cli._part = interrupted
sys.exit(cli.main())
"""
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=CHECKOUT
    )

    assert (ended.returncode, ended.stderr) == (130, "modelctl: interrupted: run the same command again\n")


def hostile(value):
    """The same, every text that anyone may write followed by what a terminal would obey."""
    if isinstance(value, str):
        return value if value.startswith("v") or value in EXACT else value + HOSTILE.replace("\ud800", "")
    if isinstance(value, dict):
        return {key: hostile(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(hostile(each) for each in value)
    return value


# Texts of a document that are read as one of few words.
EXACT = {"up", "rollback", "accept", "adopt", "closed"}


@pytest.mark.parametrize("more", [(), ("--json",)], ids=["words", "json"])
@pytest.mark.parametrize("command", sorted(COMMANDS.keys() - {"completion"}))
@pytest.mark.parametrize("outcome", ["as it is", "refused"])
@pytest.mark.usefixtures("folder")
def test_no_control_character_of_anyone_reaches_the_output(monkeypatch, capsys, *, command, more, outcome):
    """Planted in every text of the journal, of the endpoint and of a version's record."""
    world = suited(command)
    kept = msgspec.to_builtins(
        msgspec.structs.replace(
            world.store.journal,
            history=(event(reason="why"), event(actor="someone", operation="another")),
            rejections=(rejection(V3, "sha256:3"), *world.store.journal.rejections),
        )
    )
    kept = hostile(kept)
    kept["incarnation"] = msgspec.to_builtins(world.store.journal.incarnation)
    world.store.journal = msgspec.convert(kept, type(world.store.journal))
    result = world.hosting.endpoint
    world.hosting.endpoint = msgspec.structs.replace(
        result, word=result.word + HOSTILE, failure="why" + HOSTILE, remedy=HOSTILE
    )
    world.hosting.tag = f"run: {HOSTILE}" if outcome == "refused" else None
    monkeypatch.setattr(
        world.registry, "create_package", lambda _: f"arn:{HOSTILE}".replace("\ud800", ""), raising=True
    )

    def opens(options):
        context = world.opens(options)
        return msgspec.structs.replace(context, progress=Console(sys.stderr))

    main([*arguments(command), *more], opens=opens)
    output = capsys.readouterr()

    assert visible(output.out, but=" \n"), output.out
    assert visible(output.err, but=" \n"), output.err
    assert output.out + output.err
