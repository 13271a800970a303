"""What every Approvals does."""

import itertools
from dataclasses import dataclass

import pytest

from modeldelivery.release.approval import APPROVED, MOST_CHARACTERS, PENDING, REJECTED, Approval, Approver
from modeldelivery.release.aws.approvals import SageMakerApprovals
from modeldelivery.release.errors import UnreachableError
from modeldelivery.release.naming import APPROVAL_TAG, Place, parse_environment, parse_model
from modeldelivery.release.record import VersionRecord
from modeldelivery.release.version import DigestSet, Version
from tests.contract.conftest import ACCOUNT, REGION, on_the_sandbox
from tests.fakes.approvals import FakeApprovals

IMAGE = "sha256:" + "a" * 64
_numbers = itertools.count(1)


def a_record(package_arn="arn:package"):
    number = next(_numbers)
    return VersionRecord(
        version=Version(f"v{number}.0.0"),
        digests=DigestSet(image=IMAGE, model="sha256:" + f"{number:064x}", data="rows"),
        image=f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/echo@{IMAGE}",
        model_data="s3://contract/model.tar.gz",
        registered_at=1.0,
        registered_by="ada",
        package_arn=package_arn,
    )


@dataclass
class Packaged:
    """Approvals, with a registered version of theirs."""

    approvals: object
    record: VersionRecord


@pytest.fixture(params=["memory", on_the_sandbox("AWS")])
def registered(request):
    if request.param == "memory":
        return Packaged(FakeApprovals(), a_record())
    return request.getfixturevalue("packaged")(f"approve{next(_numbers)}")


@pytest.fixture
def packaged(account):
    """A package group with one package, as `register` makes it, and what is said of it."""

    def makes(model, **tags):
        place = Place(
            model=parse_model(model), environment=parse_environment("staging"), account=ACCOUNT, region=REGION
        )
        sagemaker = account.patient.sagemaker
        sagemaker.create_model_package_group(
            ModelPackageGroupName=place.package_group, Tags=[{"Key": k, "Value": v} for k, v in tags.items()]
        )
        record = a_record(None)
        arn = sagemaker.create_model_package(
            ModelPackageGroupName=place.package_group,
            InferenceSpecification={
                "Containers": [{"Image": record.image, "ModelDataUrl": record.model_data}]
            },
        )["ModelPackageArn"]
        return Packaged(SageMakerApprovals(sagemaker=sagemaker, place=place), a_record(arn))

    return makes


def test_a_package_begins_without_an_approval(registered):
    assert registered.approvals.of(registered.record) == Approval(status=PENDING)


def test_what_is_said_of_a_version_is_what_was_said_last(registered):
    for approval in (
        Approval(status=APPROVED, description="approved by ada: fine"),
        Approval(status=REJECTED, description="x" * MOST_CHARACTERS),
    ):
        registered.approvals.set(registered.record, approval)
        assert registered.approvals.of(registered.record) == approval


def test_where_nothing_says_who_approves_a_person_does(registered):
    assert registered.approvals.approver() is Approver.PERSON


def test_who_approves_is_a_tag_of_the_package_group(packaged):
    assert packaged("bygates", **{APPROVAL_TAG: "gates"}).approvals.approver() is Approver.GATES
    assert packaged("byperson", **{APPROVAL_TAG: "person"}).approvals.approver() is Approver.PERSON


def test_a_tag_of_another_word_is_said_with_what_is_allowed(packaged):
    with pytest.raises(UnreachableError, match="is 'anyone'; allowed: gates, person"):
        packaged("byanyone", **{APPROVAL_TAG: "anyone"}).approvals.approver()


def test_a_package_that_is_not_there_says_who_makes_it(packaged):
    real = packaged(f"gone{next(_numbers)}").approvals
    with pytest.raises(UnreachableError, match="modelctl register"):
        real.of(a_record(f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/gone/1"))
