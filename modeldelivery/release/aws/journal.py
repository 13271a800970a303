"""The journal's object in S3: conditional writes, and S3's own clock.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
"""

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import ClientError

from modeldelivery.release.aws.errors import translated
from modeldelivery.release.aws.restore import Kept
from modeldelivery.release.core import sanity
from modeldelivery.release.core.journal import Journal, decode, encode
from modeldelivery.release.errors import (
    ConflictError,
    DamagedError,
    NoRegistryError,
    UnreachableError,
    UpdateNeededError,
)
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
            with translated(f"s3:GetObject {self.where}"):
                response = self.s3.get_object(
                    Bucket=self.bucket, Key=self.key, ExpectedBucketOwner=self.account
                )
                body = response["Body"].read()
        except ClientError as error:
            code = error.response["Error"].get("Code")
            if code == "NoSuchKey":
                if is_marked(error.response):
                    raise self._damaged("was deleted", None, date_of(error.response)) from error
                return Stored(journal=Journal(), etag=None, now=date_of(error.response))
            if code == "NoSuchBucket":
                raise NoRegistryError(
                    f"there is no bucket {self.bucket} in account {self.account}",
                    hint="is this the environment's account? If it was never made: `pulumi up`",
                ) from error
            raise UnreachableError(f"{self.where}: {error}") from error
        now = date_of(response)
        return Stored(journal=self._decoded(body, response["ETag"], now), etag=response["ETag"], now=now)

    def write(self, journal: Journal, etag: str | None) -> Stored:
        condition: dict[str, Any] = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        try:
            with translated(f"s3:PutObject {self.where}"):
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

    def _decoded(self, body: bytes, etag: str, now: float) -> Journal:
        """Raises DamagedError for what is no journal, or one that cannot be true."""
        try:
            journal = decode(body, f"the journal {self.where}")
        except msgspec.DecodeError as error:
            raise self._damaged(f"cannot be understood ({error})", etag, now) from error
        wrong = sanity.fault(journal, now)
        if wrong:
            raise self._damaged(f"cannot be true ({wrong})", etag, now)
        return journal

    def _damaged(self, what: str, etag: str | None, now: float) -> DamagedError:
        kept = Kept(
            s3=self.s3,
            bucket=self.bucket,
            key=self.key,
            account=self.account,
            fits=lambda body: is_sane(body, now),
        )
        return DamagedError(
            f"the journal {self.where} {what}. Until it is back, only "
            f"`modelctl rollback --without-journal --to …` moves traffic",
            hint=kept.way_back(etag),
        )


def is_sane(body: bytes, now: float) -> bool:
    """Whether this is a journal that can be true, or one that only a newer program understands."""
    try:
        return sanity.fault(decode(body, "an earlier version"), now) is None
    except msgspec.DecodeError:
        return False
    except UpdateNeededError:
        return True


def is_marked(response: Any) -> bool:
    """Whether what is not there was deleted: S3 says so of an object whose newest version is a delete marker."""
    headers = response["ResponseMetadata"]["HTTPHeaders"]
    return str(headers.get("x-amz-delete-marker", "")).lower() == "true"


def is_deleted(error: ClientError) -> bool:
    """S3 answers a write with If-Match on an object that is gone with 404, not 412."""
    return error.response["Error"].get("Code") == "NoSuchKey"


def date_of(response: Any) -> float:
    """S3's clock, whole seconds since the epoch."""
    return parsedate_to_datetime(response["ResponseMetadata"]["HTTPHeaders"]["date"]).timestamp()
