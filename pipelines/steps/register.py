"""Register: give a model that passed its gates a version's name, by `modelctl register`.

Inputs: `model`, a folder with `model.tar.gz`; `validation` and `evaluation`, what those steps left. No output: the registry
is one. Run again it finds what it did before, and does what was left.

What is registered is the archive that was judged: the model's files packed as `pipelines.package` packs them, since the one that
SageMaker packs has other bytes each time.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from pipelines.package import unpack, write
from pipelines.server import artifact
from pipelines.steps.contract import InputError, RegistrationError
from pipelines.steps.step import Call

ARCHIVE_FILE = "model.tar.gz"
REPORT_FILE = "evaluation.json"
METRICS_FILE = "metrics.json"
# What else is kept with the version: each file, and the input that holds it.
EVIDENCE = {
    "validation.json": "validation",
    "validation.html": "validation",
    "evaluation.html": "evaluation",
    "baseline.json": "evaluation",
}
_MODELCTL = (sys.executable, "-m", "modeldelivery.release.cli")
# What `modelctl register` is given as it is.
_OPTIONS = {
    "env": "the environment whose registry it is",
    "version": "the version's name, vX.Y.Z",
    "image": "the server's image, by digest",
    "data-revision": "of the data that trained the model",
    "commit": "of the code",
    "execution": "ARN of the pipeline's execution",
}


class _Ended(msgspec.Struct):
    """What `modelctl --json` prints."""

    summary: str
    hint: str | None = None


def add_options(parser: argparse.ArgumentParser) -> None:
    """What the model is registered with."""
    for name, words in _OPTIONS.items():
        parser.add_argument(f"--{name}", required=True, metavar=name.upper(), help=words)


def run(call: Call) -> None:
    """See the module.

    Raises:
        BadArchiveError: of the model.
        InputError: an input is missing.
        RegistrationError: the registry did not take the version.
    """
    if call.parameters:
        raise InputError(f"{call.where}: {', '.join(call.parameters)}: a registration has no parameters")
    with tempfile.TemporaryDirectory() as folder:
        archive = write(Path(folder), artifact.pack(unpack(_file(call.job.input("model"), ARCHIVE_FILE))))
        command = _command(call, archive)
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, env=dict(os.environ))
    print(done.stdout, end="", flush=True)
    if done.returncode:
        raise RegistrationError(_why(done.stdout, done.returncode))


def _command(call: Call, archive: Path) -> list[str]:
    values = vars(call.options)
    given = [f"--{name}={values[name.replace('-', '_')]}" for name in _OPTIONS]
    evidence = [
        f"--evidence={name}={_file(call.job.input(folder), name)}" for name, folder in EVIDENCE.items()
    ]
    return [
        *(*_MODELCTL, "register", "--json", f"--model={call.recipe.name}", *given),
        f"--artifact={archive}",
        f"--actor={values['execution']}",
        f"--evaluation={_file(call.job.input('evaluation'), REPORT_FILE)}",
        f"--metrics={_file(call.job.input('evaluation'), METRICS_FILE)}",
        *evidence,
    ]


def _file(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.is_file():
        raise InputError(
            f"{path}: no such file; the step before left {', '.join(sorted(p.name for p in folder.iterdir()))}"
        )
    return path


def _why(output: str, status: int) -> str:
    """The sentence of `modelctl`."""
    try:
        ended = msgspec.json.decode(output, type=_Ended)
    except msgspec.DecodeError:
        return f"modelctl register ended with {status}; its last words are in the job's log"
    return ended.summary if ended.hint is None else f"{ended.summary}: {ended.hint}"
