"""Evaluate: a trained model, the challenger, judged on examples that it has not seen, beside the champion.

Inputs: `evaluation`, examples; `training`, those that it learned on; `model`, a folder with the challenger's `model.tar.gz`;
`champion`, what `modelctl artifact` wrote. Output `evaluation`: `evaluation.json` for machines, `evaluation.html` and pictures
for people, `metrics.json` with the metrics over all rows, and `baseline.json`, how the training examples and the predictions for
them are distributed. They are written also when the model is stopped. Parameters: `engine`, which measures, and for `tfma` the
options of Apache Beam; `validation.tfma.json` is then what TensorFlow Model Analysis says of the same demands.
"""

import argparse
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pandas as pd

from pipelines import examples
from pipelines.data_drift.baseline import Baseline
from pipelines.data_drift.baseline import encode as encode_baseline
from pipelines.data_drift.learning import learn
from pipelines.gates import engines, evaluation_page, pictures, skips, thresholds
from pipelines.gates.champion import ARCHIVE_FILE, BadChampionError, NoChampion, champion_in
from pipelines.gates.engine import EngineError
from pipelines.gates.evaluation import Contender, evaluate
from pipelines.gates.labels import BadLabelsError
from pipelines.gates.predict import NotPredictedError, predict
from pipelines.gates.report import Report, Skip, Subject, encode
from pipelines.gates.skips import BadSkipError
from pipelines.gates.tfma import Tfma
from pipelines.gates.thresholds import BadThresholdsError, Thresholds
from pipelines.package import Origin, unpack
from pipelines.server import artifact, verify
from pipelines.server.model import BadModelError
from pipelines.steps.contract import GateError, InputError
from pipelines.steps.step import Call

