"""The data that the flows train on: what DVC pulls, and one data set."""

import contextlib

from modeldelivery.release.naming import dataset_prefix
from tools.roles.site import PLACE, Site

_DATUM = "dvc/files/md5/9a/0364b9e99bb480dd25e1f0284c8555"
_MANIFEST = f"{dataset_prefix('sha256:' + 'd' * 64)}manifest.json"


def pull(site: Site, role: str) -> None:
    """As `dvc pull` does: it lists what the remote has, and reads what is missing here."""
    administrator, s3 = site.administrator("s3"), site.client(role, "s3")
    held = {"Bucket": PLACE.data_bucket, "Key": _DATUM}
    version = administrator.put_object(**held, Body=b"content")["VersionId"]
    try:
        s3.list_objects_v2(Bucket=PLACE.data_bucket, Prefix="dvc/files/md5/")
        s3.get_object(**held)["Body"].read()
    finally:  # so that whoever takes the environment down need not
        administrator.delete_object(**held, VersionId=version)


def publish(site: Site) -> None:
    """A data set of one file, as `python -m pipelines.publish` leaves one: written once, and kept whatever becomes of it."""
    s3 = site.administrator("s3")
    with contextlib.suppress(s3.exceptions.ClientError):  # it is there
        s3.put_object(Bucket=PLACE.data_bucket, Key=_MANIFEST, Body=b"content", IfNoneMatch="*")


def take_away(site: Site) -> None:
    """A data set's files go by a change of the policy that guards them (components/data_bucket.py)."""
    s3 = site.administrator("s3")
    with contextlib.suppress(s3.exceptions.NoSuchBucket):  # a destroy that ended half way took it
        s3.delete_bucket_policy(Bucket=PLACE.data_bucket)
        for each in s3.list_object_versions(Bucket=PLACE.data_bucket).get("Versions", ()):
            s3.delete_object(Bucket=PLACE.data_bucket, Key=each["Key"], VersionId=each["VersionId"])
