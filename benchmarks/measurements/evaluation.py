"""What the evaluation gate costs: 300,000 rows in 21 slices, challenger beside champion, 1,000 draws over 334 days."""

import json
import sys

from benchmarks.row import Row
from benchmarks.whole import cost, quickest
from benchmarks.world import World


def measure(world: World) -> list[Row]:
    """From predictions to the verdict; the whole process, imports included."""
    taken = quickest((sys.executable, "-m", "benchmarks.programs.evaluation"), world.demo.environ)
    told = json.loads(taken.output)
    made_of = (
        f"{told['rows']:,} rows, {told['slices']} slices, {told['draws']:,} draws over {told['days']} days, two models; "
        f"{told['seconds']:.1f} s of it without imports"
    )
    return cost("evaluating 300,000 rows", taken, seconds=10, mebibytes=300, made_of=made_of)
