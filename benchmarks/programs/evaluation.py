"""Judges a challenger beside a champion, both of random predictions: `python -m benchmarks.programs.evaluation`."""

import json
import time
from pathlib import Path

import numpy as np

from pipelines import flights
from pipelines.gates import rule, slices, thresholds
from pipelines.gates.cases import Cases, Groups, Predictions
from pipelines.server.schema import Probability

ROWS = 300_000
DAYS = 334
_SHARE = 0.25  # of late flights
SLICES = 21  # all rows, 9 carriers, 3 origins, 4 months, 4 bands of hours
_VALUES = {"carrier": 9, "origin": 3, "month": 4, "hours": 4}


def main() -> None:
    output = Probability(event="late", meaning="late", threshold=0.3)
    assert flights.__file__ is not None
    demands = thresholds.read(Path(flights.__file__).with_name("thresholds.toml"), output)
    chance = np.random.default_rng(0)
    late = chance.random(ROWS) < _SHARE

    def predictions() -> Predictions:
        probability = 1 / (1 + np.exp(1.4 - late - 0.9 * chance.normal(size=ROWS)))
        return np.column_stack([1 - probability, probability]).astype(np.float32)

    def groups(count: int) -> Groups:
        return Groups(
            [str(number) for number in range(count)], chance.integers(0, count, ROWS, dtype=np.int32)
        )

    cases = Cases(late, {name: groups(count) for name, count in _VALUES.items()}, groups(DAYS))
    challenger, champion = predictions(), predictions()
    begun = time.process_time()
    measured = slices.measure(output, cases, challenger, champion, demands, engine=slices.InProcess())
    verdict = rule.judge(rule.Evidence(measured.slices, []), demands, {})
    spent = time.process_time() - begun
    assert len(measured.slices) == SLICES
    assert {each.verdict for each in verdict.slices} == {"passed"}
    print(
        json.dumps({"seconds": spent, "rows": ROWS, "slices": SLICES, "draws": demands.draws, "days": DAYS})
    )


if __name__ == "__main__":
    main()
