"""Why a version that was built is not on the endpoint: who keeps it away, or which newer one has its place."""

from modeldelivery.release.approval import APPROVED, PENDING, Approval
from modeldelivery.release.core import weights
from modeldelivery.release.core.endpoint import Endpoint
from modeldelivery.release.core.journal import Journal
from modeldelivery.release.core.resolve import rejected_sentence
from modeldelivery.release.record import VersionRecord
from modeldelivery.release.version import Version, precedence

_THEN = "the next deploy brings it to the endpoint, and after that the stage can be retried"


def kept_away(record: VersionRecord, approval: Approval, journal: Journal, environment: str) -> str | None:
    """Why it may not join, with what to type; None where nothing that journal and registry say keeps it away."""
    version = record.version
    if rejection := journal.rejection_of(version, record.digests.id):
        return (
            f"{rejected_sentence(version, rejection)}: `modelctl accept {version} --env {environment} --reason …` takes that back; "
            f"{_THEN}"
        )
    if approval.status != APPROVED:
        waits = approval.status == PENDING
        state = "waits for approval" if waits else f"is {approval.status} in the registry"
        overrules = "" if waits else " --overrule"
        return f"{version} {state}: `modelctl approve {version}{overrules} --env {environment} --reason …`; {_THEN}"
    if journal.live is not None and precedence(version) < precedence(journal.live):
        return (
            f"{version} is below {journal.live}, which config has live, so that it joins by no rule: name it in release.fleet of "
            f"Pulumi.{environment}.yaml; {_THEN}"
        )
    return None


def overtaken(version: Version, endpoint: Endpoint) -> Version | None:
    """The newer candidate that took the place of one that was built before it: two tags at once; None where none did."""
    waiting = set(endpoint.variants) - set(weights.traffic(endpoint.current))
    newest = max(waiting, key=precedence, default=version)
    return newest if precedence(newest) > precedence(version) else None
