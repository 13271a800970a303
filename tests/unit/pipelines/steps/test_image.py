"""The image of the steps holds what the steps run on."""

import re
from pathlib import PurePosixPath

from packaging.utils import canonicalize_name

from pipelines.gates.tfma import PYTHON
from sandbox.image.dockerfile import parse
from tests.conftest import CHECKOUT
from tests.unit.test_requirements import imported, undeclared

DOCKERFILE = CHECKOUT / "pipelines" / "steps" / "Dockerfile"
# What does not run in the image: the command lines that write to the data bucket or judge labels, and the pipeline's definition;
# what runs in the environment of the other engine, or of Evidently, alone.
OUTSIDE = {
    "pipelines/publish.py",
    "pipelines/quality/__main__.py",
    "pipelines/data_drift/evidently_report.py",
    "pipelines/definition.py",
    *(f"pipelines/tfma/{name}.py" for name in ("beam_options", "configuration", "evaluation", "metrics")),
}

JUDGES = {
    "pipelines/data_drift/__main__.py",
    "pipelines/data_drift/command.py",
    "pipelines/data_drift/verdict.py",
    "pipelines/quality/verdict.py",
    "pipelines/verdicts.py",
}
# They run `modelctl train` for the next version, and so know what a version is called and where records lie.
PROPOSES = {f"pipelines/proposal/{name}.py" for name in ("__main__", "data", "decide", "training")}


def test_the_image_starts_the_program_of_the_steps():
    built = parse(DOCKERFILE.read_text())
    assert built.entrypoint == ["python", "-m", "pipelines.steps"]
    assert built.env["PYTHONPATH"] == built.workdir == "/opt/program"
    assert {("pipelines",), ("modeldelivery",)} <= {copy.sources for copy in built.copies}


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
    by_path = {str(path.relative_to(CHECKOUT)): set(imported(path.read_text())) for path in code}
    # Steps call `modelctl` as a program; those that judge write a document that it reads, by the same code.
    assert {path for path, imports in by_path.items() if "modeldelivery" in imports} == JUDGES | PROPOSES
    imports = set().union(*by_path.values()) - {"pipelines", "modeldelivery"}
    assert undeclared(imports, declared | serving) == set()


def test_the_image_installs_all_that_modelctl_needs():
    steps, modelctl = (
        set(
            re.findall(
                r"^[\w.-]+(?:\[\w+\])?==[\w.]+", (CHECKOUT / "requirements" / name).read_text(), re.MULTILINE
            )
        )
        for name in ("steps.txt", "modelctl.txt")
    )
    assert modelctl - steps == set()


def test_the_image_with_the_other_engine_has_it_where_the_gate_looks():
    built = parse(DOCKERFILE.with_name("tfma.Dockerfile").read_text())
    below = parse(DOCKERFILE.read_text())
    place = PurePosixPath(below.workdir) / PYTHON.relative_to(CHECKOUT).parent.parent
    assert built.entrypoint == below.entrypoint
    (copied,) = built.copies
    assert copied.sources == ("requirements/tfma.txt",)
    assert f"python -m venv {place} " in (text := DOCKERFILE.with_name("tfma.Dockerfile").read_text())
    assert f"{place}/bin/pip install " in text
