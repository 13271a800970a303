"""Each month of 2013 as `pipelines.quality` judges it, against what training alone fixes and against all that a version showed before.

The reference that training fixes is of January to March alone: each of these months as a model of the other two predicts it. It is a
month's estimate, as what is judged is a month, and nothing after March has a say in it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from pipelines import dataset, examples
from pipelines.flights import features
from pipelines.flights.data import FIRST, LAST, TABLES, published
from pipelines.flights.fit import Settings, fit
from pipelines.flights.recipe import RECIPE, Window, featurize
from pipelines.gates import evaluation, thresholds
from pipelines.gates.cases import Cases, Predictions, grouped
from pipelines.gates.champion import NoChampion
from pipelines.gates.labels import labels_of
from pipelines.gates.report import OVERALL, Subject
from pipelines.gates.slices import InProcess
from pipelines.months import Month
from pipelines.package import Origin, package
from pipelines.quality import judge, showing
from pipelines.quality.report import Joined, Metric, Number, Report
from pipelines.quality.showing import Showing
from pipelines.recipe import Fitted
from pipelines.server import verify
from pipelines.server.model import open_session, run
from pipelines.server.schema import Schema

UNTIL = "2013-03"  # the last month that trains; the one after it evaluates
METRIC = "auc"
_MONTH = len(UNTIL)  # characters of a day that name its month
_VERSION, _DIGEST, _REVISION = "v1.1.0", "sha256:" + "0" * 64, "sha256:" + "1" * 64


@dataclass(frozen=True)
class Answered:
    """Examples, and what a model predicts for them.

    Attributes:
        frame: as `pipelines.examples` has them.
        predictions: [rows, width of the output].
    """

    frame: pd.DataFrame
    predictions: Predictions

    def months(self) -> Iterator[tuple[str, "Answered"]]:
        """By month, in order."""
        month = self.frame[examples.BLOCK].str[:_MONTH]
        for each in sorted(month.unique()):
            yield each, self.where((month == each).to_numpy())

    def where(self, rows: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> "Answered":
        """Some of it."""
        return Answered(self.frame[rows].reset_index(drop=True), self.predictions[rows])


@dataclass(frozen=True)
class Year:
    """The flights of 2013 that arrived, by the model that `make up` serves.

    Attributes:
        fitted: that model, of January to March.
        training: those months, each as a model of the other two predicts it.
        later: the months after them, as the model predicts them.
    """

    fitted: Fitted
    training: Answered
    later: Answered


def year() -> Year:
    """Train four models: the one that serves, and for each month of training one that has not seen it."""
    made = _examples()
    day = made[examples.BLOCK].str[:_MONTH]
    training, later = (made[rows].reset_index(drop=True) for rows in (day <= UNTIL, day > UNTIL))
    fitted = fit(training, Settings())
    return Year(fitted, _left_out(training), Answered(later, _predicted(fitted, later)))


def fixed(training: Answered, schema: Schema) -> Showing:
    """What training alone says that a month's metric is, with its error by days."""
    return _reference(_judged(training, schema, {}))


def by_training(year: Year) -> Iterator[tuple[str, Report]]:
    """Each month: those of training against the other two, those after it against all three."""
    schema = year.fitted.schema
    months = dict(year.training.months())
    for name, month in months.items():
        others = year.training.where((year.training.frame[examples.BLOCK].str[:_MONTH] != name).to_numpy())
        yield name, _judged(month, schema, fixed(others, schema))
    reference = fixed(year.training, schema)
    for name, month in year.later.months():
        yield name, _judged(month, schema, reference)


def by_all_before(year: Year) -> Iterator[tuple[str, Report]]:
    """Each month after training as `make year` judges it: against the evaluation and every earlier month that was as good."""
    evaluated = next(month for _, month in year.later.months())
    report = evaluation.evaluate(
        name=RECIPE.name,
        frame=evaluated.frame,
        data_revision=_REVISION,
        challenger=_contender(year),
        champion=NoChampion(environment="staging", why="of the first version nothing serves"),
        thresholds=thresholds.read(RECIPE.thresholds, year.fitted.schema.output),
        skips={},
        clock=lambda: 0.0,
        engine=InProcess(),
    )
    earlier: list[Report] = []
    for name, month in year.later.months():
        before = showing.of(report, earlier, _DIGEST, _first(month.frame))
        earlier.append(_judged(month, year.fitted.schema, before))
        yield name, earlier[-1]


def overall(report: Report) -> Metric:
    """The metric over every row."""
    return report.slices[0].metrics[METRIC]


def _examples() -> pd.DataFrame:
    tables = dataset.parse(published(FIRST, LAST), TABLES, "nycflights13").tables
    made = featurize(tables, Window(until=str(Month(LAST.year, LAST.month - 1))))
    return pd.concat([made.training, made.evaluation], ignore_index=True)


def _left_out(training: pd.DataFrame) -> Answered:
    month = training[examples.BLOCK].str[:_MONTH]
    parts = []
    for each in sorted(month.unique()):
        unseen = training[month == each]
        parts.append(Answered(unseen, _predicted(fit(training[month != each], Settings()), unseen)))
    return Answered(
        pd.concat([part.frame for part in parts], ignore_index=True),
        np.concatenate([part.predictions for part in parts]),
    )


def _predicted(fitted: Fitted, frame: pd.DataFrame) -> Predictions:
    return run(open_session(fitted.onnx), features.encode(frame, fitted.schema.features))


def _contender(year: Year) -> evaluation.Contender:
    origin = Origin(
        model=RECIPE.name,
        data_revision=_REVISION,
        parameters={},
        rows=len(year.training.frame),
        metrics=year.fitted.metrics,
    )
    model = verify.read(package(year.fitted.onnx, year.fitted.schema, origin))
    return evaluation.Contender(model, Subject(digest=model.digest, data_revision=_REVISION))


def _judged(month: Answered, schema: Schema, before: Mapping[tuple[str, str, str], Number]) -> Report:
    frame = month.frame
    cases = Cases(
        labels_of(frame[examples.LABEL], schema.output),
        {name: grouped(values) for name, values in RECIPE.groups(frame).items()},
        grouped(frame[examples.BLOCK]),
    )
    window = judge.Window(
        model=RECIPE.name,
        version=_VERSION,
        digest=_DIGEST,
        first=_first(frame),
        last=date.fromisoformat(frame[examples.BLOCK].max()),
        joined=_all_joined(len(frame)),
        cases=cases,
        predictions=month.predictions,
    )
    return judge.judge(window, schema.output, before, thresholds.read(RECIPE.thresholds, schema.output))


def _reference(report: Report) -> Showing:
    return {(OVERALL, "", METRIC): overall(report).measured}


def _first(frame: pd.DataFrame) -> date:
    return date.fromisoformat(frame[examples.BLOCK].min())


def _all_joined(cases: int) -> Joined:
    return Joined(
        cases=cases,
        unlabelled=0,
        repeated_predictions=0,
        contradicting_predictions=0,
        unanswered=0,
        of_others=0,
        repeated_labels=0,
        contradicting_labels=0,
        unreadable=0,
    )
