"""The step that registers calls `modelctl register` with what the steps before it left."""

import json
import sys
import tarfile

import pytest

from modeldelivery.release.cli.commands import parse
from pipelines.server import artifact
from pipelines.steps import evaluate, register, validate
from pipelines.steps.__main__ import main
from pipelines.steps.contract import BASE

OPTIONS = {
    "env": "staging",
    "version": "v1.2.0",
    "image": f"111111111111.dkr.ecr.eu-west-1.amazonaws.com/flights-staging@sha256:{'a' * 64}",
    "data-revision": f"sha256:{'b' * 64}",
    "commit": "c" * 40,
    "execution": "arn:aws:sagemaker:eu-west-1:111111111111:pipeline/flights-staging/execution/abcdefghijkl",
}
LEFT = {
    "model": ["model.tar.gz"],
    "validation": ["validation.json", "validation.html"],
    "evaluation": ["evaluation.json", "evaluation.html", "metrics.json", "baseline.json"],
}


@pytest.fixture
def job(tmp_path, monkeypatch):
    """A step about to run, with a modelctl that keeps its arguments and ends as `answer` says."""
    for folder, names in LEFT.items():
        (tmp_path / "processing" / "input" / folder).mkdir(parents=True)
        for name in names:
            (tmp_path / "processing" / "input" / folder / name).write_text("{}")
    # As SageMaker packs it, with times and owners.
    with tarfile.open(tmp_path / "processing" / "input" / "model" / "model.tar.gz", "w:gz") as tar:
        for name in artifact.FILES:
            (tmp_path / name).write_text(name)
            tar.add(tmp_path / name, name)
    program = tmp_path / "modelctl.py"
    program.write_text(
        "import json, pathlib, sys\n"
        "here = pathlib.Path(__file__).parent\n"
        "(here / 'arguments.json').write_text(json.dumps(sys.argv[1:]))\n"
        "(artifact,) = (word.partition('=')[2] for word in sys.argv if word.startswith('--artifact='))\n"
        "(here / 'registered').write_bytes(pathlib.Path(artifact).read_bytes())\n"
        "answer = json.loads((here / 'answer.json').read_text())\n"
        "print(answer['output'])\n"
        "sys.exit(answer['status'])\n"
    )
    monkeypatch.setattr(register, "_MODELCTL", (sys.executable, str(program)))
    answer(tmp_path, 0, {"summary": "v1.2.0 is registered"})
    return tmp_path


def answer(job, status, output):
    text = output if isinstance(output, str) else json.dumps(output)
    (job / "answer.json").write_text(json.dumps({"status": status, "output": text}))


def run(job):
    given = [word for name, value in OPTIONS.items() for word in (f"--{name}", value)]
    status = main(["register", "--model", "flights", *given], {BASE: str(job)})
    message = job / "output" / "message"
    return status, message.read_text() if message.exists() else ""


def test_modelctl_is_given_the_model_its_reports_and_where_it_comes_from(job):
    assert run(job) == (0, "")
    options = parse(json.loads((job / "arguments.json").read_text()))
    inputs = job / "processing" / "input"
    assert (options.env, options.model, options.version) == ("staging", "flights", "v1.2.0")
    assert (options.image, options.data_revision) == (OPTIONS["image"], OPTIONS["data-revision"])
    assert (options.commit, options.execution) == (OPTIONS["commit"], OPTIONS["execution"])
    assert options.artifact.name == "model.tar.gz"
    assert options.evaluation == inputs / "evaluation" / "evaluation.json"
    assert options.metrics == inputs / "evaluation" / "metrics.json"
    assert dict(options.evidence) == {
        "validation.json": inputs / "validation" / "validation.json",
        "validation.html": inputs / "validation" / "validation.html",
        "evaluation.html": inputs / "evaluation" / "evaluation.html",
        "baseline.json": inputs / "evaluation" / "baseline.json",
    }


def test_who_registers_is_the_execution(job):
    """In a job the login is root and the host a container's."""
    run(job)
    assert parse(json.loads((job / "arguments.json").read_text())).actor == OPTIONS["execution"]


def test_the_archive_that_was_judged_is_registered_whatever_sagemaker_made_of_it(job):
    """An evaluation names its digest."""
    run(job)
    assert (job / "registered").read_bytes() == artifact.pack(
        {name: name.encode() for name in artifact.FILES}
    )


def test_what_modelctl_refuses_fails_the_step_with_its_sentence(job):
    answer(job, 1, {"summary": "v1.2.0 names other bits", "hint": "choose the next version"})
    assert run(job) == (1, "register: v1.2.0 names other bits: choose the next version")


def test_a_modelctl_that_broke_points_to_the_log(job):
    answer(job, 70, "Traceback")
    assert run(job) == (
        1,
        "register: modelctl register ended with 70; its last words are in the job's log",
    )


def test_a_report_that_is_missing_is_named(job):
    (job / "processing" / "input" / "validation" / "validation.json").unlink()
    status, message = run(job)
    assert (status, "validation.json: no such file; the step before left validation.html" in message) == (
        1,
        True,
    )


def test_the_files_are_those_that_the_steps_write():
    assert (evaluate.REPORT_FILE, evaluate.METRICS_FILE) == (register.REPORT_FILE, register.METRICS_FILE)
    assert register.EVIDENCE == {
        validate.RESULT_FILE: validate.OUTPUT,
        validate.PAGE_FILE: validate.OUTPUT,
        evaluate.PAGE_FILE: evaluate.OUTPUT,
        evaluate.BASELINE_FILE: evaluate.OUTPUT,
    }
