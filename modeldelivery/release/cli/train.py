"""`modelctl train`: a version by the environment's own pipeline, followed to its end."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

import msgspec

from modeldelivery.release.approval import Approval
from modeldelivery.release.cli.checkout import PARAMETERS, checkout
from modeldelivery.release.cli.context import Context
from modeldelivery.release.cli.options import Train as TrainOptions
from modeldelivery.release.cli.outcome import Outcome
from modeldelivery.release.core import training
from modeldelivery.release.core.training import Ending, Execution, Inputs, Step
from modeldelivery.release.errors import Exit, RefusedError
from modeldelivery.release.operations import train
from modeldelivery.release.operations.approve import approve_by_gates
from modeldelivery.release.record import VersionRecord
from modeldelivery.terminal import steps

_NOT_STARTED = {"Starting", "Executing", "Stopping"}


class Trained(msgspec.Struct, frozen=True, kw_only=True):
    """What `--json` has beside the outcome.

    Attributes:
        execution: ARN; None of a version that was registered by hand.
        inputs: parameters of the execution.
        steps: as they ended.
        record: of the version; None where none was registered.
        approval: of its package; None where none was looked at.
    """

    execution: str | None
    inputs: dict[str, str]
    steps: Sequence[Step] = ()
    record: VersionRecord | None = None
    approval: Approval | None = None


def run(context: Context, options: TrainOptions) -> Outcome:
    """See `operations.train`.

    Raises:
        RefusedError: an input is missing, or the version names other bits.
        GaveUpError: it goes on still.
    """
    assert context.training is not None
    ports = context.training()
    journal = context.store.read().journal
    request = _request(context, options)
    inputs = train.settle(context.place, request, ports.sources, context.registry, journal)
    for name, value in train.shown(inputs).items():
        context.progress.note(f"{name}: {value}")
    record = train.registered(context.registry, inputs) if inputs.register else None
    if record:
        return _already(context, record, inputs)
    arn = train.begin(context.place, inputs, ports, context.progress, context.operation * 2)
    if context.calls is not None:
        what = "trained and registered" if inputs.register else "trained and judged, and registers nothing"
        return Outcome(outcome="done", exit=Exit.DONE, summary=f"{arn} has {inputs.version} {what}")
    shown = Shown(sys.stderr)
    try:
        execution = train.follow(
            arn,
            ports.executions,
            clock=context.clock,
            progress=context.progress,
            patience=context.patience,
            watch=shown.look,
        )
    except KeyboardInterrupt:
        return _interrupted(arn, inputs)
    return _ended(context, train.conclude(inputs, execution, context.registry))


class Shown:
    """Each step on a line of its own, while it runs and when it has ended."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._open: dict[str, steps.Step] = {}
        self._ended: set[tuple[str, float]] = set()

    def look(self, execution: Execution) -> None:
        """Show what has changed."""
        for step in execution.steps:
            if (step.name, step.started) not in self._ended:
                self._show(step)

    def _show(self, step: Step) -> None:
        line = self._open.setdefault(step.name, steps.Step(step.name, self._stream))
        if step.status in _NOT_STARTED:
            line.status(step.status.lower())
            return
        self._ended.add((step.name, step.started))
        del self._open[step.name]
        if step.status == "Succeeded":
            line.outcome("cached" if step.cached else "")
            line.finish()
        else:
            line.fail()


def _request(context: Context, options: TrainOptions) -> train.Request:
    here = checkout(Path.cwd())
    first, until = options.first or here.first, options.until or here.until
    commit = options.commit or here.commit
    if commit is None:
        raise RefusedError("no commit: there is no Git work tree here", hint="name it with --commit")
    if first is None or until is None:
        raise RefusedError(
            f"no months: there is no project with {PARAMETERS} here, or it does not name them",
            hint="name them with --first and --until",
        )
    if here.changed and options.commit is None:
        context.progress.note(
            f"files here differ from {commit}, which is what the version's record will name"
        )
    return train.Request(
        version=options.version,
        commit=commit,
        first=first,
        until=until,
        fit=training.fit_text({**here.fit, **dict(options.fit)}),
        evaluation=training.evaluation_text(here.evaluation),
        data_revision=options.data_revision,
        image=options.image,
        step_image=options.step_image,
        skip=training.skips(options.skip, context.actor, options.because or ""),
        register=not options.propose,
    )


def _already(context: Context, record: VersionRecord, inputs: Inputs) -> Outcome:
    execution = record.source.execution if record.source else None
    return _registered(
        context,
        record,
        Trained(execution=execution, inputs=inputs.parameters, record=record),
        f"{record.version} is already registered by {record.registered_by}: {record.package_arn}",
    )


def _registered(context: Context, record: VersionRecord, detail: Trained, summary: str) -> Outcome:
    """A version that its gates let pass: they approve it, where the environment lets them."""
    assert context.approvals is not None
    if detail.execution is None:
        verdict = None
        waits = "no execution of the pipeline made it, so a person approves"
    else:
        verdict = approve_by_gates(context.approvals(), record, detail.execution)
        waits = "" if verdict.approved else verdict.why_not
    place, version = context.place, record.version
    return Outcome(
        outcome="done" if detail.steps else "already",
        exit=Exit.DONE,
        summary=f"{summary}{'' if waits else ', approved'}",
        warnings=(f"{version} is not approved: {waits}",) if waits else (),
        detail=msgspec.structs.replace(detail, approval=verdict.approval if verdict else None),
        next=(
            f"modelctl approve {version} --env {place.environment} --model {place.model} --reason …"
            if waits
            else f"add {version} to release.fleet of {place.environment}, then pulumi up",
        ),
    )


def _ended(context: Context, ended: train.Ended) -> Outcome:
    inputs, execution = ended.inputs, ended.execution
    detail = Trained(
        execution=execution.arn, inputs=inputs.parameters, steps=execution.steps, record=ended.record
    )
    match ended.ending:
        case Ending.SUCCEEDED if not inputs.register:
            return Outcome(
                outcome="done",
                exit=Exit.DONE,
                summary=f"a model of {inputs.first} to {inputs.until} passes its gates; nothing is registered",
                detail=detail,
                next=(
                    f"set months.until to {inputs.until} in params.yaml, commit, tag it {inputs.version}, push the tag",
                ),
            )
        case Ending.SUCCEEDED:
            assert ended.record is not None
            package = ended.record.package_arn
            return _registered(
                context, ended.record, detail, f"{inputs.version} is trained and registered: {package}"
            )
        case Ending.GATE:
            return Outcome(
                outcome="gate",
                exit=Exit.GATE,
                summary=f"{inputs.version} is stopped: {training.sentence(execution)}",
                hint="train from other data or parameters, or let a person open the gate: --skip GATE --because TEXT",
                detail=detail,
            )
        case Ending.STOPPED:
            why = f"{execution.arn} was stopped"
        case Ending.FAILED:
            why = f"{inputs.version} is not trained: {training.sentence(execution)}"
    return Outcome(
        outcome="failed",
        exit=Exit.FAILED,
        summary=why,
        hint="run the same command again, it goes on from there",
        detail=detail,
    )


def _interrupted(arn: str, inputs: Inputs) -> Outcome:
    return Outcome(
        outcome="interrupted",
        exit=Exit.INTERRUPTED,
        summary=f"interrupted; {arn} goes on",
        hint="run the same command again to follow it",
        next=(train.stopping(arn),),
        detail=Trained(execution=arn, inputs=inputs.parameters),
    )
