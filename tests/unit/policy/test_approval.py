"""Only what somebody approved goes on an endpoint."""

import pytest

from modeldelivery.policy.rules.approval import APPROVED_MEMBERS, APPROVED_MODELS
from modeldelivery.policy.stack import UNKNOWN
from tests.unit.policy.found import endpoint, findings, not_known, resource, route, whats

PACKAGE = "aws-native:sagemaker:ModelPackage"


def test_an_endpoint_of_approved_versions_passes():
    assert whats(APPROVED_MODELS, endpoint("v1.1.0", "v1.0.0")) == []


@pytest.mark.parametrize("status", ["Rejected", "PendingManualApproval"])
def test_a_version_that_is_not_approved_is_found(status):
    approvals = {"v1.1.0": status, "v1.0.0": "Approved"}
    assert whats(APPROVED_MODELS, endpoint("v1.1.0", "v1.0.0", approvals=approvals)) == [f"v1.1.0 {status}"]


@pytest.mark.parametrize("approvals", [None, {}, {"v1.0.0": "Approved"}])
def test_a_version_whose_approval_is_not_known_is_found(approvals):
    assert "v1.1.0 not known" in whats(APPROVED_MODELS, endpoint("v1.1.0", "v1.0.0", approvals=approvals))


def test_approvals_that_a_preview_does_not_know_are_said_to_be():
    assert not_known(APPROVED_MODELS, endpoint("v1.0.0", approvals=UNKNOWN)) == ["approvals"]


REJECTED = {"v1.1.0": "Rejected", "v1.0.0": "Approved"}


def member(*, weight, serving, approvals=REJECTED):
    """v1.1.0 is on the endpoint with so much traffic, and is to have so much."""
    return endpoint(
        "v1.1.0",
        "v1.0.0",
        approvals=approvals,
        weights={"v1.1.0": weight, "v1.0.0": 100 - weight},
        servingAtCheck={"v1.1.0": serving, "v1.0.0": 100 - serving},
    )


@pytest.mark.parametrize(("weight", "serving"), [(0, 0), (100, 100), (0, 100)])
def test_a_member_that_is_not_approved_is_warned_of_and_nothing_else_is_kept_from_changing(weight, serving):
    on = member(weight=weight, serving=serving)
    assert whats(APPROVED_MODELS, on) == []
    assert whats(APPROVED_MEMBERS, on) == ["v1.1.0 Rejected"]


@pytest.mark.parametrize(("weight", "serving"), [(100, 0), (1, 0)])
def test_a_member_that_is_not_approved_gets_no_traffic(weight, serving):
    on = member(weight=weight, serving=serving)
    (finding,) = findings(APPROVED_MODELS, on)
    assert finding.text.startswith("v1.1.0 would get traffic")
    assert "modelctl approve VERSION" in finding.fix
    assert whats(APPROVED_MEMBERS, on) == []


@pytest.mark.parametrize("weights", [None, UNKNOWN, {"v1.1.0": UNKNOWN}])
def test_a_member_whose_traffic_to_come_is_not_known_counts_as_one_that_gets_some(weights):
    on = endpoint("v1.1.0", approvals={"v1.1.0": "Rejected"}, weights=weights, servingAtCheck={"v1.1.0": 100})
    assert whats(APPROVED_MODELS, on) == ["v1.1.0 Rejected"]


def test_what_joins_while_others_are_there_is_found():
    joins = endpoint(
        "v1.1.0",
        "v1.0.0",
        approvals=REJECTED,
        weights={"v1.1.0": 0, "v1.0.0": 100},
        servingAtCheck={"v1.0.0": 100},
    )
    (finding,) = findings(APPROVED_MODELS, joins)
    assert finding.text.startswith("v1.1.0 would join the fleet")


def test_members_are_those_of_an_endpoint():
    assert whats(APPROVED_MEMBERS, resource(PACKAGE, modelApprovalStatus="Rejected")) == []
    assert whats(APPROVED_MEMBERS, member(weight=0, serving=0, approvals=UNKNOWN)) == []
    assert (
        whats(
            APPROVED_MEMBERS, member(weight=0, serving=0, approvals={"v1.1.0": UNKNOWN, "v1.0.0": "Approved"})
        )
        == []
    )


def test_a_model_that_runs_a_package_by_name_is_found():
    model = resource("aws:sagemaker/model:Model", primaryContainer={"modelPackageName": "arn:package"})
    assert whats(APPROVED_MODELS, model) == ["arn:package"]


def test_a_model_of_image_and_artifact_is_not():
    assert (
        whats(APPROVED_MODELS, resource("aws:sagemaker/model:Model", primaryContainer={"image": "x"})) == []
    )


@pytest.mark.parametrize(
    "props", [{}, {"modelApprovalStatus": "Rejected"}, {"modelApprovalStatus": "PendingManualApproval"}]
)
def test_a_package_that_is_not_approved_is_found(props):
    assert len(whats(APPROVED_MODELS, resource(PACKAGE, **props))) == 1


def test_an_approved_package_is_not():
    assert whats(APPROVED_MODELS, resource(PACKAGE, modelApprovalStatus="Approved")) == []


def test_what_joins_a_route_is_held_to_approval_as_what_joins_an_endpoint():
    approvals = {"v1.1.0": "Rejected", "v1.0.0": "Approved"}

    assert whats(APPROVED_MODELS, route("v1.1.0", "v1.0.0", approvals=approvals)) == ["v1.1.0 Rejected"]
    there = route(
        "v1.1.0",
        approvals=approvals,
        weights={"v1.1.0": 0.0},
        servingAtCheck={"v1.1.0": 0.0},
    )
    assert whats(APPROVED_MEMBERS, there) == ["v1.1.0 Rejected"]
