"""Approvals on AWS: a model package's status, and a tag of the package group that says who may set it.

Sources: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateModelPackage.html,
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListTags.html
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from modeldelivery.release.approval import Approval, Approver
from modeldelivery.release.aws.errors import AbsentError, translated_or_absent
from modeldelivery.release.errors import UnreachableError
from modeldelivery.release.naming import APPROVAL_TAG, Place
from modeldelivery.release.record import VersionRecord

if TYPE_CHECKING:
    from modeldelivery.release.aws.environment import AwsEnvironment


class SageMakerApprovals(msgspec.Struct, frozen=True, kw_only=True):
    """An `Approvals`.

    Attributes:
        sagemaker: a patient client.
        place: the environment.
    """

    sagemaker: Any
    place: Place

    def of(self, record: VersionRecord) -> Approval:
        arn = str(record.package_arn)
        package = self._call(
            f"DescribeModelPackage {arn}",
            lambda: self.sagemaker.describe_model_package(ModelPackageName=arn),
        )
        return Approval(
            status=package["ModelApprovalStatus"], description=package.get("ApprovalDescription", "")
        )

    def set(self, record: VersionRecord, approval: Approval) -> None:
        arn = str(record.package_arn)
        self._call(
            f"UpdateModelPackage {arn}",
            lambda: self.sagemaker.update_model_package(
                ModelPackageArn=arn,
                ModelApprovalStatus=approval.status,
                ApprovalDescription=approval.description,
            ),
        )

    def approver(self) -> Approver:
        """Raises UnreachableError where the tag holds another word."""
        place = self.place
        arn = f"arn:aws:sagemaker:{place.region}:{place.account}:model-package-group/{place.package_group}"
        tags = self._call(f"ListTags {arn}", lambda: self.sagemaker.list_tags(ResourceArn=arn))["Tags"]
        word = next((tag["Value"] for tag in tags if tag["Key"] == APPROVAL_TAG), Approver.PERSON)
        try:
            return Approver(word)
        except ValueError as error:
            raise UnreachableError(
                f"{arn}: the tag {APPROVAL_TAG} is {word!r}; allowed: {', '.join(Approver)}",
                hint="`pulumi up` sets it as config has it",
            ) from error

    def _call(self, what: str, call: Callable[[], Any]) -> Any:
        try:
            with translated_or_absent(f"sagemaker:{what}"):
                return call()
        except AbsentError as error:
            raise UnreachableError(
                f"{error}. Is account {self.place.account} the one of {self.place.environment}?",
                hint="`modelctl register` makes a version's package, `pulumi up` its group",
            ) from error


def approvals_in(environment: "AwsEnvironment") -> SageMakerApprovals:
    """Those of an environment."""
    return SageMakerApprovals(sagemaker=environment.account.patient.sagemaker, place=environment.place)
