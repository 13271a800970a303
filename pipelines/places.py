"""Files below a folder, or below a prefix of S3, one after the other: what bounds the memory."""

import errno
import fcntl
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

_S3 = "s3://"
_TRIES = 20  # of a write beside others: each that fails is another's that went through
# S3's words for an object that is no longer as it was read, https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
_CHANGED = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})
ABSENT = "NoSuchKey"  # of an object that is not there

Change: TypeAlias = Callable[[bytes | None], bytes | None]


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


def within(place: str, where: str) -> str:
    """The name, below the place, of what `below` found there: of `./a/` and `a/b/c` it is `b/c`."""
    if remote(place):
        return where.removeprefix(place.rstrip("/")).lstrip("/")
    return Path(where).relative_to(place).as_posix()


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
    """Write a file below a place, whole or not at all, over one of that name, though others do so too; where it is.

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
    # Each writer has its own: of two that write at the same time neither takes the other's away, or half of it.
    partial = path.with_name(f"{path.name}.{os.urandom(4).hex()}.partial")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return path.as_posix()


def update(place: str, change: Change, client: Any) -> None:
    """Replace one file or object by what is made of it, though others do the same at the same time: no writer undoes another's.

    Args:
        place: of it.
        change: from its content, None where there is none, to the new one, None to leave it; called again where another was faster.
        client: of S3.

    Raises:
        OSError: of the file; EBUSY where others were faster each time.
        botocore.exceptions.ClientError: S3 refuses.
    """
    if remote(place):
        _update_object(place, change, client)
        return
    path = Path(place)
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        content = change(path.read_bytes() if path.exists() else None)
        if content is not None:
            write(str(path.parent), path.name, content, None)
    finally:
        os.close(folder)


def _update_object(place: str, change: Change, client: Any) -> None:
    bucket, _, key = place.removeprefix(_S3).partition("/")
    for _ in range(_TRIES):
        condition: dict[str, str] = {"IfNoneMatch": "*"}
        content = None
        try:
            response = client.get_object(Bucket=bucket, Key=key)
            content, condition = response["Body"].read(), {"IfMatch": response["ETag"]}
        except Exception as error:
            if code_of(error) != ABSENT:
                raise
        changed = change(content)
        if changed is None:
            return
        try:
            client.put_object(Bucket=bucket, Key=key, Body=changed, **condition)
        except Exception as error:
            if code_of(error) not in _CHANGED:
                raise
        else:
            return
    raise OSError(errno.EBUSY, "others go on writing it: run it again", place)


def code_of(error: Exception) -> str:
    """The code of an error of AWS'; "" of any other. botocore can be asked where it was imported."""
    exceptions = sys.modules.get("botocore.exceptions")
    if exceptions is None or not isinstance(error, exceptions.ClientError):
        return ""
    return str(error.response["Error"].get("Code", ""))
