"""A proposal runs the very steps that a pipeline runs."""

from pathlib import Path

import pytest
import yaml

from pipelines.flights.data import published
from pipelines.gates import report
from pipelines.months import Month
from tools.react.propose import Inputs, StoppedError, train

ROOT = Path(__file__).parents[3]
# Each run validates two months, some ten seconds of a core.
pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]
JANUARY = Month(2013, 1)


@pytest.fixture(scope="module")
def given():
    parameters = yaml.safe_load((ROOT / "params.yaml").read_text())
    return parameters | {"fit": parameters["fit"] | {"trees": 20}}


def inputs(folder, months):
    for name, content in months.items():
        path = folder / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return Inputs(data=folder / "data", champion=ROOT / "pipelines/gates/no_champion", work=folder / "work")


def test_the_months_up_to_one_train_and_the_next_judges(tmp_path, given):
    metrics = train(given, JANUARY, inputs(tmp_path, published(JANUARY, JANUARY.following)))
    judged = report.decode(
        (tmp_path / "work/evaluate/processing/output/evaluation/evaluation.json").read_bytes()
    )
    assert metrics["auc"] == pytest.approx(judged.overall.slice.metrics["auc"].challenger.value, abs=1e-5)
    assert judged.passed


def test_data_that_does_not_pass_stops_it_with_the_gates_sentence(tmp_path, given):
    months = published(JANUARY, JANUARY.following)
    months["flights/2013-02.csv"] = months["flights/2013-02.csv"].replace(b"EWR", b"XXX")
    with pytest.raises(StoppedError, match="validate stopped: flights 2013-02, column origin"):
        train(given, JANUARY, inputs(tmp_path, months))
