"""What the evaluation gate costs: 300,000 rows in 21 slices, challenger beside champion, 1,000 draws over 334 days."""

import json
import sys

from benchmarks.row import Row
from benchmarks.whole import cost, quickest
from benchmarks.world import World
from tools.demo.run import ROOT

ROWS = 300_000
DAYS = 334
_SHARE = 0.25  # of late flights
SLICES = 21  # all rows, 9 carriers, 3 origins, 4 months, 4 bands of hours
_VALUES = {"carrier": 9, "origin": 3, "month": 4, "hours": 4}


def measure(world: World) -> list[Row]:
    """From predictions to the verdict; the whole process, imports included."""
    command = (sys.executable, "-m", "benchmarks.measurements.evaluation")
    taken = quickest(command, world.demo.environ)
    told = json.loads(taken.output)
    made_of = (
        f"{ROWS:,} rows, {told['slices']} slices, {told['draws']:,} draws over {DAYS} days, two models; "
        f"{told['seconds']:.1f} s of it without imports"
    )
    return cost("evaluating 300,000 rows", taken, seconds=10, mebibytes=300, made_of=made_of)


def _evaluate() -> None:
    """The measured process."""
    import time  # noqa: PLC0415 - the measured process alone imports what it runs

    import numpy as np  # noqa: PLC0415 - as above

    from pipelines.gates import rule, slices, thresholds  # noqa: PLC0415 - as above
    from pipelines.gates.cases import Cases, Groups, Predictions  # noqa: PLC0415 - as above
    from pipelines.server.schema import Probability  # noqa: PLC0415 - as above

    output = Probability(event="late", meaning="late", threshold=0.3)
    demands = thresholds.read(ROOT / "pipelines" / "flights" / "thresholds.toml", output)
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
    print(json.dumps({"seconds": spent, "slices": len(measured.slices), "draws": demands.draws}))


if __name__ == "__main__":
    _evaluate()
