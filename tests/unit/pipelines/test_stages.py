"""dvc.yaml and params.yaml, held to the code that the stages run."""

import ast
import hashlib
import re
import subprocess

import msgspec
import pytest
import yaml

from pipelines import recipe
from pipelines.steps.step import STEPS
from tests.conftest import CHECKOUT

STAGES = yaml.safe_load((CHECKOUT / "dvc.yaml").read_text())["stages"]
PARAMETERS = yaml.safe_load((CHECKOUT / "params.yaml").read_text())
# Runs a step and is none of it; and what every step needs to be started at all.
RUNNER = {
    "pipelines/steps/__main__.py",
    "pipelines/steps/local.py",
    "pipelines/steps/step.py",
    "pipelines/steps/contract.py",
}


def source(module):
    path = CHECKOUT.joinpath(*module.split(".")).with_suffix(".py")
    return path if path.is_file() else None


def imports(path):
    """The files of this project that one file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        yield from filter(None, map(source, names))


def closure(*roots):
    """All files of this project that run when these do, as paths in it."""
    reached, left = set(), list(roots)
    while left:
        path = left.pop()
        if path not in reached:
            reached.add(path)
            left += imports(path)
    return {str(path.relative_to(CHECKOUT)) for path in reached}


def covered(path, deps):
    return any(path == dep or path.startswith(f"{dep}/") for dep in deps)


def code(stage):
    if stage == "dataset":
        return closure(CHECKOUT / "pipelines" / "assemble.py")
    model = CHECKOUT / "pipelines" / PARAMETERS["model"].replace("-", "_") / "recipe.py"
    return closure(CHECKOUT / "pipelines" / "steps" / f"{stage}.py", model) - RUNNER


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_runs_again_when_any_code_that_it_imports_changed(stage):
    assert {path for path in code(stage) if not covered(path, STAGES[stage]["deps"])} == set()


@pytest.mark.parametrize("stage", STAGES)
def test_every_dependency_of_a_stage_is_in_the_project_or_made_by_another(stage):
    made = [
        output if isinstance(output, str) else next(iter(output))
        for other in STAGES.values()
        for kind in ("outs", "metrics", "plots")
        for output in other.get(kind, ())
    ]
    for dep in STAGES[stage]["deps"]:
        assert (CHECKOUT / dep).exists() or covered(dep, made), dep


def test_every_stage_after_the_dataset_is_a_step_of_its_name():
    for stage, definition in STAGES.items():
        module = "assemble" if stage == "dataset" else f"steps.local {stage}"
        first, *_ = [definition["cmd"]] if isinstance(definition["cmd"], str) else definition["cmd"]
        assert first.startswith(f".venv/bin/python -m pipelines.{module} ")
        assert stage == "dataset" or stage in STEPS


def test_params_name_every_parameter_of_the_model_and_what_it_takes():
    flights = recipe.find(PARAMETERS["model"])
    given = {name: str(value) for name, value in PARAMETERS["fit"].items()}
    assert given.keys() == {field.name for field in msgspec.structs.fields(flights.settings)}
    recipe.parameters(flights.settings, given, "params.yaml: fit")
    recipe.parameters(flights.window, {"until": PARAMETERS["months"]["until"]}, "params.yaml: months")


def test_what_is_trained_by_hand_is_trained_with_the_same_parameters():
    flights = recipe.find(PARAMETERS["model"])
    assert msgspec.to_builtins(flights.settings()) == PARAMETERS["fit"]


def test_no_stage_reads_what_belongs_to_an_environment():
    """The champion is of an environment: in dvc.lock, which is the commit's, it would change with each release."""
    deps = {dep for stage in STAGES.values() for dep in stage["deps"]}
    assert not [dep for dep in deps if covered("build/champion", [dep])]


def test_metrics_are_in_git_where_every_clone_can_compare_them():
    kept = [entry for kind in ("metrics", "plots") for entry in STAGES["evaluate"][kind]]
    for ((path, options),) in (entry.items() for entry in kept):
        assert options == {"cache": False, "persist": True}
        assert (CHECKOUT / path).is_file()
        ignored = subprocess.run(["git", "check-ignore", "--quiet", path], cwd=CHECKOUT, check=False)
        assert ignored.returncode == 1


ABSOLUTE = re.compile(r"(?:^|[\s\"'=\[,])(/[\w.~]\S*)", re.MULTILINE)


def test_nothing_that_dvc_reads_names_a_place_of_one_machine():
    for path in (".dvc/config", "dvc.yaml", "params.yaml", "dvc.lock"):
        text = (CHECKOUT / path).read_text()
        assert str(CHECKOUT) not in text
        assert ABSOLUTE.findall(text) == []
        assert "://" not in text.replace("s3://", "")


def test_the_lock_is_of_the_code_that_is_committed():
    """Else whoever runs the stages on a clean clone gets another dvc.lock, though nothing was changed."""
    stages = yaml.safe_load((CHECKOUT / "dvc.lock").read_text())["stages"]
    locked = {
        dep["path"]: dep["md5"]
        for stage in stages.values()
        for dep in stage["deps"]
        if (CHECKOUT / dep["path"]).is_file() and not dep["path"].startswith("build/")
    }
    assert len(locked) > 20
    stale = [
        path
        for path, digest in locked.items()
        if hashlib.md5((CHECKOUT / path).read_bytes(), usedforsecurity=False).hexdigest() != digest
    ]
    assert stale == [], "`.venv-data/bin/dvc repro` makes dvc.lock anew"
