"""The image of the steps holds what the steps run on."""

import re

from packaging.utils import canonicalize_name

from sandbox.image.dockerfile import parse
from tests.conftest import CHECKOUT
from tests.unit.test_requirements import imported, undeclared

DOCKERFILE = CHECKOUT / "pipelines" / "steps" / "Dockerfile"
# What a step may import only where it does not run in the image: the command line that writes to the data bucket.
OUTSIDE = {"pipelines/publish.py"}


def test_the_image_starts_the_program_of_the_steps():
    built = parse(DOCKERFILE.read_text())
    assert built.entrypoint == ["python", "-m", "pipelines.steps"]
    assert built.env["PYTHONPATH"] == built.workdir == "/opt/program"
    assert ("pipelines",) in [copy.sources for copy in built.copies]


def test_the_image_installs_all_that_pipelines_import():
    pinned = (CHECKOUT / "requirements" / "steps.txt").read_text()
    declared = {
        canonicalize_name(name) for name in re.findall(r"^([\w.-]+)(?:\[\w+\])?==", pinned, re.MULTILINE)
    }
    serving = {canonicalize_name(name) for name in ("uvicorn", "uvloop", "httptools", "prometheus-client")}
    code = [
        path
        for path in (CHECKOUT / "pipelines").rglob("*.py")
        if str(path.relative_to(CHECKOUT)) not in OUTSIDE
    ]
    assert code
    imports = {module for path in code for module in imported(path.read_text())}
    assert "modeldelivery" not in imports  # the image has this room alone
    assert undeclared(imports - {"pipelines"}, declared | serving) == set()
