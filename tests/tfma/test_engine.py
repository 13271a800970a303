"""The program itself: every kind of output, Beam's options, and its own validation."""

import json
import subprocess
import threading
import time
from pathlib import Path

import pytest

from pipelines.gates import tfma
from pipelines.gates.slices import InProcess
from pipelines.gates.tfma import PYTHON, Tfma
from tests.conftest import CHECKOUT
from tests.unit.pipelines.gates.test_engines import question_of

WORKER = b"apache_beam.runners.worker.sdk_worker_main"
PARSE = """
import json, sys
from pipelines.tfma.beam_options import BadOptionsError, parse
for given in json.loads(sys.argv[1]):
    try:
        print(parse(given).get_all_options()["runner"])
    except BadOptionsError as error:
        print(error)
"""


def close(measured, exact):
    for place, models in exact.items():
        for theirs, ours in zip(measured[place], models, strict=True):
            assert theirs.keys() == ours.keys()
            assert theirs == pytest.approx(ours, abs=1e-3), place


@pytest.mark.parametrize(
    ("kind", "champion"), [("probability", False), ("classes", True), ("number", True), ("number", False)]
)
def test_every_kind_of_output_is_measured_with_and_without_a_champion(kind, champion, tmp_path):
    question = question_of(kind, champion=champion)
    close(Tfma(tmp_path).values(question), InProcess().values(question))


def test_a_slice_that_a_batch_has_no_rows_of_is_measured_in_the_others(tmp_path, monkeypatch):
    monkeypatch.setattr(tfma, "_BATCH", 100)  # the smallest slice is in the first of six
    question = question_of("probability")
    close(Tfma(tmp_path).values(question), InProcess().values(question))


def workers():
    """Processes of Beam's that measure."""
    running = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if WORKER in path.read_bytes():
                running.add(path.parent.name)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return running


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="processes are told apart in /proc")
def test_beams_options_are_passed_on_and_two_processes_measure(tmp_path):
    question = question_of("probability")
    before, during, ended = workers(), set(), threading.Event()

    def watch():
        while not ended.wait(0.2):
            during.update(workers() - before)

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        options = {"direct_num_workers": "2", "direct_running_mode": "multi_processing"}
        measured = Tfma(tmp_path, options).values(question)
    finally:
        ended.set()
        watching.join()
    close(measured, InProcess().values(question))
    assert len(during) >= 2
    deadline = time.monotonic() + 30
    while workers() & during and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not workers() & during


def test_its_own_validation_is_kept_and_knows_the_demands(tmp_path):
    engine = Tfma(tmp_path)
    engine.values(question_of("number"))  # no error is under 0: of the slices' demands, one is not met
    validation = json.loads(engine.validation())
    demanded = tfma.request_of(question_of("number"), ("challenger", "champion"), {}).demands
    assert len(demanded) == 3
    specs = [each["slicingSpec"] for each in validation["validationDetails"]["slicingDetails"]]
    assert sorted(json.dumps(spec) for spec in specs) == sorted(
        json.dumps({"featureValues": {"carrier": each.value}} if each.dimension else {}) for each in demanded
    )


def test_an_option_or_a_runner_that_there_is_not_is_refused():
    given = [[], ["--direct_num_wrkers=2"], ["--runner=NoRunner"], ["--direct_num_workers=two"]]
    done = subprocess.run(
        [PYTHON, "-c", PARSE, json.dumps(given)], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    default, typo, runner, number = done.stdout.splitlines()
    assert default.endswith("FnApiRunner")
    assert typo.startswith("direct_num_wrkers: neither Apache Beam nor the runner ")
    assert runner.startswith("runner NoRunner: ")
    assert "direct_num_workers" in number
