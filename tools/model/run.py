"""What a run of the model needs: what changed, the months of data, the model that serves."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from modeldelivery.release.cli.checkout import read_parameters
from modeldelivery.release.cli.project import read_yaml
from modeldelivery.release.errors import InvalidError
from modeldelivery.terminal.steps import step
from tools.model.changes import PARAMETERS, Changes, changes

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
CHAMPION = BUILD / "champion"
DVC = ROOT / ".venv-data" / "bin" / "dvc"
_BIN = Path(sys.executable).parent
_STAGES = "dvc.yaml"
# Keys of params.yaml without which nothing is trained, each as it is written.
_NEEDED = {
    "model": "model: flights",
    "months": 'months: {first: "2013-01", until: "2013-03"}',
    "evaluation": "evaluation: {engine: slices}",
}
_RECORDS = ("dvc.lock", "metrics")  # what a run writes that belongs to the commit
# The variable by which a platform names what a change would be merged into, and what Git calls it.
_BASES = {
    "GITHUB_BASE_REF": "origin/{}",
    "CI_MERGE_REQUEST_DIFF_BASE_SHA": "{}",
    "CHANGE_TARGET": "origin/{}",
}


class RunError(Exception):
    """A command failed that judges nothing; the message is a sentence. `status` is the command's."""

    def __init__(self, sentence: str, status: int = 1) -> None:
        super().__init__(sentence)
        self.status = status


def parameters() -> dict[str, Any]:
    """`params.yaml` as it is, once it is known to be what the stages take. Raises RunError."""
    file = ROOT / PARAMETERS
    try:
        read_parameters(file)
    except InvalidError as error:
        raise RunError(str(error)) from error
    given = read_yaml(file) if file.is_file() else {}
    for name, example in _NEEDED.items():
        if not given.get(name):
            raise RunError(f"{file}: {name} is missing; write {example}")
    return given


def base(environ: Mapping[str, str]) -> str | None:
    """The commit that this change would be merged into, as the platform names it; None outside of one."""
    return next((form.format(environ[name]) for name, form in _BASES.items() if environ.get(name)), None)


def changed(onto: str) -> Changes | None:
    """What differs between the working tree and where it left `onto`; None where Git does not have that. Raises RunError."""
    # A clone in which nobody checked the branch out has it as the remote's alone.
    fork = _git("merge-base", onto, "HEAD") or _git("merge-base", f"origin/{onto}", "HEAD")
    before = _parsed(_git("show", f"{fork.strip()}:{PARAMETERS}")) if fork else None
    names = _git("diff", "--name-status", "--no-renames", "-z", fork.strip()) if fork else None
    if before is None or names is None:
        return None
    parts = names.split("\0")
    files = {path: status[:1] for status, path in zip(parts[::2], parts[1::2], strict=False)}
    stages = yaml.safe_load((ROOT / _STAGES).read_text())["stages"].values()
    deps = {dep for stage in stages for dep in stage["deps"]} | {PARAMETERS, _STAGES}
    return changes(files, deps, before, parameters())


def _parsed(text: str | None) -> dict[str, Any] | None:
    """What stood in params.yaml; None where nobody can tell."""
    try:
        document = yaml.safe_load(text or "")
    except yaml.YAMLError:
        return None
    return document if isinstance(document, dict) else None


def uncommitted() -> tuple[str, ...]:
    """Records of this run that differ from those of the commit."""
    differing = _git("status", "--porcelain", "-z", "--", *_RECORDS) or ""
    return tuple(sorted(entry[3:] for entry in differing.split("\0") if entry))


def pull(environment: str) -> None:
    """Have DVC here, and every month that Git names: the folder of all of them is an input, and must be the same in every clone.

    Raises:
        RunError: DVC could not get them.
    """
    pointers = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "data").glob("*/*.dvc"))
    with step("DVC", sys.stderr):
        call("make setup-data", [sys.executable, "-m", "tools.setup", "data"], environment)
    with step(f"{len(pointers)} months of tables", sys.stderr):
        call("dvc pull", [str(DVC), "pull", *pointers], environment)


def fetch_champion(environment: str, model: str) -> None:
    """Have the model here that serves.

    Raises:
        RunError: `modelctl` could not get it.
    """
    command = ["modelctl", "artifact", "--env", environment, "--model", model, "--out", str(CHAMPION)]
    with step(f"the model that serves in {environment}", sys.stderr):
        call(" ".join(command[:4]), [str(_BIN / command[0]), *command[1:]], environment)


def _git(*arguments: str) -> str | None:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    return done.stdout if done.returncode == 0 else None


def call_module(environment: str, module: str, *arguments: object, results: Sequence[int] = (0,)) -> str:
    """One of the project's programs, as `call`."""
    return call(module, [sys.executable, "-m", module, *map(str, arguments)], environment, results)


def call(name: str, command: list[str], environment: str, results: Sequence[int] = (0,)) -> str:
    """Have a command carried out in an environment; what it printed.

    Args:
        name: of the command, in a sentence.
        command: the command.
        environment: whose profile it has, unless the shell names one.
        results: exit statuses that are no failure.

    Raises:
        RunError: it ended with another one.
    """
    environ = {"AWS_PROFILE": environment, **os.environ}
    done = subprocess.run(
        command, cwd=ROOT, env=environ, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    if done.returncode not in results:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-3:]
        words = " ".join(line.removeprefix("ERROR: ") for line in last)
        raise RunError(f"`{name}` failed: {words or f'it ended with {done.returncode}'}", done.returncode)
    return done.stdout
