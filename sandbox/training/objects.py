"""Files of a job from S3 and to S3, under a prefix."""

import re
import shutil
import tarfile
from pathlib import Path, PurePosixPath
from typing import Any

_URI = re.compile(r"s3://(?P<bucket>[^/]+)/?(?P<key>.*)")


class ObjectsError(Exception):
    """S3 does not have what a job reads, or a URI is none; the text becomes FailureReason."""


def split(uri: str) -> tuple[str, str]:
    """Bucket and key; raises ObjectsError."""
    parts = _URI.fullmatch(uri)
    if parts is None:
        raise ObjectsError(f"{uri!r} is no s3://BUCKET/KEY")
    return parts["bucket"], parts["key"]


def download(s3: Any, uri: str, folder: Path) -> None:
    """Every object under a prefix into a folder; raises ObjectsError when there is none, ClientError."""
    bucket, prefix = split(uri)
    count = 0
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for listed in page.get("Contents", []):
            if listed["Key"].endswith("/"):
                continue
            path = _inside(folder, listed["Key"], prefix)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                shutil.copyfileobj(s3.get_object(Bucket=bucket, Key=listed["Key"])["Body"], file)
            count += 1
    if not count:
        raise ObjectsError(
            f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket exists in the '
            "selected region, that objects exist under that S3 prefix, and that the role has s3:ListBucket permissions on it."
        )


def upload(s3: Any, folder: Path, uri: str, key_id: str | None) -> None:
    """Every file of a folder, under a prefix; raises ObjectsError, ClientError."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            put(s3, path, f"{uri.rstrip('/')}/{path.relative_to(folder).as_posix()}", key_id)


def put(s3: Any, path: Path, uri: str, key_id: str | None) -> None:
    """One file; raises ObjectsError, ClientError."""
    bucket, key = split(uri)
    encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_id} if key_id else {}
    with path.open("rb") as file:
        s3.put_object(Bucket=bucket, Key=key, Body=file, **encryption)


def pack(folder: Path, archive: Path) -> None:
    """A folder as tar.gz, as SageMaker makes it of a model."""
    with tarfile.open(archive, "w:gz") as tar:
        for path in sorted(folder.iterdir()):
            tar.add(path, path.name)


def _inside(folder: Path, key: str, prefix: str) -> Path:
    name = key[len(prefix) :].lstrip("/") or PurePosixPath(key).name
    path = folder / name
    if ".." in PurePosixPath(name).parts:
        raise ObjectsError(f"the key {key!r} would lie outside its folder")
    return path
