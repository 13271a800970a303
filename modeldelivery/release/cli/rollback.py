"""`modelctl rollback`: the last good version gets its traffic back."""

from functools import partial

from modeldelivery.release.cli.context import Context
from modeldelivery.release.cli.exit import MEANING
from modeldelivery.release.cli.options import Rollback as RollbackOptions
from modeldelivery.release.cli.outcome import Outcome
from modeldelivery.release.core import rollback
from modeldelivery.release.errors import Exit
from modeldelivery.release.operations import unrecorded


def run(context: Context, options: RollbackOptions) -> Outcome:
    """Raises RefusedError and everything else that happens before anything is recorded."""
    if options.without_journal:
        return _without_journal(context, options)
    command = rollback.Rollback(
        operation=context.operation,
        actor=context.actor,
        reason=options.reason,
        to=options.to,
        keep=options.keep,
        unscaled=options.now,
    )
    done = context.runner().run(partial(rollback.decide, command))
    return Outcome(
        outcome="already" if done.already else "done",
        exit=Exit.DONE,
        summary=done.summary,
        operation=None if done.already else context.operation,
        warnings=done.warnings,
    )


def unfinished(context: Context, why: str) -> Outcome:
    """The end of a rollback that is in the journal and was not seen to be done."""
    return Outcome(
        outcome="not moved",
        exit=Exit.NOT_MOVED,
        summary=f"{MEANING[Exit.NOT_MOVED]}. {why[:1].upper()}{why[1:]}",
        operation=context.operation,
        next=(f"modelctl status --env {context.place.environment} --model {context.place.model}",),
    )


def _without_journal(context: Context, options: RollbackOptions) -> Outcome:
    assert options.to is not None, "the command line was checked"
    command = unrecorded.Unrecorded(
        operation=context.operation, actor=context.actor, reason=options.reason, to=options.to
    )
    place = context.place
    adopt = f"modelctl adopt --env {place.environment} --model {place.model} --reason …"
    try:
        unrecorded.move(command, context.traffic, context.clock, context.progress, context.patience)
    except unrecorded.MarkedError as error:
        return Outcome(
            outcome="not moved",
            exit=Exit.NOT_MOVED,
            summary=f"the endpoint {'may be' if error.perhaps else 'is'} tagged as moved without the journal, and traffic was NOT "
            f"seen to move: {error}. Run the same command again",
            operation=context.operation,
            next=(adopt,),
        )
    return Outcome(
        outcome="unrecorded",
        exit=Exit.UNRECORDED,
        summary=f"all traffic goes to {options.to}. THE JOURNAL DOES NOT KNOW: nothing was rejected, and nothing else moves "
        f"traffic until it is adopted",
        operation=context.operation,
        next=(adopt,),
    )
