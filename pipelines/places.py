"""Files below a folder, or below a prefix of S3, one after the other: what bounds the memory."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

_S3 = "s3://"


class NothingThereError(ValueError):
    """A place that holds no file."""


def remote(place: str) -> bool:
    """Whether a place is S3's."""
    return place.startswith(_S3)


def exists(place: str) -> bool:
    """Whether one can look below a place: S3's always, a folder's where it is there."""
    return remote(place) or Path(place).is_dir()


def client_of(*given: str | None, profile: str | None = None) -> Any:
    """A client of S3 where a place is S3's, else None: whoever has folders alone need not wait half a second for it.

    Args:
        given: places, None for one that is not given.
        profile: of AWS; None for the default chain.

    Raises:
        botocore.exceptions.BotoCoreError: there is no such profile, or no region.
    """
    if not any(remote(place) for place in given if place):
        return None
    import boto3  # noqa: PLC0415 - as above

    session = boto3.Session(profile_name=profile) if profile else boto3
    return session.client("s3")


def below(place: str, suffix: str, client: Any) -> Iterator[tuple[str, bytes]]:
    """Names and contents, in the order of the names.

    Args:
        place: a folder, or `s3://BUCKET/PREFIX`.
        suffix: of the names.
        client: of S3; used for such a place alone.

    Raises:
        NothingThereError: the folder is not there.
        botocore.exceptions.ClientError: S3 refuses.
    """
    if remote(place):
        bucket, _, prefix = place.removeprefix(_S3).partition("/")
        prefix = f"{prefix.rstrip('/')}/"
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for page in pages:
            for each in page.get("Contents", ()):
                if each["Key"].endswith(suffix):
                    body = client.get_object(Bucket=bucket, Key=each["Key"])["Body"].read()
                    yield f"{_S3}{bucket}/{each['Key']}", body
        return
    folder = Path(place)
    if not folder.is_dir():
        raise NothingThereError(f"{place}: there is no such folder")
    for path in sorted(folder.rglob(f"*{suffix}")):
        yield path.as_posix(), path.read_bytes()


def read(place: str, client: Any) -> bytes:
    """One file, or one object.

    Raises:
        OSError: of the file.
        botocore.exceptions.ClientError: S3 refuses.
    """
    if not remote(place):
        return Path(place).read_bytes()
    bucket, _, key = place.removeprefix(_S3).partition("/")
    content: bytes = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    return content


def write(place: str, name: str, content: bytes, client: Any) -> str:
    """Write a file below a place, whole or not at all, over one of that name; where it is.

    Raises:
        OSError: of the folder.
        botocore.exceptions.ClientError: S3 refuses.
    """
    if remote(place):
        bucket, _, prefix = place.removeprefix(_S3).partition("/")
        key = "/".join(filter(None, (prefix.strip("/"), name)))
        client.put_object(Bucket=bucket, Key=key, Body=content)
        return f"{_S3}{bucket}/{key}"
    path = Path(place, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_bytes(content)
    partial.replace(path)
    return path.as_posix()
