"""Which versions a rollback may go to: present, running, not rejected, and not what it would reject itself."""

from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.journal import Journal
from modeldelivery.release.core.resolve import rejected_sentence
from modeldelivery.release.errors import RefusedError
from modeldelivery.release.version import Version


def refuse_unfit(target: Version, journal: Journal, endpoint: Endpoint) -> None:
    """Raises RefusedError when the target may get no traffic, or has nothing that could serve it."""
    rejection = journal.rejection(target)
    if rejection:
        raise RefusedError(
            f"{rejected_sentence(target, rejection)}; first `modelctl accept {target} --reason …`"
        )
    if endpoint.variants[target].instances < 1 and not endpoint.takes_none:
        raise RefusedError(
            f"{target} has no running instance: choose another with --to, or scale it and try again"
        )


def refuse_own_rejection(target: Version, opening: Journal) -> None:
    """Raises RefusedError when the target is, under another name, what this rollback takes the traffic from."""
    rejection = opening.rejection(target)
    if rejection:
        raise RefusedError(
            f"{target} has the same bits as {rejection.version}, which this would reject: name another with --to, or type "
            f"--keep to reject nothing"
        )
