import io
import tarfile

import pytest

from pipelines import package
from pipelines.package import BadArchiveError
from pipelines.server import artifact

FILES = {"metrics.json": b"{}", "model.onnx": b"onnx", "schema.json": b"[]"}


def as_sagemaker_packs(files):
    """Another order, other headers, compressed, names with `./`."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name in sorted(files, reverse=True):
            entry = tarfile.TarInfo(f"./{name}")
            entry.size, entry.mtime = len(files[name]), 1_700_000_000
            tar.addfile(entry, io.BytesIO(files[name]))
    return packed.getvalue()


@pytest.mark.parametrize("pack", [artifact.pack, as_sagemaker_packs])
def test_an_archive_gives_its_files_by_whomever_it_was_packed(tmp_path, pack):
    (tmp_path / "model.tar.gz").write_bytes(pack(FILES))
    assert package.unpack(tmp_path / "model.tar.gz") == FILES


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file or directory"),
        (b"", "is no whole archive"),
        (b"no archive", "no"),
        (as_sagemaker_packs(FILES)[:-40], "is no whole archive"),
        (
            as_sagemaker_packs({"model.onnx": b""}),
            "holds model.onnx; a model holds metrics.json, model.onnx, schema",
        ),
        (as_sagemaker_packs({**FILES, "more": b""}), "holds metrics.json, model.onnx, more, schema.json"),
    ],
    ids=["missing", "empty", "other", "cut short", "a file", "a file more"],
)
def test_what_is_no_model_is_refused_by_file(tmp_path, content, reason):
    path = tmp_path / "model.tar.gz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadArchiveError, match=reason) as refused:
        package.unpack(path)
    assert str(path) in str(refused.value)
