"""Approve a version: by a person, with a reason, or by the gates of the execution that made it, where the environment lets them.

A package is approved once. SageMaker takes no condition, so what is there is looked at first, and what was decided against a
version (its package Rejected, its bits rejected in the journal) is overruled by nobody who does not say so.
"""

import msgspec

from modeldelivery.release.approval import (
    APPROVED,
    REJECTED,
    Approval,
    Approvals,
    Approver,
    described,
    failed_gate,
    gates_shown,
    needs_person,
)
from modeldelivery.release.core.journal import Rejection
from modeldelivery.release.errors import RefusedError
from modeldelivery.release.naming import Place
from modeldelivery.release.ports import Registry
from modeldelivery.release.record import VersionRecord
from modeldelivery.release.version import Version


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a version's approval.

    Attributes:
        approval: as it is now.
        already: it was approved before.
        why_not: of one that is not approved, why, as words of a sentence.
    """

    approval: Approval
    already: bool = False
    why_not: str = ""

    @property
    def approved(self) -> bool:
        return self.approval.status == APPROVED


def registered(registry: Registry, place: Place, version: Version) -> VersionRecord:
    """The version's record. Raises RefusedError unless it is registered, and completely."""
    record = registry.entry(version).record
    if record is None or record.package_arn is None:
        raise RefusedError(
            f"{version} is not registered{'' if record is None else ' completely'} in {place.environment}",
            hint=f"`modelctl register --env {place.environment} --version {version} …`",
        )
    return record


def approve(
    approvals: Approvals,
    record: VersionRecord,
    statement: str,
    rejection: Rejection | None,
    *,
    overrule: bool,
) -> Verdict:
    """A person approves.

    Args:
        approvals: where.
        record: of the version.
        statement: who says so and why.
        rejection: of the version's bits in the journal, where there is one.
        overrule: also a package that is Rejected.

    Raises:
        RefusedError: a gate stands against it, or it is rejected.
    """
    version, before = record.version, approvals.of(record)
    if before.status == APPROVED:
        return Verdict(approval=before, already=True)
    failed = failed_gate(record)
    if failed:
        raise RefusedError(f"{version} cannot be approved: {failed}", hint="train a version that passes")
    if rejection:
        raise RefusedError(
            f"{version} was rejected by {rejection.actor}: {rejection.reason}",
            hint=f"`modelctl accept {version} --reason …` lifts that, then approve it",
        )
    if before.status == REJECTED and not overrule:
        raise RefusedError(
            f"the model package of {version} is Rejected ({before.description or 'nobody says why'})",
            hint=f"`modelctl approve {version} --overrule --reason …` approves it all the same",
        )
    return _approved(approvals, record, f"approved by {statement}")


def approve_by_gates(approvals: Approvals, record: VersionRecord, execution: str) -> Verdict:
    """The gates of an execution approve, where the environment lets them and nothing asks for a person.

    Args:
        approvals: where.
        record: of the version; the gates are its.
        execution: ARN of the execution that ended well.

    Returns:
        One that is not approved says why not; that is no error.
    """
    before = approvals.of(record)
    if before.status == APPROVED:
        return Verdict(approval=before, already=True)
    if before.status == REJECTED:
        return Verdict(
            approval=before, why_not=f"its package is Rejected ({before.description or 'nobody says why'})"
        )
    why_not = needs_person(record)
    if why_not is None and approvals.approver() is not Approver.GATES:
        why_not = "in this environment a person approves"
    if why_not:
        return Verdict(approval=before, why_not=why_not)
    return _approved(approvals, record, f"approved by the gates of {execution}: {gates_shown(record)}")


def _approved(approvals: Approvals, record: VersionRecord, description: str) -> Verdict:
    approval = Approval(status=APPROVED, description=described(description))
    approvals.set(record, approval)
    return Verdict(approval=approval)
