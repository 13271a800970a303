"""A retrained model, proposed: the training steps on the months up to now, through both gates, against the model that serves. Registers nothing."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec

from modeldelivery.release.version import Version, parse_version, precedence
from modeldelivery.terminal.steps import step
from pipelines.months import Month
from tools.model.run import ROOT, RunError, fetch_champion, parameters, pull

FOLDER = ROOT / "build" / "proposal"
_STOPPED = 3  # status of a step whose gate did not let the model through
_TAG = re.compile(r"[^@]+@(v\d+\.\d+\.\d+)")


class StoppedError(Exception):
    """A gate let no new model through; the message is its sentence."""


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
    model, first = str(given["model"]), str(given["months"]["first"])
    fetch_champion(environment, model)
    pull(environment)
    shutil.rmtree(FOLDER, ignore_errors=True)
    data, place = FOLDER / "dataset", FOLDER / "featurize/processing/output"
    _run(
        "the months",
        "pipelines.assemble",
        "--model",
        model,
        "--first",
        first,
        "--until",
        str(until),
        "--out",
        data,
    )
    window = ("--", "--until", str(until))
    _step("validate", model, {"data": data}, window)
    _step("featurize", model, {"data": data}, window)
    settings = [part for name, value in given["fit"].items() for part in (f"--{name}", str(value))]
    _step("train", model, {"training": place / "training"}, ("--", *settings))
    judged = {
        "evaluation": place / "evaluation",
        "training": place / "training",
        "model": FOLDER / "train/output",
        "champion": ROOT / "build/champion",
    }
    _step("evaluate", model, judged, ())
    metrics = msgspec.json.decode(
        (FOLDER / "evaluate/processing/output/evaluation/metrics.json").read_bytes(), type=dict[str, float]
    )
    measured = ", ".join(f"{name} {value:.3f}" for name, value in metrics.items())
    return (
        f"a model of {model} trained on {first} to {until} passes its gates on {until.following} ({measured}); to have it: "
        f'set months.until to "{until}" in params.yaml, `make model`, commit, `git tag {model}@{next_version(model, serving)}`, push the tag'
    )


def _step(name: str, model: str, inputs: dict[str, Path], options: tuple[str, ...]) -> None:
    given = [part for key, path in inputs.items() for part in ("--input", f"{key}={path}")]
    _run(name, "pipelines.steps.local", name, "--base", FOLDER / name, "--model", model, *given, *options)


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
