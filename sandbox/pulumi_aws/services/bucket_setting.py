# ruff: noqa: ARG002, RUF012 - all kinds of resource have the same calls, and their tables are constants
"""S3's settings of a bucket: each is one put, one get and one delete of the bucket's."""

from collections.abc import Mapping
from typing import Any

from sandbox.pulumi_aws.kind import REGION, Kind, Place
from sandbox.pulumi_aws.property import block, blocks, document, flag, integer, text
from sandbox.pulumi_aws.shape import from_api, to_api

_BUCKET = {"bucket": text(required=True, replaces=True, local=True), **REGION}
_DAYS = {"days": integer(), "date": text(), "storageClass": text(required=True)}


class _Setting(Kind):
    """A setting whose properties are one structure of the API's."""

    put = ""
    get = ""
    remove = ""
    wrapper = ""  # the structure's name in requests
    answered = ""  # and in answers, "" when the answer is the structure

    def create(self, place: Place, inputs: Mapping[str, Any]) -> str:
        self._put(place, inputs)
        return str(inputs["bucket"])

    def read(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> dict[str, Any] | None:
        answer = place("s3", self.get, Bucket=id_)
        structure = answer.get(self.answered) if self.answered else answer
        return {"bucket": id_, **self.received(structure)} if structure else None

    def update(
        self,
        place: Place,
        id_: str,
        *,
        inputs: Mapping[str, Any],
        outputs: Mapping[str, Any],
        changed: frozenset[str],
    ) -> None:
        self._put(place, inputs)

    def delete(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> None:
        place("s3", self.remove, Bucket=id_)

    def sent(self, inputs: Mapping[str, Any]) -> Any:
        """The structure with every default said: S3 refuses an empty one."""
        defaults = {name: spec.default for name, spec in self._own().items()}
        return to_api(self._own(), {**defaults, **inputs})

    def received(self, structure: Any) -> dict[str, Any]:
        return from_api(self._own(), structure)

    def _own(self) -> dict[str, Any]:
        return {name: spec for name, spec in self.properties.items() if name not in _BUCKET}

    def _put(self, place: Place, inputs: Mapping[str, Any]) -> None:
        place("s3", self.put, Bucket=inputs["bucket"], **{self.wrapper: self.sent(inputs)})


class BucketVersioning(_Setting):
    pulumi_type = "aws:s3/bucketVersioning:BucketVersioning"
    properties = {
        "versioningConfiguration": block(
            {
                "status": text(required=True, one_of=("Enabled", "Suspended", "Disabled")),
                "mfaDelete": text(api="MFADelete", one_of=("Enabled", "Disabled"), computed=True),
            },
            required=True,
        ),
        **_BUCKET,
    }
    gone = ("NoSuchBucket",)
    put, get, wrapper = "put_bucket_versioning", "get_bucket_versioning", "VersioningConfiguration"

    def create(self, place: Place, inputs: Mapping[str, Any]) -> str:
        # "Disabled" is the state of a bucket that never was versioned: there is no call that sets it.
        if inputs["versioningConfiguration"]["status"] != "Disabled":
            self._put(place, inputs)
        return str(inputs["bucket"])

    def sent(self, inputs: Mapping[str, Any]) -> Any:
        return super().sent(inputs)["VersioningConfiguration"]

    def received(self, structure: Any) -> dict[str, Any]:
        return super().received({"VersioningConfiguration": {"Status": "Disabled", **structure}})

    def read(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> dict[str, Any] | None:
        return {"bucket": id_, **self.received(place("s3", self.get, Bucket=id_))}

    def delete(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> None:
        if recorded["versioningConfiguration"]["status"] == "Enabled":
            place("s3", self.put, Bucket=id_, VersioningConfiguration={"Status": "Suspended"})


class BucketServerSideEncryptionConfiguration(_Setting):
    pulumi_type = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    properties = {
        "rules": blocks(
            {
                "applyServerSideEncryptionByDefault": block(
                    {
                        "sseAlgorithm": text(
                            api="SSEAlgorithm", required=True, one_of=("AES256", "aws:kms", "aws:kms:dsse")
                        ),
                        "kmsMasterKeyId": text(api="KMSMasterKeyID"),
                    }
                ),
                "bucketKeyEnabled": flag(default=False),
            },
            required=True,
        ),
        **_BUCKET,
    }
    gone = ("NoSuchBucket", "ServerSideEncryptionConfigurationNotFoundError")
    put, get, remove = "put_bucket_encryption", "get_bucket_encryption", "delete_bucket_encryption"
    wrapper = answered = "ServerSideEncryptionConfiguration"


class BucketPublicAccessBlock(_Setting):
    pulumi_type = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
    properties = {
        "blockPublicAcls": flag(default=False),
        "blockPublicPolicy": flag(default=False),
        "ignorePublicAcls": flag(default=False),
        "restrictPublicBuckets": flag(default=False),
        "skipDestroy": flag(default=False, local=True),
        **_BUCKET,
    }
    gone = ("NoSuchBucket", "NoSuchPublicAccessBlockConfiguration")
    put, get, remove = "put_public_access_block", "get_public_access_block", "delete_public_access_block"
    wrapper = answered = "PublicAccessBlockConfiguration"

    def delete(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> None:
        if not recorded.get("skipDestroy"):
            super().delete(place, id_, recorded)


class BucketOwnershipControls(_Setting):
    pulumi_type = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
    properties = {
        "rule": block(
            {
                "objectOwnership": text(
                    required=True, one_of=("BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced")
                )
            },
            required=True,
        ),
        **_BUCKET,
    }
    gone = ("NoSuchBucket", "OwnershipControlsNotFoundError")
    put, get, remove = (
        "put_bucket_ownership_controls",
        "get_bucket_ownership_controls",
        "delete_bucket_ownership_controls",
    )
    wrapper = answered = "OwnershipControls"

    def sent(self, inputs: Mapping[str, Any]) -> Any:
        return {"Rules": [super().sent(inputs)["Rule"]]}

    def received(self, structure: Any) -> dict[str, Any]:
        return super().received({"Rule": structure["Rules"][0]})


class BucketPolicy(_Setting):
    pulumi_type = "aws:s3/bucketPolicy:BucketPolicy"
    properties = {"policy": document(required=True), **_BUCKET}
    gone = ("NoSuchBucket", "NoSuchBucketPolicy")
    put, get, remove = "put_bucket_policy", "get_bucket_policy", "delete_bucket_policy"
    wrapper = answered = "Policy"

    def sent(self, inputs: Mapping[str, Any]) -> Any:
        return inputs["policy"]

    def received(self, structure: Any) -> dict[str, Any]:
        return {"policy": structure}


class BucketLifecycleConfiguration(_Setting):
    pulumi_type = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    properties = {
        "rules": blocks(
            {
                "id": text(api="ID", required=True),
                "status": text(required=True, one_of=("Enabled", "Disabled")),
                "filter": block(
                    {
                        "prefix": text(),
                        "objectSizeGreaterThan": integer(),
                        "objectSizeLessThan": integer(),
                        "tag": block({"key": text(required=True), "value": text(required=True)}),
                    }
                ),
                "expiration": block(
                    {"days": integer(), "date": text(), "expiredObjectDeleteMarker": flag(default=False)}
                ),
                "noncurrentVersionExpiration": block(
                    {"noncurrentDays": integer(required=True), "newerNoncurrentVersions": integer()}
                ),
                "abortIncompleteMultipartUpload": block({"daysAfterInitiation": integer()}),
                "transitions": blocks(_DAYS, unordered=True),
                "noncurrentVersionTransitions": blocks(
                    {
                        "noncurrentDays": integer(required=True),
                        "newerNoncurrentVersions": integer(),
                        "storageClass": text(required=True),
                    },
                    unordered=True,
                ),
            },
        ),
        **_BUCKET,
    }
    gone = ("NoSuchBucket", "NoSuchLifecycleConfiguration")
    put, get, remove = (
        "put_bucket_lifecycle_configuration",
        "get_bucket_lifecycle_configuration",
        "delete_bucket_lifecycle",
    )
    wrapper = "LifecycleConfiguration"


class BucketLogging(_Setting):
    pulumi_type = "aws:s3/bucketLogging:BucketLogging"
    properties = {
        "targetBucket": text(required=True),
        "targetPrefix": text(required=True),
        **_BUCKET,
    }
    gone = ("NoSuchBucket",)
    put, get = "put_bucket_logging", "get_bucket_logging"
    wrapper, answered = "BucketLoggingStatus", "LoggingEnabled"

    def sent(self, inputs: Mapping[str, Any]) -> Any:
        return {"LoggingEnabled": super().sent(inputs)}

    def delete(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> None:
        place("s3", self.put, Bucket=id_, BucketLoggingStatus={})


KINDS: tuple[Kind, ...] = (
    BucketVersioning(),
    BucketServerSideEncryptionConfiguration(),
    BucketPublicAccessBlock(),
    BucketOwnershipControls(),
    BucketPolicy(),
    BucketLifecycleConfiguration(),
    BucketLogging(),
)
