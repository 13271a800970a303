"""A model fetched from S3: laid down whole, or not at all and with a sentence."""

import hashlib
import io
import tarfile

import pytest

from pipelines.server.artifact import digest
from pipelines.server.fetch import FetchError, fetch
from tests.bits import packed

URI = "s3://flights-registry/artifacts/sha256/aa/model.tar.gz"
FILES = {"model.onnx": b"weights", "deep/er/schema.json": b"{}"}


def world(archive, target, **changed):
    """Variables of the init container, and a bucket that holds this archive alone."""
    requests = []

    def read(bucket, key):
        requests.append((bucket, key))
        return [archive[:5], archive[5:]]

    variables = {"MODEL_DATA": URI, "MODEL_SHA256": digest(archive), "SM_MODEL_DIR": str(target)} | changed
    return variables, read, requests


def there(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_registered_is_laid_down_and_nothing_is_left_beside_it(tmp_path):
    variables, read, requests = world(packed(FILES, samples=None), tmp_path / "model")
    told = fetch(variables, read)
    assert there(tmp_path / "model") == FILES
    assert requests == [("flights-registry", "artifacts/sha256/aa/model.tar.gz")]
    assert variables["MODEL_SHA256"] in told


def test_run_again_it_comes_to_the_same(tmp_path):
    variables, read, _ = world(packed(FILES, samples=None), tmp_path)
    assert fetch(variables, read) == fetch(variables, read)
    assert there(tmp_path) == FILES


def test_other_bytes_than_the_registered_ones_are_not_laid_down(tmp_path):
    other = f"sha256:{hashlib.sha256(b'another').hexdigest()}"
    variables, read, _ = world(packed(FILES), tmp_path, MODEL_SHA256=other)
    with pytest.raises(FetchError, match=f"and {other} is registered"):
        fetch(variables, read)
    assert there(tmp_path) == {}


@pytest.mark.parametrize(
    ("variable", "value"),
    [("MODEL_DATA", ""), ("MODEL_DATA", "https://x/y"), ("MODEL_SHA256", "aa"), ("MODEL_SHA256", "")],
)
def test_a_variable_that_says_nothing_is_named_before_anything_is_read(tmp_path, variable, value):
    variables, read, requests = world(packed(FILES), tmp_path, **{variable: value})
    with pytest.raises(FetchError, match=f"{variable}='{value}': write "):
        fetch(variables, read)
    assert requests == []


def test_what_is_no_archive_is_told(tmp_path):
    variables, read, _ = world(b"\x1f\x8b this is none", tmp_path)
    with pytest.raises(FetchError, match="cannot be unpacked"):
        fetch(variables, read)


@pytest.mark.parametrize("name", ["../outside", "deep/../../outside"])
def test_nothing_of_an_archive_lands_outside_of_the_models_folder(tmp_path, name):
    variables, read, _ = world(packed({name: b"x"}, samples=None), tmp_path / "model")
    with pytest.raises(FetchError, match="no file or folder of its own"):
        fetch(variables, read)
    assert not (tmp_path / "outside").exists()


def test_a_link_in_an_archive_is_refused(tmp_path):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        entry = tarfile.TarInfo("model.onnx")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(entry)
    variables, read, _ = world(buffer.getvalue(), tmp_path)
    with pytest.raises(FetchError, match="no file or folder of its own"):
        fetch(variables, read)
