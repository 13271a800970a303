"""Only what somebody approved goes on an endpoint."""

import pytest

from modeldelivery.policy.rules.approval import APPROVED_MODELS
from modeldelivery.policy.stack import UNKNOWN
from tests.unit.policy.found import endpoint, not_known, resource, whats

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
