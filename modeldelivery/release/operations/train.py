"""Train a version: settle what it is trained from, start the pipeline once, follow it to its end.

Run again, it goes on from wherever it is: the same inputs are the same execution, which is followed, or tried again from
the step that failed. A gate's verdict is not tried again: the same inputs would not pass it either.
"""

from collections.abc import Mapping

import msgspec

from modeldelivery.release.core import training, weights
from modeldelivery.release.core.journal import Journal
from modeldelivery.release.core.training import Ending, Execution, Inputs
from modeldelivery.release.errors import DamagedError, GaveUpError, RefusedError, UncertainError
from modeldelivery.release.naming import Place
from modeldelivery.release.ports import Clock, Progress, Registry
from modeldelivery.release.record import VersionRecord
from modeldelivery.release.training_ports import Executions, Listed, Pipeline, Sources, Training, Watch
from modeldelivery.release.version import Version

FIRST_PAUSE, LONGEST_PAUSE, SLOWER = 0.5, 5.0, 1.25  # seconds between looks, and how they grow
_UNDER_WAY = {"Executing", "Stopping"}


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What to train. None is the newest that there is.

    Attributes:
        version: the name to register the model under.
        commit: 40 hex digits.
        first, until: months.
        fit: the recipe's parameters as a JSON object.
        skip: gates that a person skips, as `core.training.skips` writes them.
        evaluation: the engine, as `core.training.evaluation_text` writes it.
        register: whether a model that passes is registered; else it is a proposal.
    """

    version: Version
    commit: str
    first: str
    until: str
    fit: str
    data_revision: str | None = None
    image: str | None = None
    step_image: str | None = None
    skip: str = ""
    evaluation: str = ""
    register: bool = True


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How a training ended.

    Attributes:
        inputs: that it had.
        execution: as it was at the end.
        ending: how.
        record: of the version, where it is registered.
    """

    inputs: Inputs
    execution: Execution
    ending: Ending
    record: VersionRecord | None


def settle(place: Place, request: Request, sources: Sources, registry: Registry, journal: Journal) -> Inputs:
    """Everything that the execution is given, by content.

    Raises:
        RefusedError: there is no data set, no image, or not the one that is named.
        DamagedError: the version that serves has no record.
    """
    revision = request.data_revision or sources.newest_data()
    if revision is None:
        raise RefusedError(
            f"s3://{place.data_bucket} has no data set",
            hint=f"python -m pipelines.publish build/dataset --bucket {place.data_bucket}",
        )
    data = sources.data_uri(revision)
    if data is None:
        raise RefusedError(
            f"--data-revision {revision} is not in s3://{place.data_bucket}, or not whole",
            hint=f"python -m pipelines.publish build/dataset --bucket {place.data_bucket}",
        )
    return Inputs(
        version=request.version,
        commit=request.commit,
        data=data,
        data_revision=revision,
        champion=sources.champion_uri(_champion(place, registry, journal)),
        image=_image(place, request.image, sources, steps=False),
        step_image=_image(place, request.step_image, sources, steps=True),
        first=request.first,
        until=request.until,
        fit=request.fit,
        skip=request.skip,
        evaluation=request.evaluation,
        register=request.register,
    )


def registered(registry: Registry, inputs: Inputs) -> VersionRecord | None:
    """The version's record, where it is registered with these inputs; None where its name is free, or a registration unfinished.

    Raises:
        RefusedError: the name stands for other bits.
    """
    record = registry.entry(inputs.version).record
    if record is None:
        return None
    image = inputs.image.rpartition("@")[2]
    differing = [
        f"{what} {was}, not {now}"
        for what, was, now in (
            ("image", record.digests.image, image),
            ("data revision", record.digests.data, inputs.data_revision),
        )
        if was != now
    ]
    if differing:
        raise RefusedError(
            f"{record.version} is already registered by {record.registered_by} with {'; '.join(differing)}. "
            "A version never changes",
            hint="train under a new version, or name what it was trained from",
        )
    return record if record.package_arn else None


def begin(place: Place, inputs: Inputs, ports: Training, progress: Progress, retry_token: str) -> str:
    """Have the execution of these inputs under way; its ARN.

    Args:
        place: the environment.
        inputs: of the execution.
        ports: where it is, and what it reads.
        progress: who is told.
        retry_token: another one for each run of this program.

    Raises:
        RefusedError: there is no pipeline, or another one; or the version is being trained from other inputs.
    """
    executions = ports.executions
    token = inputs.token(_pipeline(place, inputs, executions).digest)
    name = training.display_name(inputs, token)
    listed = executions.listed()
    other = next((each for each in listed if _contends(each, inputs.version, name)), None)
    if other is not None and inputs.register:
        raise RefusedError(
            f"{inputs.version} is being trained from other inputs by {other.arn}",
            hint=f"wait for its end, or stop it: {stopping(other.arn)}",
        )
    if inputs.champion == ports.sources.champion_uri(None):
        ports.sources.store_no_champion()
    arn = executions.start(inputs, token, name)
    if not any(each.arn == arn for each in listed):
        progress.note(f"execution {arn} started")
        return arn
    execution = executions.look(arn)
    if training.ending(execution) in {Ending.FAILED, Ending.STOPPED}:
        progress.note(f"execution {arn}: {training.sentence(execution)}. It is tried again from there")
        executions.retry(arn, retry_token)
    else:
        progress.note(f"execution {arn} had been started")
    return arn


