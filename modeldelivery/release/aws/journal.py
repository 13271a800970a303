"""The journal's object in S3: conditional writes, and S3's own clock.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
"""

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import ClientError

from modeldelivery.release.aws.errors import asked
from modeldelivery.release.core.journal import Journal, decode, encode
from modeldelivery.release.errors import ConflictError, NoRegistryError, UnreachableError
from modeldelivery.release.ports import Stored

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


class S3Journal(msgspec.Struct, frozen=True, kw_only=True):
    """A JournalStore. `account` must own the bucket: S3 itself refuses a bucket of anyone else's."""

    s3: "S3Client"
    bucket: str
    key: str
    account: str

    def read(self) -> Stored:
        try:
            with asked(f"s3:GetObject {self.where}"):
                found = self.s3.get_object(Bucket=self.bucket, Key=self.key, ExpectedBucketOwner=self.account)
                body = found["Body"].read()
        except ClientError as error:
            code = error.response["Error"].get("Code")
            if code == "NoSuchKey":
                return Stored(journal=Journal(), etag=None, now=date_of(error.response))
            if code == "NoSuchBucket":
                raise NoRegistryError(
                    f"there is no bucket {self.bucket} in account {self.account}",
                    hint="is this the environment's account? If it was never made: `pulumi up`",
                ) from error
            raise UnreachableError(f"{self.where}: {error}") from error
        return Stored(journal=self._decoded(body), etag=found["ETag"], now=date_of(found))

    def write(self, journal: Journal, etag: str | None) -> Stored:
        condition: dict[str, Any] = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        try:
            with asked(f"s3:PutObject {self.where}"):
                put = self.s3.put_object(
                    Bucket=self.bucket,
                    Key=self.key,
                    Body=encode(journal),
                    ContentType="application/json",
                    ExpectedBucketOwner=self.account,
                    **condition,
                )
        except ClientError as error:
            if is_deleted(error):
                raise ConflictError(
                    f"s3:PutObject {self.where}: someone else deleted it; reading it again"
                ) from error
            raise UnreachableError(f"{self.where}: {error}") from error
        return Stored(journal=journal, etag=put["ETag"], now=date_of(put))

    @property
    def where(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    def _decoded(self, body: bytes) -> Journal:
        try:
            return decode(body, f"the journal {self.where}")
        except msgspec.DecodeError as error:
            raise UnreachableError(
                f"the journal {self.where} cannot be understood ({error}). The bucket keeps its earlier versions",
                hint=f"`aws s3api list-object-versions --bucket {self.bucket} --prefix {self.key}`",
            ) from error


def is_deleted(error: ClientError) -> bool:
    """S3 answers a write with If-Match on an object that is gone with 404, not 412."""
    return error.response["Error"].get("Code") == "NoSuchKey"


def date_of(response: Any) -> float:
    """S3's clock, whole seconds since the epoch."""
    return parsedate_to_datetime(response["ResponseMetadata"]["HTTPHeaders"]["date"]).timestamp()
