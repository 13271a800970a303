import gzip
import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.server import artifact

BLOCK = 0xFFFF


def unpacked(archive):
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(archive))) as tar:
        return {entry: tar.extractfile(entry).read() for entry in tar}


@given(st.binary(max_size=300), st.sampled_from([0, 1, BLOCK - 1024, BLOCK, 2 * BLOCK - 512, 3 * BLOCK]))
def test_any_gzip_and_tar_read_the_archive(content, padding):
    files = dict.fromkeys(artifact.FILES, content) | {artifact.MODEL_FILE: content + bytes(padding)}
    assert {entry.name: data for entry, data in unpacked(artifact.pack(files)).items()} == files


def test_the_archive_has_no_trace_of_when_and_by_whom():
    entries = unpacked(artifact.pack(dict.fromkeys(artifact.FILES, b"x")))
    traces = {(entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname) for entry in entries}
    assert traces == {(0, 0, 0, "", "")}
    assert [entry.name for entry in entries] == sorted(artifact.FILES)


def test_the_order_in_which_files_are_given_does_not_matter():
    files = {name: name.encode() for name in artifact.FILES}
    assert artifact.pack(files) == artifact.pack(dict(reversed(files.items())))


def test_the_digest_is_fixed_for_ever():
    """The registry holds digests of archives packed by older releases: another byte would refuse their models."""
    files = {name: name.encode() for name in artifact.FILES}
    assert artifact.digest(artifact.pack(files)) == DIGEST_OF_NAMES


DIGEST_OF_NAMES = "sha256:6e822a158311217cbc882e86957efbb7227ab558aa472f3e62805fdbf8d97a7e"


@pytest.mark.parametrize("names", [[], ["model.onnx"], [*artifact.FILES, "code.py"]])
def test_an_archive_with_other_files_is_refused(names):
    with pytest.raises(ValueError, match=r"a model holds metrics\.json, model\.onnx, schema\.json; got "):
        artifact.pack(dict.fromkeys(names, b""))
