"""`modelctl approve`: a person lets a registered version join a fleet."""

from modeldelivery.release.cli.context import Context
from modeldelivery.release.cli.options import Approve as ApproveOptions
from modeldelivery.release.cli.outcome import Outcome
from modeldelivery.release.errors import Exit
from modeldelivery.release.operations.approve import approve, registered


def run(context: Context, options: ApproveOptions) -> Outcome:
    """Raises RefusedError when it is not registered, a gate stands against it, or it is rejected."""
    assert context.approvals is not None
    place, version = context.place, options.version
    record = registered(context.registry, place, version)
    rejection = context.store.read().journal.rejection_of(version, record.digests.id)
    verdict = approve(
        context.approvals(),
        record,
        f"{context.actor}: {options.reason}",
        rejection,
        overrule=options.overrule,
    )
    warning = () if record.gates else (f"{version} was registered without an evaluation",)
    return Outcome(
        outcome="already" if verdict.already else "done",
        exit=Exit.DONE,
        summary=f"{version} is already approved ({verdict.approval.description or 'nobody says why'})"
        if verdict.already
        else f"{version} is approved: it may join the fleet of {place.environment}",
        warnings=() if verdict.already else warning,
        detail=verdict,
        next=(f"add {version} to release.fleet of {place.environment}, then pulumi up",),
    )