def follow(
    arn: str, executions: Executions, *, clock: Clock, progress: Progress, patience: float, watch: Watch
) -> Execution:
    """Look at an execution until it has ended.

    Args:
        arn: of the execution.
        executions: where it is.
        clock: for pauses.
        progress: who hears of looks that fail.
        patience: seconds.
        watch: is shown each look.

    Raises:
        GaveUpError: it goes on still.
        DeliveryError: a look failed for what asking again does not mend.
    """
    began, pause, before = clock.monotonic(), FIRST_PAUSE, None
    while True:
        waited = clock.monotonic() - began
        try:
            execution = executions.look(arn)
        except UncertainError as error:
            progress.waiting(str(error), waited)
        else:
            watch(execution)
            if training.ending(execution):
                return execution
            if execution != before:  # something has just begun, and may be short
                before, pause = execution, FIRST_PAUSE
        if waited + pause > patience:
            raise GaveUpError(
                f"{arn} goes on after {patience:.0f} s",
                hint="run the same command again to follow it, with a longer --timeout",
            )
        clock.sleep(pause)
        pause = min(pause * SLOWER, LONGEST_PAUSE)


def conclude(inputs: Inputs, execution: Execution, registry: Registry) -> Ended:
    """What an execution's end means. Raises DamagedError when it succeeded and nothing is registered."""
    end = training.ending(execution)
    assert end is not None
    registers = end is Ending.SUCCEEDED and inputs.register
    record = registry.entry(inputs.version).record if registers else None
    if registers and (record is None or record.package_arn is None):
        raise DamagedError(
            f"{execution.arn} succeeded, and {inputs.version} is not registered",
            hint="look at the log of its last step, and at who deletes from the registry bucket",
        )
    return Ended(inputs=inputs, execution=execution, ending=end, record=record)


def stopping(arn: str) -> str:
    """The command that stops an execution."""
    return f"aws sagemaker stop-pipeline-execution --pipeline-execution-arn {arn}"


def shown(inputs: Inputs) -> Mapping[str, str]:
    """What is told before anything starts, by name: everything that is not empty."""
    return {name: value for name, value in inputs.parameters.items() if value}


def _contends(listed: Listed, version: Version, name: str) -> bool:
    return listed.status in _UNDER_WAY and listed.name != name and training.trains(listed.name, version)


def _pipeline(place: Place, inputs: Inputs, executions: Executions) -> Pipeline:
    pipeline = executions.pipeline()
    if pipeline is None:
        raise RefusedError(
            f"{place.environment} has no pipeline {place.pipeline}",
            hint=f"set model-delivery:training in Pulumi.{place.environment}.yaml, then pulumi up",
        )
    differing = pipeline.parameters ^ inputs.parameters.keys()
    if differing:
        raise RefusedError(
            f"the pipeline {place.pipeline} has the parameters {', '.join(sorted(pipeline.parameters))}, and this modelctl "
            f"gives {', '.join(inputs.parameters)}",
            hint="deploy the pipeline and install modelctl from the same commit",
        )
    return pipeline


def _champion(place: Place, registry: Registry, journal: Journal) -> str | None:
    """Digest of the model that serves; None where none does yet."""
    version = weights.main_version(journal.weights)
    if version is None:
        return None
    record = registry.entry(version).record
    if record is None:
        raise DamagedError(
            f"{version} serves in {place.environment}, and the registry has no record of it",
            hint="`modelctl status` shows what is known of it",
        )
    return record.digests.model


def _image(place: Place, named: str | None, sources: Sources, *, steps: bool) -> str:
    option, repository = ("--step-image", place.step_repository) if steps else ("--image", place.repository)
    if named is None:
        newest = sources.newest_image(steps=steps)
        if newest is None:
            raise RefusedError(f"the repository {repository} has no image", hint="build one and push it")
        return newest
    if not sources.has_image(named, steps=steps):
        raise RefusedError(
            f"{option} {named} is not in the repository {repository}",
            hint="push it there, and name it by digest",
        )
    return named
