"""Whether a registered version may join a fleet: what the registry says of it, and who may say so.

Beside `release.ports`, because a rollback imports those, and what it does not need costs it time.
"""

from enum import StrEnum
from typing import Protocol

import msgspec

from modeldelivery.release.record import VersionRecord

APPROVED, REJECTED, PENDING = "Approved", "Rejected", "PendingManualApproval"  # SageMaker's words
MOST_CHARACTERS = 1024  # of a description; SageMaker takes one line of so many
_LET_PASS = frozenset({"passed", "skipped", "no-champion"})


class Approver(StrEnum):
    """Who approves the versions of an environment."""

    GATES = "gates"  # an execution whose gates passed, none of them skipped; or a person
    PERSON = "person"


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """What the registry says of a version: SageMaker's word, and who says so and why ("" where nobody did)."""

    status: str
    description: str = ""


class Approvals(Protocol):
    """Approvals of registered versions. Errors are those of `release.ports`."""

    def of(self, record: VersionRecord) -> Approval:
        """What is said of a version now."""
        ...

    def set(self, record: VersionRecord, approval: Approval) -> None:
        """Say that instead; no condition: whoever writes last is right."""
        ...

    def approver(self) -> Approver:
        """Who approves here, as the environment's last `pulumi up` left it; a person where nothing says so."""
        ...


def failed_gate(record: VersionRecord) -> str | None:
    """Why nobody may approve a version, as words of a sentence; None where no gate stands against it."""
    for name, gate in (record.gates or {}).items():
        if gate.verdict not in _LET_PASS:
            return f"its gate {name} {gate.verdict}"
    return None


def needs_person(record: VersionRecord) -> str | None:
    """Why gates do not suffice to approve a version, as words of a sentence; None where they do."""
    if not record.gates:
        return "it was registered without an evaluation"
    for name, gate in record.gates.items():
        if gate.verdict == "skipped":
            return f"{gate.by} skipped its gate {name}: {gate.because}"
    return failed_gate(record)


def gates_shown(record: VersionRecord) -> str:
    """Each verdict with the gates that have it."""
    gates = record.gates or {}
    verdicts = sorted({gate.verdict for gate in gates.values()})
    return "; ".join(
        f"{v}: {', '.join(n for n, gate in gates.items() if gate.verdict == v)}" for v in verdicts
    )


def described(text: str) -> str:
    """A description as SageMaker takes it."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= MOST_CHARACTERS else f"{line[: MOST_CHARACTERS - 1]}…"
