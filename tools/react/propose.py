"""A retrained model, proposed: the training steps on the months up to now, through both gates, against the model that serves. Registers nothing."""

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from modeldelivery.release.version import Version, parse_version, precedence
from modeldelivery.terminal.steps import step
from pipelines.months import Month
from tools.model.run import CHAMPION, ROOT, RunError, fetch_champion, parameters, pull

FOLDER = ROOT / "build" / "proposal"
_STOPPED = 3  # status of a step whose gate did not let the model through
_TAG = re.compile(r"[^@]+@(v\d+\.\d+\.\d+)")


class StoppedError(Exception):
    """A gate let no new model through; the message is its sentence."""


@dataclass(frozen=True)
class Inputs:
    """Folders.

    Attributes:
        data: months of tables.
        champion: what `modelctl artifact` wrote.
        work: what the steps write; made anew.
    """

    data: Path
    champion: Path
    work: Path


def propose(environment: str, until: Month, serving: Version) -> str:
    """Train on everything up to a month, judge on the one after it; the sentence that proposes the model.

    Args:
        environment: whose model is the champion.
        until: the last month that trains.
        serving: the version that serves there.

    Raises:
        StoppedError: a gate stopped it.
        RunError: it could not be trained or judged.
    """
    given = parameters()
    model = str(given["model"])
    fetch_champion(environment, model)
    pull(environment)
    metrics = train(given, until, Inputs(data=ROOT / "data", champion=CHAMPION, work=FOLDER))
    measured = ", ".join(f"{name} {value:.3f}" for name, value in metrics.items())
    return (
        f"a model of {model} trained on {given['months']['first']} to {until} passes its gates on {until.following} ({measured}); to have it: "
        f'set months.until to "{until}" in params.yaml, `make model`, commit, `git tag {model}@{next_version(model, serving)}`, push the tag'
    )


def train(given: Mapping[str, Any], until: Month, inputs: Inputs) -> dict[str, float]:
    """Run the steps; the new model's metrics on the month that judges.

    Args:
        given: what `params.yaml` holds; its `months.until` counts for nothing.
        until: the last month that trains.
        inputs: and where to write.

    Raises:
        StoppedError: a gate stopped it.
        RunError: a step could not be run.
    """
    model, work = str(given["model"]), inputs.work
    shutil.rmtree(work, ignore_errors=True)
    dataset, examples = work / "dataset", work / "featurize/processing/output"
    _run(
        *("the months", "pipelines.assemble", "--model", model, "--first", given["months"]["first"]),
        *("--until", until, "--data", inputs.data, "--out", dataset),
    )
    window = ("--until", str(until))
    _step(work, "validate", model, {"data": dataset}, window)
    _step(work, "featurize", model, {"data": dataset}, window)
    settings = tuple(part for name, value in given["fit"].items() for part in (f"--{name}", str(value)))
    _step(work, "train", model, {"training": examples / "training"}, settings)
    judged = {
        "evaluation": examples / "evaluation",
        "training": examples / "training",
        "model": work / "train/output",
        "champion": inputs.champion,
    }
    _step(work, "evaluate", model, judged, ())
    measured = (work / "evaluate/processing/output/evaluation/metrics.json").read_bytes()
    return msgspec.json.decode(measured, type=dict[str, float])


def _step(work: Path, name: str, model: str, inputs: Mapping[str, Path], options: Sequence[str]) -> None:
    given = [part for key, path in inputs.items() for part in ("--input", f"{key}={path}")]
    _run(name, "pipelines.steps.local", name, "--base", work / name, "--model", model, *given, "--", *options)


def _run(name: str, module: str, *arguments: object) -> None:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    with step(name, sys.stderr):
        done = subprocess.run(
            command, cwd=ROOT, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
    words = " ".join(done.stderr.strip().splitlines()[-1:])
    if done.returncode == _STOPPED:
        raise StoppedError(words)
    if done.returncode:
        raise RunError(f"{name} failed: {words or done.returncode}", done.returncode)


def next_version(model: str, serving: Version) -> Version:
    """The next minor version above all that Git knows and the one that serves."""
    listed = subprocess.run(
        ["git", "tag", "--list", f"{model}@v*"], cwd=ROOT, check=False, capture_output=True, text=True
    ).stdout.split()
    tagged = [parse_version(match[1]) for tag in listed if (match := _TAG.fullmatch(tag))]
    major, minor, _ = precedence(max((serving, *tagged), key=precedence))
    return parse_version(f"v{major}.{minor + 1}.0")