OUTPUT = "evaluation"
REPORT_FILE = "evaluation.json"
PAGE_FILE = "evaluation.html"
METRICS_FILE = "metrics.json"
_DECIMALS = 6  # of those: what follows differs from one processor to the next
CALIBRATION_FILE = "calibration.svg"
BASELINE_FILE = "baseline.json"
VALIDATION_FILE = "validation.tfma.json"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Gates that a person opens."""
    parser.add_argument(
        "--skip", action="append", default=[], metavar="GATE", help="let this gate pass; once or more"
    )
    parser.add_argument("--by", metavar="PERSON", help="who skips it")
    parser.add_argument(
        "--because", metavar="TEXT", help="why; kept in the report and in the version's record"
    )
    parser.add_argument(
        "--skips",
        default="",
        metavar="JSON",
        help='all three as one text, {"gates": [GATE], "by": PERSON, "because": TEXT}; empty for none',
    )
    parser.add_argument(
        "--evaluation",
        default="",
        metavar="JSON",
        help='the parameters as one text, {"engine": ENGINE, OPTION: VALUE}; empty for none',
    )


def run(call: Call) -> None:
    """See the module.

    Raises:
        GateError: the model did not pass.
        InputError: an input, the thresholds, a skip or the engine is not what it should be.
        BadArchiveError: of a model.
        BadExamplesError: of the examples.
    """
    with tempfile.TemporaryDirectory(prefix="evaluation-") as scratch:
        _run(call, Path(scratch))


def _run(call: Call, scratch: Path) -> None:
    try:
        settings = {**engines.parse(call.options.evaluation), **call.parameters}
        engine = engines.engine_of(settings, call.where, scratch)
    except EngineError as error:
        raise InputError(str(error)) from error
    frame, record = examples.read(call.job.input("evaluation"), call.recipe.name)
    challenger = _challenger(call.job.input("model") / ARCHIVE_FILE, record)
    training, learned = examples.read(call.job.input("training"), call.recipe.name)
    if learned.data_revision != record.data_revision:
        raise InputError(
            f"{call.job.place_of_input('training')}: examples of data {learned.data_revision}; those of "
            f"{call.job.place_of_input('evaluation')} are of {record.data_revision}"
        )
    champion = _champion(call.job.input("champion"))
    demands, skipped = _demands(call, challenger)
    try:
        report = evaluate(
            name=call.recipe.name,
            frame=frame,
            data_revision=record.data_revision,
            challenger=challenger,
            champion=champion,
            thresholds=demands,
            skips=skipped,
            clock=time.process_time,
            engine=engine,
        )
        baseline = _baseline(challenger, training, call.recipe.name, learned.data_revision)
    except EngineError as error:
        raise InputError(str(error)) from error
    except BadLabelsError as error:
        raise InputError(f"{call.job.place_of_input('evaluation')}: {error}") from error
    except NotPredictedError as error:
        raise GateError(f"the challenger cannot be judged: {error}") from error
    with call.job.output(OUTPUT) as folder:
        write(folder, report, demands)
        (folder / BASELINE_FILE).write_bytes(encode_baseline(baseline))
        if isinstance(engine, Tfma):
            (folder / VALIDATION_FILE).write_bytes(engine.validation())
    if not report.passed:
        raise GateError(report.reason)


def write(folder: Path, report: Report, demands: Thresholds) -> None:
    """Everything that an evaluation leaves, the same bytes for the same report."""
    (folder / REPORT_FILE).write_bytes(encode(report))
    (folder / PAGE_FILE).write_text(evaluation_page.draw(report, demands), encoding="utf-8")
    metrics = {
        name: round(each.challenger.value, _DECIMALS) for name, each in report.overall.slice.metrics.items()
    }
    (folder / METRICS_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(metrics), indent=2) + b"\n")
    for name, picture in evaluation_page.differences(report, demands).items():
        (folder / f"differences-{name}.svg").write_text(picture, encoding="utf-8")
    (folder / CALIBRATION_FILE).write_text(pictures.calibration(report.calibration), encoding="utf-8")


def _baseline(challenger: Contender, training: pd.DataFrame, name: str, data_revision: str) -> Baseline:
    """Raises NotPredictedError."""
    model = challenger.model
    return learn(
        model.schema,
        training,
        predict(model, training),
        model=name,
        digest=challenger.subject.digest,
        data_revision=data_revision,
    )


def _challenger(path: Path, record: examples.Record) -> Contender:
    """Raises BadArchiveError, InputError when it was trained on other data, GateError when no server would serve it."""
    try:
        contender, origin = _contender(path)
    except BadModelError as error:
        raise GateError(f"the challenger is no model that the server would serve: {error}") from error
    if origin is None:
        raise InputError(f"{path}: {artifact.METRICS_FILE} does not say which data trained the model")
    if (origin.model, origin.data_revision) != (record.model, record.data_revision):
        raise InputError(
            f"{path}: a model of {origin.model}, trained on data {origin.data_revision}; the examples are of "
            f"{record.model}, data {record.data_revision}"
        )
    return contender


def _champion(folder: Path) -> Contender | NoChampion:
    """Raises InputError and BadArchiveError."""
    try:
        path = champion_in(folder)
        return path if isinstance(path, NoChampion) else _contender(path)[0]
    except (BadChampionError, BadModelError) as error:
        raise InputError(f"the champion: {error}") from error


def _contender(path: Path) -> tuple[Contender, Origin | None]:
    """A model, opened as the server would, and where it says that it comes from. Raises BadArchiveError, BadModelError."""
    files = unpack(path)
    try:
        origin = msgspec.json.decode(files[artifact.METRICS_FILE], type=Origin)
    except msgspec.DecodeError:  # of a model that other code trained
        origin = None
    model = verify.read(artifact.pack(files))
    revision = origin.data_revision if origin else None
    return Contender(model, Subject(digest=model.digest, data_revision=revision)), origin


def _demands(call: Call, challenger: Contender) -> tuple[Thresholds, Mapping[str, Skip]]:
    options = call.options
    try:
        demands = thresholds.read(call.recipe.thresholds, challenger.model.schema.output)
        given = skips.parse(options.skips)
        return demands, skips.skips_of(
            [*options.skip, *given.gates],
            given.by if options.by is None else options.by,
            given.because if options.because is None else options.because,
            demands.gates,
        )
    except (BadThresholdsError, BadSkipError) as error:
        raise InputError(str(error)) from error
