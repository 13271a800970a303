"""Whether what a version's record names is there still: objects of the registry bucket, its model package, its execution's jobs."""

from typing import Any, Protocol

import msgspec

from modeldelivery.release.aws.errors import AbsentError, translated_or_absent


class Clients(Protocol):
    """What is needed of `release.aws.session.Account`."""

    @property
    def s3(self) -> Any: ...
    @property
    def sagemaker(self) -> Any: ...


class AwsHoldings(msgspec.Struct, frozen=True, kw_only=True):
    """A `Holdings`. `account`: whose buckets they are."""

    clients: Clients
    account: str

    def has(self, uri: str) -> bool:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        try:
            with translated_or_absent(f"s3:HeadObject {uri}"):
                self.clients.s3.head_object(Bucket=bucket, Key=key, ExpectedBucketOwner=self.account)
        except AbsentError:
            return False
        return True

    def approval(self, arn: str) -> str | None:
        try:
            with translated_or_absent(f"sagemaker:DescribeModelPackage {arn}"):
                package = self.clients.sagemaker.describe_model_package(ModelPackageName=arn)
        except AbsentError:
            return None
        why = package.get("ApprovalDescription", "")
        return f"{package['ModelApprovalStatus']}{f': {why}' if why else ''}"

    def job_image(self, arn: str) -> str | None:
        try:
            with translated_or_absent(f"sagemaker:DescribeProcessingJob {arn}"):
                job = self.clients.sagemaker.describe_processing_job(ProcessingJobName=arn.rpartition("/")[2])
        except AbsentError:
            return None
        return str(job["AppSpecification"]["ImageUri"])
