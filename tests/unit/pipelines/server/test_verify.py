"""A model read before its version is claimed, by the very code that will serve it."""

import gzip
import json
import re
import subprocess
import sys

import pytest

from modeldelivery.release.operations.image import SERVER_LABEL
from pipelines.server import artifact
from pipelines.server.model import BadModelError
from pipelines.server.verify import CONTRACT, read, report
from sandbox.image.dockerfile import parse
from tests.bits import packed
from tests.conftest import CHECKOUT


@pytest.fixture(scope="module")
def files(model_dir):
    return {name: (model_dir / name).read_bytes() for name in artifact.FILES}


def test_a_trained_model_is_one_that_the_server_would_serve(trained):
    assert read(trained.archive).digest == artifact.digest(trained.archive)


def test_the_same_files_in_an_archive_of_other_bytes_can_never_have_the_registered_digest(files):
    with pytest.raises(
        BadModelError, match=r"packed again from its files it is sha256:.*, and it is sha256:"
    ):
        read(packed(files, samples=b""))


def test_names_as_tar_writes_them_for_a_folder_are_the_same_files(files):
    """`tar -C FOLDER .`: SageMaker unpacks it, and the server could still not prove what it loaded."""
    with pytest.raises(BadModelError, match="packed again from its files"):
        read(packed({f"./{name}": data for name, data in files.items()}, samples=b""))


def test_a_file_more_is_refused(files):
    with pytest.raises(BadModelError, match="packed again"):
        read(packed(files | {"notes.txt": b"x"}, samples=b""))


@pytest.mark.parametrize("name", artifact.FILES)
def test_a_missing_file_is_named(files, name):
    with pytest.raises(BadModelError, match=f"the archive lacks {re.escape(name)}"):
        read(packed({key: data for key, data in files.items() if key != name}, samples=b""))


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("model.onnx", b"no graph", "is not a model that onnxruntime loads"),
        ("schema.json", b"{}", "is not a schema"),
    ],
)
def test_what_the_server_does_not_load_is_refused(files, name, data, why):
    with pytest.raises(BadModelError, match=why):
        read(artifact.pack(files | {name: data}))


def test_a_self_check_that_fails_is_refused(files):
    schema = json.loads(files["schema.json"])
    schema["self_check"]["output"][1] += 0.1
    with pytest.raises(BadModelError, match="self-check predicts"):
        read(artifact.pack(files | {"schema.json": json.dumps(schema).encode()}))


@pytest.mark.parametrize(
    "data", [b"", b"text", gzip.compress(b"text" * 1000, mtime=0)], ids=["nothing", "text", "no-tar"]
)
def test_what_is_no_archive_is_refused(data):
    assert report(data)[0] == 1
    assert "cannot be unpacked" in json.loads(report(data)[1])["refused"]


def test_the_command_tells_contract_and_digest(trained):
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.server", "verify"],
        input=trained.archive,
        capture_output=True,
        check=True,
        cwd=CHECKOUT,
    )

    assert json.loads(done.stdout) == {"contract": CONTRACT, "model": artifact.digest(trained.archive)}


def test_the_images_label_says_the_contract_that_the_reader_keeps():
    labels = parse((CHECKOUT / "pipelines" / "server" / "Dockerfile").read_text()).labels

    assert labels[SERVER_LABEL] == CONTRACT
