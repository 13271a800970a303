"""`modelctl approve`, and the approval by gates: what may join a fleet, and who says so."""

import msgspec
import pytest

from modeldelivery.release.approval import APPROVED, PENDING, REJECTED, Approval, Approver, described
from modeldelivery.release.operations.approve import approve_by_gates
from modeldelivery.release.record import GateOutcome
from tests.unit.release_cli.world import V3, journal, register, rejection

EXECUTION = "arn:aws:sagemaker:eu-west-1:111111111111:pipeline/flights-staging/execution/abcdefghijkl"
PASSED = {"size": GateOutcome(verdict="passed"), "margins.auc": GateOutcome(verdict="no-champion")}
SKIPPED = PASSED | {"limits.auc": GateOutcome(verdict="skipped", by="ada", because="the feed was down")}
FAILED = PASSED | {"limits.auc": GateOutcome(verdict="failed")}


@pytest.fixture
def registered(world):
    """Registers v3.0.0 with gates; its record."""

    def registers(gates=PASSED, **changes):
        register(world.registry, V3, b"model")
        record, etag = world.registry.records[V3]
        record = msgspec.structs.replace(record, **{"package_arn": "arn:package/3", "gates": gates} | changes)
        world.registry.records[V3] = record, etag
        return record

    return registers


def test_a_person_approves_with_a_reason_that_stands_on_the_package(modelctl, world, registered):
    registered()
    ended = modelctl("approve", "v3.0.0", "--reason", "a week\nin staging", "--actor", "ada")

    assert ended.status == 0
    assert world.approvals.current[V3] == Approval(
        status=APPROVED, description="approved by ada: a week in staging"
    )
    assert "v3.0.0 is approved: it may join the fleet of prod" in ended.out


def test_a_version_is_approved_once(modelctl, world, registered):
    registered()
    modelctl("approve", "v3.0.0", "--reason", "a week in staging", "--actor", "ada")
    ended = modelctl("approve", "v3.0.0", "--reason", "mine", "--actor", "bob")

    assert (ended.status, len(world.approvals.written)) == (0, 1)
    assert "v3.0.0 is already approved (approved by ada: a week in staging)" in ended.out


def test_a_person_approves_what_another_skipped_a_gate_of(modelctl, world, registered):
    registered(SKIPPED)
    assert modelctl("approve", "v3.0.0", "--reason", "looked at it").status == 0
    assert world.approvals.current[V3].status == APPROVED


def test_a_version_without_an_evaluation_is_approved_with_a_warning(modelctl, registered):
    registered(None)
    ended = modelctl("approve", "v3.0.0", "--reason", "trained by hand")

    assert ended.status == 0
    assert "warning: v3.0.0 was registered without an evaluation" in ended.err


@pytest.mark.parametrize("verdict", ["failed", "doubted"])
def test_nobody_approves_what_a_gate_stands_against(modelctl, world, registered, verdict):
    registered(PASSED | {"limits.auc": GateOutcome(verdict=verdict)})
    ended = modelctl("approve", "v3.0.0", "--reason", "all the same", "--overrule")

    assert (ended.status, world.approvals.written) == (1, [])
    assert f"v3.0.0 cannot be approved: its gate limits.auc {verdict}" in ended.err


def test_a_rejected_package_is_approved_only_by_who_says_so(modelctl, world, registered):
    registered()
    world.approvals.current[V3] = Approval(status=REJECTED, description="rejected by bob: biased")
    refused = modelctl("approve", "v3.0.0", "--reason", "it is not")

    assert (refused.status, world.approvals.written) == (1, [])
    assert (
        "is Rejected (rejected by bob: biased): `modelctl approve v3.0.0 --overrule --reason …`"
        in refused.err
    )
    assert modelctl("approve", "v3.0.0", "--reason", "it is not", "--overrule").status == 0


def test_bits_that_the_journal_rejects_are_accepted_first(modelctl, world, registered):
    """Also where they were rejected under another name."""
    record = registered()
    world.store.journal = journal(rejections=(rejection("v9.0.0", record.digests.id),))
    refused = modelctl("approve", "v3.0.0", "--reason", "mended", "--overrule")

    assert (refused.status, world.approvals.written) == (1, [])
    assert "v3.0.0 was rejected by ada: errors doubled: `modelctl accept v3.0.0 --reason …`" in refused.err


@pytest.mark.parametrize("claimed", [True, False])
def test_a_version_that_is_not_registered_is_not_approved(modelctl, world, registered, claimed):
    if claimed:
        registered(package_arn=None)
    ended = modelctl("approve", "v3.0.0", "--reason", "x")

    assert (ended.status, world.approvals.written) == (1, [])
    assert (
        f"v3.0.0 is not registered{' completely' if claimed else ''} in prod: `modelctl register --env prod"
        in ended.err
    )


def test_where_gates_approve_an_execution_whose_gates_passed_does_and_is_named(world, registered):
    record, world.approvals.by = registered(), Approver.GATES
    verdict = approve_by_gates(world.approvals, record, EXECUTION)

    assert verdict.approved
    assert world.approvals.current[V3].description == (
        f"approved by the gates of {EXECUTION}: no-champion: margins.auc; passed: size"
    )
    assert approve_by_gates(world.approvals, record, EXECUTION).already
    assert len(world.approvals.written) == 1


@pytest.mark.parametrize(
    ("gates", "why"),
    [
        (SKIPPED, "ada skipped its gate limits.auc: the feed was down"),
        (FAILED, "its gate limits.auc failed"),
        (None, "it was registered without an evaluation"),
        ({}, "it was registered without an evaluation"),
    ],
)
def test_gates_approve_nothing_that_needs_a_person(world, registered, gates, why):
    record, world.approvals.by = registered(gates), Approver.GATES
    verdict = approve_by_gates(world.approvals, record, EXECUTION)

    assert (verdict.approved, verdict.why_not, world.approvals.written) == (False, why, [])
    assert verdict.approval.status == PENDING


def test_gates_approve_nothing_where_a_person_does(world, registered):
    verdict = approve_by_gates(world.approvals, registered(), EXECUTION)

    assert (verdict.approved, world.approvals.written) == (False, [])
    assert verdict.why_not == "in this environment a person approves"


def test_gates_do_not_overrule_who_rejected(world, registered):
    record, world.approvals.by = registered(), Approver.GATES
    world.approvals.current[V3] = Approval(status=REJECTED, description="rejected by bob: biased")
    verdict = approve_by_gates(world.approvals, record, EXECUTION)

    assert (verdict.approved, world.approvals.written) == (False, [])
    assert verdict.why_not == "its package is Rejected (rejected by bob: biased)"


def test_a_description_is_one_line_of_what_sagemaker_takes():
    assert described("a\r\n\x1b[31m b") == "a [31m b"
    assert len(described("x" * 2000)) == 1024
