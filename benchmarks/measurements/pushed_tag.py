"""CPU from a pushed tag to its version at weight 0 in staging, verified: all that the builds, jobs and servers behind it take."""

import contextlib
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from benchmarks.git import git
from benchmarks.row import Row
from benchmarks.world import World, endpoint
from tools.demo.run import ROOT, StepError

_TAG = "flights@v9.0.0"
_TREES, _OTHER_TREES = "trees: 150", "trees: 149"  # another model than any before, which no cache has
_UNDER_WAY = {"InProgress", "Stopping"}
_MOST = 1800.0  # seconds
_POLL = 1.0  # seconds


def measure(world: World) -> list[Row]:
    """The whole road, each of its checks included; what one instance serves is not measured."""
    daemon, pipeline = psutil.Process(world.daemon.pid), world.client("staging", "codepipeline")
    with tempfile.TemporaryDirectory(prefix="model-delivery-tag-") as folder:
        clone = Path(folder) / "clone"
        git(ROOT, "clone", "--quiet", "--local", str(ROOT), str(clone))
        parameters = clone / "params.yaml"
        parameters.write_text(parameters.read_text().replace(_TREES, _OTHER_TREES, 1))
        git(clone, "commit", "--quiet", "--all", "--message", _OTHER_TREES)
        git(clone, "tag", _TAG)
        before, started = _used(daemon), time.monotonic()
        git(clone, "push", "--quiet", "--force", world.repository("staging"), "HEAD:refs/heads/main", _TAG)
        stages = _followed(pipeline)
    used, taken = _used(daemon) - before, time.monotonic() - started
    return [
        Row(
            what="a pushed tag to its version verified at weight 0: CPU",
            measured=used,
            bar=120,
            unit="s",
            made_of=f"{taken:.0f} s on the clock: {stages}",
        )
    ]


def _used(daemon: psutil.Process) -> float:
    """Seconds of CPU of the sandbox, of whatever runs in it now, and of whatever ran in it and has ended."""
    own = os.times()
    used = own.children_user + own.children_system
    for process in (daemon, *daemon.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):  # it just ended, and is its parent's then
            used += sum(process.cpu_times()[:4])
    return used


def _followed(pipeline: Any) -> str:
    """What each stage took, once the newest execution has ended. Raises StepError unless it succeeded."""
    name, end = endpoint("staging"), time.monotonic() + _MOST
    while True:
        (newest,) = pipeline.list_pipeline_executions(pipelineName=name, maxResults=1)[
            "pipelineExecutionSummaries"
        ]
        if newest["status"] not in _UNDER_WAY:
            break
        if time.monotonic() > end:
            raise StepError(f"the build of {_TAG} did not end within {_MOST:.0f} s")
        time.sleep(_POLL)
    if newest["status"] != "Succeeded":
        raise StepError(f"the build of {_TAG} {newest['status']}: `modelctl builds --env staging`")
    actions = pipeline.list_action_executions(
        pipelineName=name, filter={"pipelineExecutionId": newest["pipelineExecutionId"]}
    )["actionExecutionDetails"]
    return ", ".join(
        f"{each['stageName']} {(each['lastUpdateTime'] - each['startTime']).total_seconds():.0f} s"
        for each in reversed(actions)
    )
