import subprocess

import pytest

from sandbox.hosting import whole_image
from sandbox.hosting.held import Image
from sandbox.hosting.whole_image import PORT, WholeImageError, environment


def test_the_model_overrules_the_image_and_sagemaker_adds_nothing():
    config = {"Env": ["GREETING=hello", "LEVEL=a=b", "SM_MODEL_DIR=/models"]}
    assert environment(config, {"GREETING": "ho"}, PORT) == {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/",
        "GREETING": "ho",
        "LEVEL": "a=b",
        "SM_MODEL_DIR": "/models",
    }
    assert environment({}, {}, PORT).keys() == {"PATH", "HOME"}


def test_a_container_that_cannot_have_sagemakers_port_is_told_of_its_own_whatever_its_model_says():
    config = {"Env": ["SAGEMAKER_BIND_TO_PORT=1"]}
    assert environment(config, {"SAGEMAKER_BIND_TO_PORT": "2"}, 20_001)["SAGEMAKER_BIND_TO_PORT"] == "20001"


@pytest.mark.parametrize(("stderr", "why"), [("", "its reader ended with -9"), ("a\nb: full\n", "b: full")])
def test_a_reader_of_layers_that_says_nothing_is_told_by_its_status(tmp_path, monkeypatch, stderr, why):
    def run(arguments, **_):
        return subprocess.CompletedProcess(arguments, -9, "", stderr)

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(WholeImageError, match=f"^the image cannot be unpacked: {why}$"):
        whole_image.files(Image({}, (), whole=True), None, tmp_path / "layers", tmp_path, tmp_path)
