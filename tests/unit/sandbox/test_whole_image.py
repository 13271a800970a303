import subprocess

import pytest

from sandbox.hosting import whole_image
from sandbox.hosting.image import Image
from sandbox.hosting.whole_image import WholeImageError, environment


def test_the_model_overrules_the_image_and_sagemaker_both():
    config = {"Env": ["GREETING=hello", "LEVEL=a=b", "SAGEMAKER_BIND_TO_PORT=1"]}
    given = environment(config, {"GREETING": "ho", "SAGEMAKER_BIND_TO_PORT": "2"}, 8080)
    assert given == {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/",
        "GREETING": "ho",
        "LEVEL": "a=b",
        "SAGEMAKER_BIND_TO_PORT": "8080",
    }


def test_a_variable_that_sagemaker_does_not_set_is_the_images_own():
    assert "SM_MODEL_DIR" not in environment({}, {}, 8080)
    assert environment({"Env": ["SM_MODEL_DIR=/models"]}, {}, 8080)["SM_MODEL_DIR"] == "/models"


@pytest.mark.parametrize(("stderr", "why"), [("", "its reader ended with -9"), ("a\nb: full\n", "b: full")])
def test_a_reader_of_layers_that_says_nothing_is_told_by_its_status(tmp_path, monkeypatch, stderr, why):
    def run(arguments, **_):
        return subprocess.CompletedProcess(arguments, -9, "", stderr)

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(WholeImageError, match=f"^the image cannot be unpacked: {why}$"):
        whole_image.files(Image({}, (), whole=True), None, tmp_path / "layers", tmp_path, tmp_path)
