"""What needs the environment of TensorFlow Model Analysis: `make tfma` makes it and runs these; nothing else does."""

import numpy as np
import pytest

from pipelines.gates.tfma import PYTHON, Tfma
from tests.unit.pipelines.conftest import made, published_months, tables  # noqa: F401 - a fixture
from tests.unit.pipelines.gates.conftest import champion, demands, fitted, judge  # noqa: F401 - likewise


def pytest_collection_modifyitems(items):
    if not PYTHON.is_file():
        for item in items:
            if item.path.parent.name == "tfma":
                item.add_marker(pytest.mark.skip(reason="no .venv-tfma: `make setup-tfma` makes it"))


@pytest.fixture
def both(tmp_path_factory, demands):  # noqa: F811 - the fixture
    """A model judged by each engine: two reports."""

    def judged(challenger, champion, frame):  # noqa: F811 - likewise
        engine = Tfma(tmp_path_factory.mktemp("engine"))
        return (
            judge(challenger, champion, frame, demands),
            judge(challenger, champion, frame, demands, engine=engine),
        )

    return judged


def verdicts(report):
    """What a report decides, without its numbers."""
    gates = {gate.name: gate.verdict for gate in report.gates}
    return gates, {each.slice.name: each.verdict for each in report.slices}


def counts(report):
    return {each.slice.name: (each.slice.rows, each.slice.least_of_a_label) for each in report.slices}


def furthest(own, other):
    """By how much two reports' metrics differ at most, by name."""
    differences = {}
    for left, right in zip(own.slices, other.slices, strict=True):
        for name, metrics in left.slice.metrics.items():
            theirs = right.slice.metrics[name]
            pairs = [(metrics.challenger, theirs.challenger), (metrics.champion, theirs.champion)]
            for one, another in pairs:
                if one is not None:
                    differences.setdefault(name, []).append(abs(one.value - another.value))
    return {name: float(np.max(each)) for name, each in differences.items()}  # not a number where one is none
