"""The image of the steps holds what the steps run on."""

import re
import subprocess
import sys

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
    assert undeclared(imports - {"pipelines"}, declared | serving) == set()


def test_the_copied_room_runs_alone(tmp_path):
    """Nothing else of the checkout is in the image, `modeldelivery` least of all."""
    (tmp_path / "pipelines").symlink_to(CHECKOUT / "pipelines")
    code = f"""
import sys
sys.path = [{str(tmp_path)!r}] + [place for place in sys.path if place and {str(CHECKOUT)!r} != place]
sys.meta_path = [finder for finder in sys.meta_path if "editable" not in repr(finder)]
from pipelines import recipe
from pipelines.steps.step import STEPS
for step in STEPS.values():
    step.module()
recipe.find("flights")
assert not any(name.split(".")[0] == "modeldelivery" for name in sys.modules), "not in the image"
"""
    subprocess.run([sys.executable, "-P", "-c", code], check=True, cwd=tmp_path, timeout=120)
