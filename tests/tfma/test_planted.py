"""Whichever engine measures, the same worse models are stopped, at the same gates and in the same slices."""

import pytest

from pipelines.flights.fit import fit
from tests.tfma.conftest import counts, furthest, verdicts
from tests.unit.pipelines.gates import planted
from tests.unit.pipelines.gates.test_planted import KINDS

# The eighth, an export that rounds, is stopped where it is made, before any engine.
MODELS = {
    **{kind: make for kind, (make, _, _) in KINDS.items()},
    "one carrier broken": lambda made, _: fit(planted.broken_carrier(made.training), planted.QUICK),
}


@pytest.mark.parametrize("kind", MODELS)
def test_a_worse_model_is_stopped_by_both_engines_alike(kind, made, fitted, champion, both):
    frame = planted.leaking(made.evaluation) if kind == "label leak" else made.evaluation
    own, other = both(MODELS[kind](made, fitted), champion, frame)
    assert (own.engine, other.engine) == ("slices", "tfma")
    assert not own.passed
    assert verdicts(other) == verdicts(own)
    assert counts(other) == counts(own)
    assert furthest(own, other)["auc"] < 1e-3
