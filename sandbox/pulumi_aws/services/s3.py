# ruff: noqa: ARG002, RUF012 - all kinds of resource have the same calls, and their tables are constants
"""S3: the bucket; its settings are in `bucket_setting`."""

from collections.abc import Collection, Mapping
from typing import Any

from sandbox.pulumi_aws.calls import AwsError
from sandbox.pulumi_aws.kind import REGION, TAGS, Kind, Place
from sandbox.pulumi_aws.naming import AutoName
from sandbox.pulumi_aws.property import flag, text
from sandbox.pulumi_aws.shape import tag_list, tag_map

# Route 53's zones of S3's website endpoints: https://docs.aws.amazon.com/general/latest/gr/s3.html
_HOSTED_ZONES = {
    "ap-northeast-1": "Z2M4EHUR26P7ZW",
    "ap-southeast-1": "Z3O0J2DXBE1FTB",
    "ap-southeast-2": "Z1WCIGYICN2BYD",
    "eu-central-1": "Z21DNDUVLTQW6Q",
    "eu-west-1": "Z1BKCTXD74EZPE",
    "eu-west-2": "Z3GKZC51ZF0DB4",
    "us-east-1": "Z3AQBSTGFYJSTF",
    "us-east-2": "Z2O1EMRO9K5GLX",
    "us-west-2": "Z3BJ6K6RIION7M",
}


class Bucket(Kind):
    pulumi_type = "aws:s3/bucket:Bucket"
    properties = {
        "bucket": text(replaces=True, computed=True),
        "forceDestroy": flag(default=False, local=True),
        "objectLockEnabled": flag(replaces=True, computed=True),
        "arn": text(output=True),
        "bucketDomainName": text(output=True),
        "bucketRegion": text(output=True),
        "bucketRegionalDomainName": text(output=True),
        "hostedZoneId": text(output=True),
        **TAGS,
        **REGION,
    }
    auto_name = AutoName("bucket", 63, str.lower)
    completes = ("tags",)
    gone = ("NoSuchBucket", ": 404: ")

    def create(self, place: Place, inputs: Mapping[str, Any]) -> str:
        where = {} if place.region == "us-east-1" else {"LocationConstraint": place.region}
        place(
            "s3",
            "create_bucket",
            Bucket=inputs["bucket"],
            ObjectLockEnabledForBucket=bool(inputs.get("objectLockEnabled")),
            **({"CreateBucketConfiguration": where} if where else {}),
        )
        return str(inputs["bucket"])

    def complete(self, place: Place, id_: str, inputs: Mapping[str, Any]) -> None:
        if inputs.get("tags"):
            self._put_tags(place, id_, inputs["tags"])

    def read(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> dict[str, Any] | None:
        place("s3", "head_bucket", Bucket=id_)
        host = f"{id_}.s3.{place.region}.amazonaws.com"
        return {
            "bucket": id_,
            "arn": f"arn:aws:s3:::{id_}",
            "bucketDomainName": f"{id_}.s3.amazonaws.com",
            "bucketRegion": place.region,
            "bucketRegionalDomainName": host,
            "hostedZoneId": _HOSTED_ZONES.get(place.region, ""),
            "objectLockEnabled": self._locked(place, id_),
            "tags": self._tags(place, id_),
        }

    def tag(self, place: Place, id_: str, outputs: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        self._put_tags(place, id_, {**self._tags(place, id_), **tags})

    def untag(self, place: Place, id_: str, outputs: Mapping[str, Any], keys: Collection[str]) -> None:
        left = {key: value for key, value in self._tags(place, id_).items() if key not in keys}
        if left:
            self._put_tags(place, id_, left)
        else:
            place("s3", "delete_bucket_tagging", Bucket=id_)

    def delete(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> None:
        if recorded.get("forceDestroy"):
            self._empty(place, id_)
        place("s3", "delete_bucket", Bucket=id_)

    def _empty(self, place: Place, bucket: str) -> None:
        for listed in ("Versions", "DeleteMarkers"):
            versions = place.aws.pages(
                "s3", "list_object_versions", listed, region=place.region, Bucket=bucket
            )
            for start in range(0, len(versions), 1000):  # S3 takes 1000 keys at once
                keys = [
                    {"Key": one["Key"], "VersionId": one["VersionId"]}
                    for one in versions[start : start + 1000]
                ]
                answer = place("s3", "delete_objects", Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
                for error in answer.get("Errors", ()):
                    raise AwsError("s3", error["Code"], f"{error['Key']}: {error['Message']}")

    def _locked(self, place: Place, bucket: str) -> bool:
        try:
            answer = place("s3", "get_object_lock_configuration", Bucket=bucket)
        except AwsError as failure:
            if failure.code == "ObjectLockConfigurationNotFoundError":
                return False
            raise
        return bool(answer["ObjectLockConfiguration"].get("ObjectLockEnabled") == "Enabled")

    def _tags(self, place: Place, bucket: str) -> dict[str, str]:
        try:
            return tag_map(place("s3", "get_bucket_tagging", Bucket=bucket)["TagSet"])
        except AwsError as failure:
            if failure.code == "NoSuchTagSet":
                return {}
            raise

    def _put_tags(self, place: Place, bucket: str, tags: Mapping[str, str]) -> None:
        place("s3", "put_bucket_tagging", Bucket=bucket, Tagging={"TagSet": tag_list(tags)})


KINDS: tuple[Kind, ...] = (Bucket(),)
