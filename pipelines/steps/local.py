"""One step on this machine, with what SageMaker does around it: inputs put where the step reads them, a model packed.

python -m pipelines.steps.local featurize --base build/featurize --input data=build/dataset --model flights -- --until 2013-03
python -m pipelines.steps.local train --base build/train --input training=… --model flights -- --seed 0

The exit status is the step's. Outputs are where the step wrote them; of a training step also `BASE/output/model.tar.gz`,
which SageMaker would put into S3.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from pipelines.package import write
from pipelines.server import artifact
from pipelines.steps.__main__ import main as run_step
from pipelines.steps.contract import BASE, MODEL, Exit, Job, Kind
from pipelines.steps.step import STEPS, pairs, split

_FOLDERS = ("processing", "input", MODEL, "output")  # of SageMaker's, under the base


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; the step's exit status."""
    own, given = split(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(prog="python -m pipelines.steps.local", description="Run one step here.")
    parser.add_argument("step", choices=STEPS)
    parser.add_argument("--base", required=True, type=Path, metavar="DIR", help="for SageMaker's directories")
    parser.add_argument("--input", action="append", default=[], type=_input, metavar="NAME=PATH")
    parser.add_argument("--model", required=True, metavar="NAME", help="whose recipe is followed")
    options, others = parser.parse_known_args(own)
    job = Job(options.base, STEPS[options.step].kind)
    for name in _FOLDERS:
        shutil.rmtree(job.base / name, ignore_errors=True)
    for name, path in options.input:
        _link(job.place_of_input(name), path)
    if job.kind is Kind.TRAINING:
        path = job.place_of_hyperparameters()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.encode({"model": options.model, **pairs(given)}))
        command = [options.step, *others]
    else:
        command = [options.step, "--model", options.model, *others, "--", *given]
    status = run_step(command, {**os.environ, BASE: str(job.base)})
    if status == Exit.DONE and job.kind is Kind.TRAINING:
        folder = job.place_of_output(MODEL)
        write(
            job.message().parent, artifact.pack({path.name: path.read_bytes() for path in folder.iterdir()})
        )
    return status


def _input(text: str) -> tuple[str, Path]:
    name, equals, path = text.partition("=")
    if not name or not equals or not path:
        raise argparse.ArgumentTypeError(f"{text!r}: write NAME=PATH")
    if not Path(path).is_dir():
        raise argparse.ArgumentTypeError(f"{text!r}: there is no folder {path}")
    return name, Path(path)


def _link(place: Path, path: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(os.path.relpath(path, place.parent))


if __name__ == "__main__":
    sys.exit(main())
