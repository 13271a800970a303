"""Images and archives as registrations name them."""

import gzip
import io
import json
import tarfile

from modeldelivery.release.operations.image import SERVER_LABEL
from modeldelivery.release.ports import DOCKER_MANIFEST, Image

SAMPLES = json.dumps([{"content_type": "text/csv", "body": "1.5,2"}]).encode()
FOREIGN = Image(media_type=DOCKER_MANIFEST, platform="linux/amd64")
SERVER = Image(media_type=DOCKER_MANIFEST, platform="linux/amd64", labels={SERVER_LABEL: "onnx-1"})


def packed(files=None, *, samples=SAMPLES):
    """A `model.tar.gz` of these files and sample requests: the same files are the same bits."""
    files = {"model.bin": b"weights"} if files is None else files
    files = files | ({"samples.json": samples} if samples else {})
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return gzip.compress(buffer.getvalue(), mtime=0)
