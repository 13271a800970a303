"""`python -m pipelines.server fetch`: a model's archive from S3, laid down where the server looks for it, if its bytes are the registered ones.

SageMaker does this before a container starts; on Kubernetes an init container of the same image does. Credentials and region are what
AWS' SDK finds: EKS' Pod Identity, a service account's role, an instance's.
"""

import hashlib
import os
import re
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO, Any

from pipelines.server.artifact import DIGEST

_URI = re.compile(r"s3://(?P<bucket>[a-z0-9.-]{3,63})/(?P<key>.+)")
_CHUNK = 1 << 20
_MODE = 0o644
# Bytes of an object, by its bucket and key.
Read = Callable[[str, str], Iterable[bytes]]


class FetchError(Exception):
    """A sentence: why there is no model."""


def fetch(environ: Mapping[str, str], read: Read) -> str:
    """Lay the model down.

    Args:
        environ: MODEL_DATA, `s3://BUCKET/KEY` of the archive; MODEL_SHA256, its digest; SM_MODEL_DIR, where it goes.
        read: from S3.

    Returns:
        What was done.

    Raises:
        FetchError: a variable is wrong, S3 does not give the archive, or its bytes are others; nothing was laid down.
    """
    text, digest = environ.get("MODEL_DATA", ""), environ.get("MODEL_SHA256", "")
    uri = _URI.fullmatch(text)
    if uri is None:
        raise FetchError(f"MODEL_DATA={text!r}: write s3://BUCKET/KEY of a model.tar.gz")
    if not DIGEST.fullmatch(digest):
        raise FetchError(f"MODEL_SHA256={digest!r}: write sha256:<64 hex digits>, the archive's digest")
    target = Path(environ.get("SM_MODEL_DIR") or "/opt/ml/model")
    try:
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=target) as archive:
            size = _copy(read(uri["bucket"], uri["key"]), archive, text, digest)
            archive.seek(0)
            names = _unpack(archive, target)
    except (tarfile.TarError, zlib.error, EOFError) as error:
        raise FetchError(f"{text} cannot be unpacked: {error}") from error
    except OSError as error:
        raise FetchError(f"{text} cannot be laid down in {target}: {error}") from error
    return f"{target} holds {', '.join(names)}: {size} bytes of {text}, {digest}"


def read_s3(bucket: str, key: str) -> Iterable[bytes]:
    """An object's bytes; raises FetchError."""
    # A server never needs it, and it takes a third of a second to import.
    import botocore.session  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        client: Any = botocore.session.get_session().create_client("s3")
        yield from client.get_object(Bucket=bucket, Key=key)["Body"].iter_chunks(_CHUNK)
    except (BotoCoreError, ClientError) as error:
        raise FetchError(f"s3://{bucket}/{key} cannot be read: {error}") from error


def main() -> int:
    """The exit status."""
    try:
        print(fetch(os.environ, read_s3), flush=True)
    except FetchError as error:
        print(error, flush=True)  # the last line is what a Pod's status tells
        return 1
    return 0


def _copy(chunks: Iterable[bytes], archive: IO[bytes], text: str, digest: str) -> int:
    """Bytes that came; raises FetchError unless they are those of the digest."""
    hashed, size = hashlib.sha256(), 0
    for chunk in chunks:
        hashed.update(chunk)
        size += archive.write(chunk)
    if f"sha256:{hashed.hexdigest()}" != digest:
        raise FetchError(f"{text} has the digest sha256:{hashed.hexdigest()}, and {digest} is registered")
    return size


def _unpack(archive: IO[bytes], target: Path) -> list[str]:
    """Names of the files that are there now. Raises tarfile.TarError for what is no file or folder inside the target."""
    names = []
    with tarfile.open(fileobj=archive, mode="r:gz") as tar:
        for member in tar:
            path = target / member.name.lstrip("/")
            inside = path.resolve().is_relative_to(target.resolve())
            if not inside or not (member.isreg() or member.isdir()):
                raise tarfile.ReadError(f"{member.name!r} is no file or folder of its own")
            if member.isdir():
                path.mkdir(parents=True, exist_ok=True)
                continue
            content = tar.extractfile(member)
            assert content is not None  # it is a file
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                while data := content.read(_CHUNK):
                    file.write(data)
            path.chmod(_MODE)  # another user serves it
            names.append(member.name)
    return names
