"""What joining a million predictions with a million labels costs: out of order, a hundredth of each twice, half of them of the same cases."""

import json
import sys

from benchmarks.row import Row
from benchmarks.whole import cost
from benchmarks.world import World
from tools.demo.run import ROOT
from tools.meter import used

COMMAND = (sys.executable, "-m", "benchmarks.programs.label_join")
EXPECTED = {
    "cases": 500_000,
    "unlabelled": 500_000,
    "repeated_predictions": 10_000,
    "contradicting_predictions": 0,
    "unanswered": 500_000,
    "of_others": 0,
    "repeated_labels": 10_000,
    "contradicting_labels": 0,
    "unreadable": 0,
}


def measure(world: World) -> list[Row]:
    """The whole process, which makes the lines too, reads and joins them."""
    taken = used(COMMAND, world.demo.environ, ROOT)
    told = json.loads(taken.output)
    wrong = told["mistaken"] + sum(abs(told["joined"][name] - count) for name, count in EXPECTED.items())
    made_of = f"{told['count']:,} predictions, {told['count']:,} labels, {told['repeated']:,} of each twice, {told['seconds']:.1f} s of it the join"
    what = "a million predictions with a million labels"
    return [
        *cost(f"joining {what}", taken, seconds=30, mebibytes=1024, made_of=made_of),
        Row(
            what=f"cases counted or joined otherwise than they are, of {what}",
            measured=wrong,
            bar=0,
            unit="cases",
            made_of=", ".join(f"{name} {count:,}" for name, count in told["joined"].items()),
        ),
    ]
