"""What the validation gate costs: 100,000 flights held to 40 expectations, beside the same checks in plain pandas."""

import json
import subprocess
import sys

from benchmarks.row import Row
from benchmarks.whole import cost, quickest
from benchmarks.world import World
from tools.demo.run import ROOT


def measure(world: World) -> list[Row]:
    """The whole process, imports and reading included; the ratio is of the checks alone."""
    table = str(world.demo.home / "flights-100k.parquet")
    prepare, gate, pandas = (
        (sys.executable, "-m", "benchmarks.programs.validation", mode, table)
        for mode in ("prepare", "gate", "pandas")
    )
    subprocess.run(prepare, cwd=ROOT, env=world.demo.environ, check=True, capture_output=True)
    taken = quickest(gate, world.demo.environ)
    told, plain = json.loads(taken.output), json.loads(quickest(pandas, world.demo.environ).output)
    made_of = (
        f"{told['rows']:,} flights of {told['columns']} columns, {told['expectations']} expectations: "
        f"{told['checks']:.2f} s for the checks, {told['checks'] / plain['checks']:.0f} times the same in plain pandas"
    )
    return cost("validating 100,000 flights", taken, seconds=5, mebibytes=500, made_of=made_of)
