"""`python -m pipelines.server verify < model.tar.gz`: read a model as the server would, before a version is bound to it.

One JSON object on stdout: `{"contract": …, "model": digest}` with exit status 0, or `{"contract": …, "refused": why}` with 1.
Whoever registers a model runs this, from a checkout or from the image itself (`docker run --rm -i IMAGE verify`).
"""

import gzip
import io
import json
import tarfile
import tempfile
import zlib
from pathlib import Path, PurePosixPath

from pipelines.server import artifact
from pipelines.server.model import BadModelError, Model, load

CONTRACT = "onnx-1"  # of archive, schema and self-check; the Dockerfile's label says it too


def read(data: bytes) -> Model:
    """The model of an archive that the server would serve.

    Raises:
        BadModelError: it would not: not unpacked, not packed as the registry's digest needs it, no model, no schema, or
            the self-check fails.
    """
    digest = artifact.digest(data)
    contents = _files(data)
    missing = [name for name in artifact.FILES if name not in contents]
    if missing:
        raise BadModelError(
            f"the archive lacks {', '.join(missing)}; it holds {', '.join(sorted(contents)) or 'nothing'}"
        )
    packed = artifact.digest(artifact.pack({name: contents[name] for name in artifact.FILES}))
    if packed != digest:
        raise BadModelError(
            f"no server can prove that it loaded this archive: packed again from its files it is {packed}, and it is "
            f"{digest}; pack it with pipelines.server.artifact.pack, as training does"
        )
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        for name in artifact.FILES:
            (Path(folder) / name).write_bytes(contents[name])
        return load(Path(folder), digest)


def report(data: bytes) -> tuple[int, str]:
    """Exit status, and what goes to stdout."""
    try:
        digest = read(data).digest
    except BadModelError as error:
        return 1, json.dumps({"contract": CONTRACT, "refused": str(error)})
    return 0, json.dumps({"contract": CONTRACT, "model": digest})


def _files(data: bytes) -> dict[str, bytes]:
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as tar:
            return {
                str(PurePosixPath(entry.name)): file.read()
                for entry in tar
                if entry.isreg() and (file := tar.extractfile(entry))
            }
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise BadModelError(f"the archive cannot be unpacked: {error}") from error
