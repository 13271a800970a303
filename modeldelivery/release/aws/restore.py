"""How a stored document that is deleted or damaged is got back: its bucket keeps every earlier version.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/RestoringPreviousVersions.html: a copy of an earlier version would be a
plain write, which the bucket's policy refuses; what is put back is put on condition, as every write is.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from modeldelivery.release.aws.errors import ask
from modeldelivery.release.errors import DeliveryError

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_LOOKED_AT = 5  # earlier versions, the newest first


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """The earlier versions of one object.

    Attributes:
        s3: a client; each call is made once, and one that fails leaves a step of the way to whoever goes it.
        fits: whether a body is what the object should hold.
    """

    s3: "S3Client"
    bucket: str
    key: str
    account: str
    fits: Callable[[bytes], bool]

    def way_back(self, etag: str | None) -> str:
        """The commands that put the newest version that fits in the place of what has `etag`; None: of nothing."""
        try:
            version = self._newest()
        except DeliveryError as error:
            version, lists = None, f" (not looked at: {error})"
        else:
            lists = ""
        names = (
            ""
            if version
            else f"find VERSION with `aws s3api list-object-versions --bucket {self.bucket} --prefix {self.key}`{lists}, then "
        )
        condition = f"--if-match '{etag}'" if etag else "--if-none-match '*'"
        return (
            f"{names}`aws s3api get-object --bucket {self.bucket} --key {self.key} --version-id {version or 'VERSION'} kept.json`, "
            f"then `aws s3api put-object --bucket {self.bucket} --key {self.key} --body kept.json "
            f"--content-type application/json {condition}`"
        )

    def _newest(self) -> str | None:
        """Id of the newest version that fits, of those that are looked at. Raises DeliveryError."""
        place: dict[str, Any] = {"Bucket": self.bucket, "ExpectedBucketOwner": self.account}
        listed = ask(
            f"s3:ListObjectVersions s3://{self.bucket}/{self.key}",
            lambda: self.s3.list_object_versions(Prefix=self.key, MaxKeys=50, **place),
        )
        ids = [each["VersionId"] for each in listed.get("Versions", []) if each["Key"] == self.key]
        return next((id_ for id_ in ids[:_LOOKED_AT] if self.fits(self._body(id_, place))), None)

    def _body(self, version: str, place: dict[str, Any]) -> bytes:
        where = f"s3:GetObjectVersion s3://{self.bucket}/{self.key} {version}"
        response = ask(where, lambda: self.s3.get_object(Key=self.key, VersionId=version, **place))
        return ask(where, response["Body"].read)
