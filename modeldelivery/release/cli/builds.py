"""`modelctl builds`: what has become of pushed tags, and why one stopped."""

import sys
from datetime import UTC, datetime
from typing import TextIO

import msgspec

from modeldelivery.release.build_ports import Builds as BuildsPort
from modeldelivery.release.cli.context import Context
from modeldelivery.release.cli.options import TRAINING
from modeldelivery.release.cli.options import Builds as BuildsOptions
from modeldelivery.release.cli.outcome import Shown
from modeldelivery.release.core.builds import UNDER_WAY, Build
from modeldelivery.release.errors import Exit, GaveUpError, RefusedError, UncertainError
from modeldelivery.terminal import text
from modeldelivery.terminal.tables import Table

_PAUSE = 2.0  # seconds between looks
_FOLLOWED = (
    20  # executions among which the one that is followed is looked for: those that begin meanwhile come first
)
# What began an execution that is of no tag, by CodePipeline's word; of any other its id is shown.
_BEGUN_BY = {"CreatePipeline": "the pipeline was made"}
_COLOURS = {"Succeeded": "green", "Failed": "red", "InProgress": "cyan"}


class Builds(msgspec.Struct, frozen=True, kw_only=True):
    """What `--json` prints; `builds`: the newest first."""

    environment: str
    pipeline: str
    builds: tuple[Build, ...]


def run(context: Context, options: BuildsOptions) -> Shown:
    """Raises RefusedError where nothing is built, GaveUpError when a build goes on after a day."""
    assert context.builds is not None
    port, place = context.builds(), context.place
    builds = _newest(port, options.limit, context)
    if options.follow and builds:
        builds = (_follow(port, builds[0], context), *builds[1:])
    table = Table(
        headings=("tag", "commit", "status", "begun", "took", "stages"),
        rows=[_row(build, place.model) for build in builds],
        colours=[_COLOURS.get(build.status, "") for build in builds],
    )
    reasons = [f"{_tag(build, place.model)}: {build.reason}" for build in builds if build.reason]
    return Shown(
        document=Builds(environment=place.environment, pipeline=place.build_pipeline, builds=builds),
        parts=(f"{place.build_pipeline}: {len(builds)} builds", *([table] if builds else []), *reasons),
        exit=Exit.FAILED if options.follow and builds and builds[0].status != "Succeeded" else Exit.DONE,
    )


def _newest(port: BuildsPort, count: int, context: Context) -> tuple[Build, ...]:
    builds = port.newest(count)
    if builds is None:
        place = context.place
        raise RefusedError(
            f"{place.environment} has no build pipeline {place.build_pipeline}",
            hint=f"set model-delivery:build in Pulumi.{place.environment}.yaml, then pulumi up",
        )
    return builds


def _follow(port: BuildsPort, build: Build, context: Context) -> Build:
    """Look at a build until it has ended, each change on a line of its own."""
    began, told = context.clock.monotonic(), set[tuple[str, str, float]]()
    while True:
        _tell(build, told, sys.stderr)
        if build.status not in UNDER_WAY:
            return build
        waited = context.clock.monotonic() - began
        if waited + _PAUSE > TRAINING:
            raise GaveUpError(f"{build.id} goes on", hint="run the same command again to follow it")
        context.clock.sleep(_PAUSE)
        try:
            builds = _newest(port, _FOLLOWED, context)
        except UncertainError as error:
            context.progress.waiting(str(error), waited)
            continue
        build = next((each for each in builds if each.id == build.id), build)


def _tell(build: Build, told: set[tuple[str, str, float]], stream: TextIO) -> None:
    for stage in build.stages:
        key = (stage.name, stage.status, stage.started)
        if key in told:
            continue
        told.add(key)
        took = "" if stage.ended is None else f", {stage.ended - stage.started:.0f} s"
        why = f": {stage.reason}" if stage.reason else ""
        # A reason may hold what a commit's own tests print.
        print(text.line(f"  {stage.name}: {stage.status}{took}{why}"), file=stream, flush=True)


def _row(build: Build, model: str) -> tuple[str, ...]:
    took = "-" if build.ended is None else f"{build.ended - build.started:.0f} s"
    stages = ", ".join(
        f"{stage.name} {stage.status if stage.ended is None else f'{stage.ended - stage.started:.0f} s'}"
        for stage in build.stages
    )
    begun = f"{datetime.fromtimestamp(build.started, UTC):%Y-%m-%d %H:%M:%SZ}"
    return _tag(build, model), build.commit[:12] or "-", build.status, begun, took, stages or "-"


def _tag(build: Build, model: str) -> str:
    """What a build is called: by its tag, or by what began it without one."""
    return f"{model}@{build.version}" if build.version else _BEGUN_BY.get(build.trigger, build.id)
