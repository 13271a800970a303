"""Write a data set to where SageMaker reads it: `datasets/<revision>/` in the data bucket, once.

    python -m pipelines.publish build/dataset --bucket flights-data-111111111111-eu-west-1

Every file is written on condition that there is none, and the manifest last: a prefix with a manifest is whole, and whoever
is killed or meets another at work is finished by the next run. A prefix is read by its URI alone, so nothing in it ever
changes (SageMaker caches a step by the URIs of its inputs, not by what is there).

Exit status: 0 written, now or before, 1 it cannot be, and why, 2 usage.
"""

import argparse
import hashlib
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from modeldelivery.release.naming import dataset_prefix
from pipelines import aws_errors, dataset
from pipelines.dataset import MANIFEST, BadDataError

_TAKEN = {"PreconditionFailed"}  # S3's word where If-None-Match meets an object
_ABSENT = {"NoSuchKey", "404"}


class OtherBytesError(Exception):
    """A place that holds something else than what its name says."""


class Store(Protocol):
    """A store of objects that are written once."""

    def create(self, key: str, content: bytes) -> bool:
        """Write an object where there is none; whether it was written."""

    def read(self, key: str) -> bytes | None:
        """An object's bytes; None where there is none."""


def publish(folder: Path, store: Store) -> tuple[str, int]:
    """Have a data set in the store, whole; its prefix, and how many objects were written.

    Raises:
        BadDataError: the folder is not what its manifest says.
        OtherBytesError: the store holds something else in its place.
    """
    manifest = dataset.read_manifest(folder)
    prefix = dataset_prefix(manifest.revision)
    last = prefix + MANIFEST
    text = dataset.encode(manifest)
    present = store.read(last)
    if present is not None:
        _same(last, present, text)
        return prefix, 0
    contents = ((prefix + file.path, dataset.content(folder, file)) for file in manifest.files)
    written = sum(_create(store, key, content) for key, content in contents)
    return prefix, written + _create(store, last, text)


def _create(store: Store, key: str, content: bytes) -> bool:
    if store.create(key, content):
        return True
    present = store.read(key)
    _same(key, present, content)
    return False


def _same(key: str, present: bytes | None, content: bytes) -> None:
    if present != content:
        digest = "nothing" if present is None else f"sha256:{hashlib.sha256(present).hexdigest()}"
        raise OtherBytesError(
            f"{key} holds {digest} and not sha256:{hashlib.sha256(content).hexdigest()}, which its revision names: "
            "somebody wrote there by hand; look at who did (S3 keeps versions) before anything is trained on it"
        )


class S3Store:
    """A bucket; S3 checks each body by its digest."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def create(self, key: str, content: bytes) -> bool:
        """Raises botocore's errors but for the one that says that the place is taken."""
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=content,
                IfNoneMatch="*",
                ChecksumAlgorithm="SHA256",
                ChecksumSHA256=b64encode(hashlib.sha256(content).digest()).decode(),
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _TAKEN:
                return False
            raise
        return True

    def read(self, key: str) -> bytes | None:
        """Raises botocore's errors but for the one that says that there is none."""
        try:
            body: bytes = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return None
            raise
        return body


def main(arguments: list[str] | None = None) -> int:
    """Command line; the exit status."""
    import boto3  # noqa: PLC0415 - half a second that nobody else who imports this module needs

    parser = argparse.ArgumentParser(
        prog="python -m pipelines.publish",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="the data set, such as build/dataset")
    parser.add_argument("--bucket", required=True, metavar="NAME", help="the stack's output dataBucket")
    parser.add_argument(
        "--profile", metavar="NAME", help="of AWS (default: AWS_PROFILE, else the default chain)"
    )
    options = parser.parse_args(arguments)
    try:
        client = boto3.Session(profile_name=options.profile).client("s3")
        prefix, written = publish(options.folder, S3Store(client, options.bucket))
    except (BadDataError, OtherBytesError, BotoCoreError, ClientError) as error:
        print(f"publish: {aws_errors.sentence(error)}", file=sys.stderr)
        return 1
    print(f"s3://{options.bucket}/{prefix}", "already there" if not written else f"{written} objects written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
