"""`modelctl reject`: a version that has no traffic gets none, and joins no fleet, until somebody accepts it."""

from functools import partial

import msgspec

from modeldelivery.release.approval import REJECTED, Approval, described
from modeldelivery.release.cli import endings
from modeldelivery.release.cli.context import Context
from modeldelivery.release.cli.options import Reject as RejectOptions
from modeldelivery.release.cli.outcome import Outcome
from modeldelivery.release.core import reject
from modeldelivery.release.errors import DeliveryError, Exit
from modeldelivery.release.operations.approve import registered
from modeldelivery.release.record import VersionRecord


def run(context: Context, options: RejectOptions) -> Outcome:
    """The journal first, which decides on traffic; a run that ends before the package is Rejected is gone on with by the next.

    Raises:
        RefusedError: it is not registered, has traffic, or is the fallback.
    """
    place, version = context.place, options.version
    record = registered(context.registry, place, version)
    command = reject.Reject(
        operation=context.operation,
        actor=context.actor,
        reason=options.reason,
        version=version,
        digest=record.digests.id,
    )
    done = context.runner().run(partial(reject.decide, command))
    try:
        changed = _reject_package(context, record, options.reason)
    except DeliveryError as error:
        ended = endings.failed(error)
        return msgspec.structs.replace(
            ended,
            summary=f"{done.summary}. Its model package is not Rejected yet: {ended.summary}",
            hint="run the same command again",
            operation=context.operation,
        )
    already = done.already and not changed
    where = f"--env {place.environment} --model {place.model}"
    return Outcome(
        outcome="already" if already else "done",
        exit=Exit.DONE,
        summary=f"{done.summary}; its model package is {'now ' if changed else ''}Rejected",
        operation=None if done.already else context.operation,
        next=(
            f"modelctl accept {version} {where} --reason …  (if it was not bad after all)",
            f"modelctl approve {version} --overrule {where} --reason …  (after that)",
        ),
    )


def _reject_package(context: Context, record: VersionRecord, reason: str) -> bool:
    """Whether it was not Rejected before. What somebody else said of one that was stays."""
    assert context.approvals is not None
    approvals = context.approvals()
    if approvals.of(record).status == REJECTED:
        return False
    approvals.set(
        record, Approval(status=REJECTED, description=described(f"rejected by {context.actor}: {reason}"))
    )
    return True
