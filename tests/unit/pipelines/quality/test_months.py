"""The flights of 2013: which months labels call worse. What was measured stands in docs/quality.md."""

import calendar
import time
from datetime import date
from pathlib import Path

import msgspec
import pandas as pd
import pytest
import yaml

from pipelines import examples
from pipelines.flights.data import Extract, read_months
from pipelines.flights.fit import Settings, fit
from pipelines.flights.recipe import RECIPE, _examples
from pipelines.gates import thresholds
from pipelines.gates.cases import Cases, grouped
from pipelines.gates.champion import NoChampion
from pipelines.gates.evaluation import Contender, evaluate
from pipelines.gates.predict import predict
from pipelines.gates.report import Subject
from pipelines.gates.slices import InProcess
from pipelines.months import Month
from pipelines.quality import showing
from pipelines.quality.judge import Window, judge
from tests.unit.pipelines.gates import planted
from tests.unit.pipelines.quality.test_showing import NONE

pytestmark = pytest.mark.slow

PARAMETERS = yaml.safe_load((Path(__file__).parents[4] / "params.yaml").read_text())
LAST = 10


@pytest.fixture(scope="module")
def months():
    """Examples by number of the month, without slices; the verdict over every row asks for none."""
    extract = read_months(Month(2013, 1), Month(2013, LAST))
    frame = _examples(Extract(extract.flights, extract.weather))
    month = frame[f"{examples.SLICE}month"].str[-2:].astype(int)
    bare = frame.drop(columns=[f"{examples.SLICE}{name}" for name in examples.dimensions(frame)])
    return {int(number): rows.reset_index(drop=True) for number, rows in bare.groupby(month)}


@pytest.fixture(scope="module")
def verdicts(months):
    """By number of the month, of the model that `params.yaml` trains."""
    assert PARAMETERS["months"] == {"first": "2013-01", "until": "2013-03"}
    training = pd.concat([months[number] for number in (1, 2, 3)], ignore_index=True)
    model = planted.model(fit(training, msgspec.convert(PARAMETERS["fit"], Settings)))
    demands = thresholds.read(RECIPE.thresholds, model.schema.output)
    evaluation = evaluate(
        name="flights",
        frame=months[4],
        data_revision="sha256:" + 64 * "0",
        challenger=Contender(model, Subject(digest=model.digest)),
        champion=NoChampion(environment="staging", why="the first one"),
        thresholds=demands,
        skips={},
        clock=time.process_time,
        engine=InProcess(),
    )
    reports = []
    for number in range(4, LAST + 1):
        frame, first = months[number], date(2013, number, 1)
        window = Window(
            model="flights",
            version="v1.1.0",
            digest=model.digest,
            first=first,
            last=date(2013, number, calendar.monthrange(2013, number)[1]),
            joined=NONE,
            cases=Cases(frame[examples.LABEL].to_numpy(bool), {}, grouped(frame[examples.BLOCK])),
            predictions=predict(model, frame),
        )
        before = showing.of(evaluation, reports, model.digest, first)
        reports.append(judge(window, model.schema.output, before, demands))
    return {report.first.month: report.verdict for report in reports}


def test_october_is_found_by_labels(verdicts):
    assert verdicts[10] == "worse"


def test_april_to_september_are_not_called_worse(verdicts):
    assert {number: verdicts[number] for number in range(4, 10)} == dict.fromkeys(range(4, 10), "as-good")
