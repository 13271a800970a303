import time
from pathlib import Path

import pytest

from pipelines.flights.fit import fit
from pipelines.flights.recipe import RECIPE
from pipelines.gates import thresholds
from pipelines.gates.evaluation import Contender, evaluate
from pipelines.gates.report import Subject
from pipelines.gates.slices import InProcess
from tests.unit.pipelines.gates import planted


def contender(model):
    return Contender(model, Subject(digest=model.digest))


def judge(challenger, champion, frame, demands, engine=InProcess(), **skips):  # noqa: B008 - it has no state
    """The report on a fitted challenger beside a model that serves, or beside none."""
    return evaluate(
        name="flights",
        frame=frame,
        data_revision="sha256:" + 64 * "0",
        challenger=contender(planted.model(challenger)),
        champion=champion,
        thresholds=demands,
        skips=skips,
        clock=time.process_time,
        engine=engine,
    )


@pytest.fixture(scope="session")
def validator():
    # Great Expectations takes four seconds of a core to import, and every worker that has a file of this folder reads this one.
    from pipelines.gates.expectations import Validator  # noqa: PLC0415

    return Validator()


@pytest.fixture(scope="session")
def fitted(made):
    """A good model of January."""
    return fit(made.training, planted.QUICK)


@pytest.fixture(scope="session")
def champion(fitted):
    return contender(planted.model(fitted))


@pytest.fixture(scope="session")
def demands(champion):
    return thresholds.read(RECIPE.thresholds, champion.model.schema.output)


@pytest.fixture(scope="session")
def stopped_report(made, champion, demands):
    """Of a model with one carrier broken, judged on February."""
    broken = fit(planted.broken_carrier(made.training), planted.QUICK)
    return judge(broken, champion, made.evaluation, demands)


@pytest.fixture
def thresholds_file(tmp_path) -> Path:
    """A copy of the flights' to be changed."""
    path = tmp_path / "thresholds.toml"
    path.write_bytes(RECIPE.thresholds.read_bytes())
    return path
