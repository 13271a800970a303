"""Approvals in memory."""

from dataclasses import dataclass, field

from modeldelivery.release.approval import PENDING, Approval, Approver
from modeldelivery.release.record import VersionRecord
from modeldelivery.release.version import Version


@dataclass
class FakeApprovals:
    """What is said of versions; a package begins as register makes it. `written` has every approval that was set."""

    current: dict[Version, Approval] = field(default_factory=dict)
    by: Approver = Approver.PERSON
    written: list[tuple[Version, Approval]] = field(default_factory=list)

    def of(self, record: VersionRecord) -> Approval:
        return self.current.get(record.version, Approval(status=PENDING))

    def set(self, record: VersionRecord, approval: Approval) -> None:
        self.written.append((record.version, approval))
        self.current[record.version] = approval

    def approver(self) -> Approver:
        return self.by
