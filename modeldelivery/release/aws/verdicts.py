"""The newest verdicts of an environment, in S3: read by one call."""

from typing import TYPE_CHECKING

import msgspec

from modeldelivery.release import verdicts
from modeldelivery.release.aws.environment import AwsEnvironment
from modeldelivery.release.aws.errors import AbsentError, translated_or_absent
from modeldelivery.release.errors import UnreachableError
from modeldelivery.release.verdicts import Verdicts

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


class S3Verdicts(msgspec.Struct, frozen=True, kw_only=True):
    """A VerdictStore. `account` must own the bucket: S3 itself refuses a bucket of anyone else's."""

    s3: "S3Client"
    bucket: str
    key: str
    account: str

    def read(self) -> Verdicts:
        where = f"s3://{self.bucket}/{self.key}"
        try:
            with translated_or_absent(f"s3:GetObject {where}"):
                response = self.s3.get_object(
                    Bucket=self.bucket, Key=self.key, ExpectedBucketOwner=self.account
                )
                content = response["Body"].read()
        except AbsentError:
            return Verdicts()
        try:
            return verdicts.decode(content, where)
        except ValueError as error:
            raise UnreachableError(
                f"{where} is not the verdicts of an environment: {error}",
                hint="delete it, and the next run of the jobs that judge writes it anew",
            ) from error


def verdicts_in(environment: AwsEnvironment) -> S3Verdicts:
    """Those of an environment."""
    return S3Verdicts(
        s3=environment.account.patient.s3,
        bucket=environment.place.registry_bucket,
        key=environment.place.verdicts_key,
        account=environment.place.account,
    )
