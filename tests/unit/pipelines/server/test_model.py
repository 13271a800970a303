import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from pipelines.server import artifact
from pipelines.server.model import BadModelError, NoNumberError, load
from pipelines.server.schema import TENSOR_IN, TENSOR_OUT
from sandbox.archive import unpack
from tests.models import diabetes, iris

SERVING = {
    "uvicorn",
    "uvloop",
    "httptools",
    "onnxruntime",
    "numpy",
    "prometheus_client",
    "msgspec",
}
THEIR_OWN = {
    "anyio",
    "idna",
    "h11",
    "click",
    "typing_extensions",
    "flatbuffers",
    "google",
    "packaging",
    "sniffio",
}


@pytest.fixture
def folder(model_dir, tmp_path):
    return Path(shutil.copytree(model_dir, tmp_path / "model"))


def test_the_registered_model_loads(folder, trained):
    digest = artifact.digest(trained.archive)
    assert load(folder, digest).digest == digest


@pytest.mark.parametrize("name", artifact.FILES)
def test_a_model_with_another_byte_than_registered_does_not_load(folder, trained, name):
    content = bytearray((folder / name).read_bytes())
    content[-1] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(BadModelError, match=r"but MODEL_SHA256 asks for sha256:.*: refusing to serve it"):
        load(folder, artifact.digest(trained.archive))


@pytest.mark.parametrize("name", artifact.FILES)
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(
        BadModelError, match=re.escape(f"cannot read {folder / name}: No such file or directory")
    ):
        load(folder, None)


def test_a_corrupt_model_does_not_load(folder):
    (folder / artifact.MODEL_FILE).write_bytes(b"no model")
    with pytest.raises(BadModelError, match=r"model\.onnx is not a model that onnxruntime loads"):
        load(folder, None)


def test_a_model_that_fails_as_it_computes_does_not_load(folder):
    """Its tensors are as the schema has them; it takes a feature that no row has."""
    schema = json.loads((folder / artifact.SCHEMA_FILE).read_bytes())
    rows = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [None, width])
        for name, width in ((TENSOR_IN, len(schema["features"])), (TENSOR_OUT, 2))
    ]
    beyond = onnx.helper.make_tensor("beyond", onnx.TensorProto.INT64, [2], [999, 999])
    gather = onnx.helper.make_node("Gather", [TENSOR_IN, "beyond"], [TENSOR_OUT], axis=1)
    graph = onnx.helper.make_graph([gather], "fails", rows[:1], rows[1:], [beyond])
    model = onnx.helper.make_model(graph, ir_version=8, opset_imports=[onnx.helper.make_opsetid("", 15)])
    (folder / artifact.MODEL_FILE).write_bytes(model.SerializeToString())
    with pytest.raises(BadModelError, match=r"self-check computes nothing: .*out of data bounds"):
        load(folder, None)


def changed(folder, change):
    path = folder / artifact.SCHEMA_FILE
    schema = json.loads(path.read_bytes())
    change(schema)
    path.write_text(json.dumps(schema))


def test_a_model_that_answers_its_self_check_otherwise_does_not_load(folder):
    changed(
        folder,
        lambda schema: schema["self_check"].update(output=[0.5, 0.5]),
    )
    with pytest.raises(
        BadModelError, match=r"self-check predicts 0\.\d+, 0\.\d+, but training computed 0\.5, 0\.5"
    ):
        load(folder, None)


def test_a_self_check_outside_of_the_schema_does_not_load(folder):
    changed(folder, lambda schema: schema["self_check"]["instance"].update(weekday=8))
    with pytest.raises(BadModelError, match=r"self_check: row 0, field 'weekday': "):
        load(folder, None)


def test_a_schema_of_another_width_does_not_load(folder):
    changed(folder, lambda schema: schema["features"].pop())
    with pytest.raises(BadModelError, match=r"asks for \{'features': \[15\]\} and \{'prediction': \[2\]\}"):
        load(folder, None)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b"[1"])
def test_a_corrupt_schema_does_not_load(folder, content):
    (folder / artifact.SCHEMA_FILE).write_bytes(content)
    with pytest.raises(BadModelError, match=r"schema\.json is not a schema"):
        load(folder, None)


def test_the_server_imports_only_what_its_image_holds():
    """Of this repository `pipelines.server`, of others what requirements/serving.in names and what that needs."""
    code = """
import sys
before = set(sys.modules)
import pipelines.server.__main__, pipelines.server.app
new = {name: module for name, module in sys.modules.items() if name not in before}
print(*{name.split('.')[0] for name, module in new.items() if 'site-packages' in (getattr(module, '__file__', None) or '')})
print(*(name for name in new if name.startswith('pipelines')))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300
    )
    packages, own = (set(line.split()) for line in done.stdout.splitlines())
    assert packages >= SERVING - {"uvloop", "httptools"}  # these two load when the server runs
    assert packages <= SERVING | THEIR_OWN
    assert own - {"pipelines"} == {module for module in own if module.startswith("pipelines.server")}


@pytest.mark.parametrize("train", [iris.train, diabetes.train], ids=["classes", "number"])
def test_a_model_of_another_kind_loads_by_the_same_code(train, tmp_path):
    archive = train()
    unpack(archive, tmp_path)
    model = load(tmp_path, artifact.digest(archive))
    _, (output,) = model.predict(model.rows.instances([model.schema.self_check.instance]).matrix)
    assert output == pytest.approx(model.schema.self_check.output, rel=1e-4)


def test_a_classifier_finds_the_classes_of_its_own_data(tmp_path):
    unpack(iris.train(), tmp_path)
    model, (rows, species) = load(tmp_path, None), iris.instances(50)
    _, outputs = model.predict(model.rows.instances(rows).matrix)
    named = [model.schema.output.classes[np.argmax(output)] for output in outputs]
    assert sum(a == b for a, b in zip(named, species, strict=True)) >= 45


def test_an_output_that_is_no_number_is_an_error_that_names_the_row(model):
    class Broken:
        def run(self, *_):
            return [np.array([[0.5, 0.5], [np.nan, 0.5]], dtype=np.float32)]

    with pytest.raises(NoNumberError, match=r"row 1: the model computed \[nan, 0\.5\]"):
        replace(model, session=Broken()).predict(np.zeros((2, 1), dtype=np.float32))
