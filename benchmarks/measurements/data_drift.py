"""What a verdict on data drift costs: 100,000 rows of 50 columns, beside Evidently's preset on the same files where it is installed."""

import sys
import tempfile
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.row import Row
from benchmarks.whole import cost, quickest
from benchmarks.world import World
from pipelines.data_drift.baseline import Baseline, encode
from pipelines.data_drift.bins import bins_of_names, bins_of_numbers
from tools.demo.run import ROOT
from tools.meter import used

ROWS = 100_000
NUMBERS, NAMES = 40, 10
EVIDENTLY = ROOT / ".venv-drift" / "bin" / "python"
_TURNS = 3
_PRESET = """
import sys
import pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset
after, before = (pd.read_json(path, lines=True) for path in sys.argv[1:])
Report([DataDriftPreset(num_method="psi", cat_method="psi")], include_tests=True).run(after, before).dict()
"""


def measure(world: World) -> list[Row]:
    """Whole processes, from the files to the verdict."""
    environ = {**world.demo.environ, "DO_NOT_TRACK": "1"}
    with tempfile.TemporaryDirectory(prefix="drift-") as scratch:
        folder = Path(scratch)
        _prepare(folder)
        arguments = (
            *("--baseline", str(folder / "baseline.json"), "--rows", str(folder / "after.jsonl")),
            *("--until", "2013-04-08", "--reports", str(folder / "reports"), "--version", "v1.0.0"),
        )
        judge = (sys.executable, "-m", "pipelines.data_drift", *arguments)
        taken = quickest(judge, environ, _TURNS)
        of_rows = f"{ROWS:,} rows of {NUMBERS + NAMES} columns, JSON lines"
        rows = cost("a drift verdict", taken, seconds=2, mebibytes=64, made_of=of_rows)
        if EVIDENTLY.is_file():
            files = (str(folder / "after.jsonl"), str(folder / "before.jsonl"))
            preset = used((str(EVIDENTLY), "-W", "ignore", "-c", _PRESET, *files), environ, ROOT)
            rows.append(
                Row(
                    what="CPU of Evidently's preset, as a multiple of a drift verdict's",
                    measured=preset.seconds / taken.seconds,
                    bar=20,
                    unit="ratio",
                    more=True,
                    made_of=f"{preset.seconds:.1f} s and {preset.mebibytes:,.0f} MiB on the same files, its reference read too; "
                    f"{taken.seconds:.2f} s",
                )
            )
    return rows


def _prepare(folder: Path) -> None:
    chance = np.random.default_rng(0)
    for name, shift in (("before", 0.0), ("after", 0.5)):
        columns: dict[str, list[float] | list[str]] = {
            f"n{place}": np.round(chance.normal(shift if place == 0 else 0, 1, ROWS), 4).tolist()
            for place in range(NUMBERS)
        }
        for place in range(NAMES):
            columns[f"k{place}"] = [f"name{code}" for code in chance.integers(0, 20, ROWS).tolist()]
        encoder = msgspec.json.Encoder()
        with (folder / f"{name}.jsonl").open("wb") as file:
            for cells in zip(*columns.values(), strict=True):
                file.write(encoder.encode(dict(zip(columns, cells, strict=True))) + b"\n")
        if name == "before":
            (folder / "baseline.json").write_bytes(encode(_baseline(columns, chance)))


def _baseline(columns: dict[str, list[float] | list[str]], chance: np.random.Generator) -> Baseline:
    return Baseline(
        model="model",
        digest="sha256:" + "0" * 64,
        data_revision="sha256:" + "0" * 64,
        rows=ROWS,
        features={
            name: bins_of_names(cells) if name.startswith("k") else bins_of_numbers(cells)  # type: ignore[arg-type]  # by the name
            for name, cells in columns.items()
        },
        predictions={"late": bins_of_numbers(chance.random(ROWS))},
        history=(),
    )
