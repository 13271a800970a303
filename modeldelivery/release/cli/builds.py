"""`modelctl builds`: what has become of pushed tags, and why one stopped."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TextIO

import msgspec

from modeldelivery.release.build_ports import Builds as BuildsPort
from modeldelivery.release.cli.context import Context
from modeldelivery.release.cli.options import TRAINING
from modeldelivery.release.cli.options import Builds as BuildsOptions
from modeldelivery.release.cli.outcome import Shown
from modeldelivery.release.core.builds import UNDER_WAY, Build, is_untold, to_follow
from modeldelivery.release.errors import Exit, GaveUpError, RefusedError, UncertainError
from modeldelivery.terminal import text
from modeldelivery.terminal.tables import Table

_PAUSE = 2.0  # seconds between looks
_FOLLOWED = (
    20  # executions among which the one that is followed is looked for: those that begin meanwhile come first
)
_BEGINS = 120.0  # seconds until a push has begun a build: the Git host tells of it after some
# What began an execution that is of no tag, by CodePipeline's word; of any other its id is shown.
_BEGUN_BY = {"CreatePipeline": "the pipeline was made"}
_COLOURS = {"Succeeded": "green", "Failed": "red", "InProgress": "cyan"}


class Builds(msgspec.Struct, frozen=True, kw_only=True):
    """What `--json` prints; `builds`: the newest first."""

    environment: str
    pipeline: str
    builds: tuple[Build, ...]


def run(context: Context, options: BuildsOptions) -> Shown:
    """Raises RefusedError where nothing is built, or not the version that is named, GaveUpError when a build goes on after a day."""
    assert context.builds is not None
    port, place = context.builds(), context.place
    if options.follow:
        build, newest = _follow(port, options, context)
        builds = _shown(build, newest, options.limit)
    else:
        build, builds = None, _newest(port, options.limit, context)
    table = Table(
        headings=("tag", "commit", "status", "begun", "took", "stages"),
        rows=[_row(each, place.model) for each in builds],
        colours=[_COLOURS.get(each.status, "") for each in builds],
    )
    sentences = [
        f"{_tag(each, place.model)}: {sentence}"
        for each in builds
        for sentence in ((each.reason,) if each.reason else each.notes)
    ]
    return Shown(
        document=Builds(environment=place.environment, pipeline=place.build_pipeline, builds=builds),
        parts=(
            f"{place.build_pipeline}: {len(builds)} build{'' if len(builds) == 1 else 's'}",
            *([table] if builds else []),
            *sentences,
        ),
        exit=Exit.FAILED if build and build.status != "Succeeded" else Exit.DONE,
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


def _follow(
    port: BuildsPort, options: BuildsOptions, context: Context
) -> tuple[Build | None, tuple[Build, ...]]:
    """Look at a build until it has ended, each change on a line of its own; that build, and the newest ones as they are then."""
    count, version = max(_FOLLOWED, options.limit), options.version or ""
    builds = _newest(port, count, context)
    began, told, build = context.clock.monotonic(), set[tuple[str, str, float]](), to_follow(builds, version)
    if build and build.status not in UNDER_WAY and not version:
        context.progress.note(
            f"{_tag(build, context.place.model)} is the newest and has ended; a build begins some seconds after its push, and --version "
            "waits for it"
        )
    while True:
        if build:
            _tell(build, told, sys.stderr)
        ended = (
            build.status not in UNDER_WAY if build else not version
        )  # without a version: nothing was ever built
        if ended:
            return build, builds
        waited = context.clock.monotonic() - began
        _refuse_longer(build, builds, waited, context, version)
        context.clock.sleep(_PAUSE)
        try:
            builds = _newest(port, count, context)
        except UncertainError as error:
            context.progress.waiting(str(error), waited)
            continue
        build = (
            next((each for each in builds if each.id == build.id), build)
            if build
            else to_follow(builds, version)
        )


def _refuse_longer(
    build: Build | None, builds: Sequence[Build], waited: float, context: Context, version: str
) -> None:
    """Raises RefusedError where the version's build does not begin, GaveUpError where one does not end."""
    if waited + _PAUSE > TRAINING:
        raise GaveUpError(
            f"{build.id if build else 'an earlier build'} goes on",
            hint="run the same command again to follow it",
        )
    if build is None:
        model, environment = context.place.model, context.place.environment
        if waited + _PAUSE > _BEGINS and not is_untold(builds):
            raise RefusedError(
                f"no build of {model}@{version} began within {_BEGINS:.0f} s",
                hint=f"push the tag; `modelctl builds --env {environment}` shows those that came to no version",
            )
        context.progress.waiting(f"no build has told yet that it is of {model}@{version}", waited)


def _shown(build: Build | None, newest: Sequence[Build], limit: int) -> tuple[Build, ...]:
    """The newest, that one among them: others may have begun since."""
    if build is None:
        return tuple(newest[:limit])
    others = [each.id for each in newest if each.id != build.id][: limit - 1]
    kept = tuple(each for each in newest if each.id in {build.id, *others})
    return kept if build in kept else (*kept, build)


def _tell(build: Build, told: set[tuple[str, str, float]], stream: TextIO) -> None:
    for stage in build.stages:
        key = (stage.name, stage.status, stage.started)
        if key in told:
            continue
        told.add(key)
        took = "" if stage.ended is None else f", {stage.ended - stage.started:.0f} s"
        sentence = stage.reason or stage.note
        why = f": {sentence}" if sentence else ""
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
