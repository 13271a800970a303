"""`modelctl train`: what an execution is given, when one is started, and how the command ends."""

import itertools
import json
import subprocess

import msgspec
import pytest

from modeldelivery.release.approval import Approver
from modeldelivery.release.cli import main
from modeldelivery.release.core.journal import Journal
from modeldelivery.release.core.training import Execution, Step
from modeldelivery.release.errors import Exit, LostError
from modeldelivery.release.training_ports import Pipeline
from tests.fakes.training import IMAGE, REVISION, STEPS, SUCCEEDED, failed
from tests.unit.release_cli.world import V2, V3, World, register

COMMIT = "c" * 40
GIVEN = ("--commit", COMMIT, "--first", "2013-01", "--until", "2013-03", "--fit", "trees=150")


class Trained:
    """A world with a pipeline, and the command in it."""

    def __init__(self):
        self.world = World()
        self.sources, self.executions = self.world.sources, self.world.executions
        register(self.world.registry, V2, b"champion")

    def run(self, *options, version=V3, given=GIVEN):
        command = ["train", "--env", "prod", "--model", "flights", "--version", version, *given, *options]
        return main(command, self.world.opens)

    @property
    def inputs(self):
        """Parameters of the one execution that there is."""
        (run,) = self.executions.runs.values()
        return run.inputs.parameters


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    """A folder that is no checkout."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def trained():
    return Trained()


def test_an_execution_is_given_the_newest_of_everything_by_content(trained):
    assert trained.run() == Exit.DONE
    champion = trained.world.registry.records[V2][0].digests.model
    assert trained.inputs == {
        "Version": V3,
        "Commit": COMMIT,
        "Data": f"s3://data/{REVISION}/",
        "DataRevision": REVISION,
        "Champion": f"s3://registry/{champion}/",
        "Image": f"server@{IMAGE}",
        "StepImage": f"steps@{STEPS}",
        "First": "2013-01",
        "Until": "2013-03",
        "Fit": '{"trees":150}',
        "Skip": "",
        "Evaluation": "",
        "Register": "yes",
    }


def test_every_input_is_told_before_anything_starts(trained):
    start, told = trained.executions.start, []

    def starts(*given):
        told.extend(trained.world.time.notes)
        return start(*given)

    trained.executions.start = starts
    trained.run()
    assert told == [f"{name}: {value}" for name, value in trained.inputs.items() if value]


def test_where_no_version_serves_a_file_that_says_so_is_the_champion(trained):
    trained.world.store.journal = Journal()
    assert trained.run() == Exit.DONE
    assert trained.inputs["Champion"] == "s3://registry/none/"
    assert trained.sources.none_stored


def test_the_same_again_follows_the_same_execution(trained, capsys):
    trained.executions.looks = [[Execution(arn="", status="Executing")] * 3]
    trained.executions.on_look = _then(KeyboardInterrupt(), after=1)
    assert trained.run() == Exit.INTERRUPTED
    err = capsys.readouterr().err
    assert "arn:execution/0 goes on" in err
    assert "aws sagemaker stop-pipeline-execution --pipeline-execution-arn arn:execution/0" in err
    trained.executions.on_look = lambda: None
    trained.executions.runs["arn:execution/0"].looks = [SUCCEEDED]
    assert trained.run() == Exit.DONE
    assert len(trained.executions.runs) == 1


def _then(error, *, after):
    """Raises an error once, after so many calls."""
    calls = iter([*[None] * after, error])

    def call():
        if (each := next(calls, None)) is not None:
            raise each

    return call


def test_a_gate_ends_it_with_its_sentence_and_is_not_tried_again(trained, capsys):
    reason = "evaluate stopped: AUC 0.61 is under 0.64"
    trained.executions.looks = [[failed(gate=True, reason=reason)]]
    for _ in range(2):
        assert trained.run() == Exit.GATE
        assert f"v3.0.0 is stopped: {reason}" in capsys.readouterr().err
    assert trained.executions.retries == []


@pytest.mark.parametrize("end", [failed(), Execution(arn="", status="Stopped")])
def test_what_failed_otherwise_is_tried_again_once_when_it_is_typed_again(trained, end, capsys):
    trained.executions.looks = [[end], [end], [SUCCEEDED]]
    assert trained.run() == Exit.FAILED
    assert trained.executions.retries == []
    assert "run the same command again" in capsys.readouterr().err
    assert trained.run() == Exit.FAILED
    assert len(trained.executions.retries) == 1
    assert trained.run() == Exit.DONE
    (first, second) = trained.executions.retries
    assert first[1] != second[1]
    assert len(trained.executions.runs) == 1


def test_a_gates_sentence_is_told_before_that_of_a_step_that_failed_beside_it():
    gate, other = (
        Step(name="Worse", status="Failed", reason="worse than the champion", gate=True),
        Step(name="Other", status="Failed", reason="out of memory"),
    )
    trained = Trained()
    trained.executions.looks = [[Execution(arn="", status="Failed", steps=(other, gate))]]
    assert trained.run() == Exit.GATE


def test_a_proposal_ends_before_it_registers_and_asks_nobody_to_approve(trained, capsys):
    trained.executions.on_end = lambda *_: None  # nothing is registered
    assert trained.run("--propose") == Exit.DONE
    assert trained.inputs["Register"] == "no"
    out = capsys.readouterr().out
    assert "a model of 2013-01 to 2013-03 passes its gates; nothing is registered" in out
    assert "tag it v3.0.0" in out
    assert V3 not in trained.world.registry.records


def test_a_proposal_keeps_no_training_of_the_version_waiting_nor_is_kept(trained):
    trained.executions.looks = [[Execution(arn="", status="Executing")] * 3, [SUCCEEDED]]
    trained.executions.on_look = _then(KeyboardInterrupt(), after=1)
    assert trained.run("--propose") == Exit.INTERRUPTED
    trained.executions.on_look = lambda: None
    assert trained.run() == Exit.DONE
    proposal, training = (run.name for run in trained.executions.runs.values())
    assert (proposal.rpartition("-")[0], training.rpartition("-")[0]) == ("proposal", "v3-0-0")
    trained.executions.looks = [[SUCCEEDED]]
    assert trained.run("--propose", "--fit", "trees=9") == Exit.DONE


def test_a_version_that_is_registered_with_these_inputs_is_trained_already(trained, capsys):
    trained.run()
    trained.executions.runs.clear()
    capsys.readouterr()
    assert trained.run("--json") == Exit.DONE
    document = json.loads(capsys.readouterr().out)
    assert (document["outcome"], document["detail"]["record"]["version"]) == ("already", V3)
    assert trained.executions.runs == {}


@pytest.mark.parametrize("again", [False, True])
def test_gates_approve_what_they_let_pass_also_where_an_earlier_run_did_not_live_to_see_it(
    trained, capsys, again
):
    trained.world.approvals.by = Approver.GATES
    if again:
        trained.executions.on_look = _then(KeyboardInterrupt(), after=1)
        assert trained.run() == Exit.INTERRUPTED
        trained.world.registered(trained.executions.runs["arn:execution/0"].inputs, "arn:execution/0")
        assert trained.world.approvals.written == []
    assert trained.run() == Exit.DONE
    ((version, approval),) = trained.world.approvals.written
    assert (version, approval.status) == (V3, "Approved")
    assert "arn:execution/0" in approval.description
    assert ", approved" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("by", "options", "why"),
    [
        (Approver.PERSON, (), "in this environment a person approves"),
        (
            Approver.GATES,
            ("--skip", "latency", "--because", "worth it for now"),
            "skipped its gate latency: worth it for now",
        ),
    ],
)
def test_a_person_approves_where_config_says_so_and_where_a_gate_was_skipped(
    trained, capsys, by, options, why
):
    trained.world.approvals.by = by
    assert trained.run(*options) == Exit.DONE
    output = capsys.readouterr()
    assert f"v3.0.0 is not approved: {'in' if by is Approver.PERSON else 'bob@operator'}" in output.err
    assert why in output.err
    assert "next: modelctl approve v3.0.0 --env prod --model flights --reason" in output.out
    assert trained.world.approvals.written == []


def test_a_version_that_was_registered_by_hand_is_approved_by_a_person(trained, capsys):
    trained.world.approvals.by = Approver.GATES
    trained.run()
    record, etag = trained.world.registry.records[V3]
    trained.world.registry.records[V3] = msgspec.structs.replace(record, source=None), etag
    trained.world.approvals.written.clear()
    assert trained.run() == Exit.DONE
    assert "no execution of the pipeline made it" in capsys.readouterr().err
    assert trained.world.approvals.written == []


def test_a_version_that_is_registered_with_others_is_refused_before_anything_starts(trained, capsys):
    trained.run()
    trained.executions.runs.clear()
    other = f"sha256:{'7' * 64}"
    trained.sources.data = [other]
    assert trained.run() == Exit.REFUSED
    assert f"data revision {REVISION}, not {other}" in capsys.readouterr().err
    assert trained.executions.runs == {}


def test_a_registration_that_was_cut_off_is_gone_on_with(trained):
    trained.run()
    record, etag = trained.world.registry.records[V3]
    trained.world.registry.records[V3] = msgspec.structs.replace(record, package_arn=None), etag
    assert trained.run() == Exit.DONE
    assert trained.world.registry.records[V3][0].package_arn


def test_a_version_is_not_trained_from_two_sets_of_inputs_at_once(trained, capsys):
    trained.executions.looks = [[Execution(arn="", status="Executing")]]
    trained.executions.on_look = _then(KeyboardInterrupt(), after=0)
    trained.run()
    capsys.readouterr()
    assert trained.run("--until", "2013-04") == Exit.REFUSED
    assert "v3.0.0 is being trained from other inputs by arn:execution/0" in capsys.readouterr().err
    assert len(trained.executions.runs) == 1


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (("--until", "2013-04"), "Until"),
        (("--fit", "trees=200"), "Fit"),
        (("--commit", "d" * 40), "Commit"),
        (("--skip", "latency", "--because", "the new feature is worth it"), "Skip"),
    ],
)
def test_other_inputs_are_another_execution(options, name):
    usual, other = Trained(), Trained()
    usual.run()
    other.run(*options)
    assert usual.inputs[name] != other.inputs[name]
    assert usual.executions.tokens.keys() != other.executions.tokens.keys()


def test_another_definition_is_another_execution():
    usual, other = Trained(), Trained()
    other.executions.deployed = msgspec.structs.replace(other.executions.deployed, digest="e")
    usual.run()
    other.run()
    assert usual.executions.tokens.keys() != other.executions.tokens.keys()


def test_a_skip_names_the_person_and_the_reason(trained):
    trained.run("--skip", "latency", "--because", "worth it for now", "--actor", "ada@example.com")
    assert json.loads(trained.inputs["Skip"]) == {
        "gates": ["latency"],
        "by": "ada@example.com",
        "because": "worth it for now",
    }


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda t: t.sources.data.clear(), "has no data set"),
        (lambda t: t.sources.images[False].clear(), "the repository flights-prod has no image"),
        (lambda t: t.sources.images[True].clear(), "the repository flights-prod-steps has no image"),
        (lambda t: setattr(t.executions, "deployed", None), "prod has no pipeline flights-prod"),
        (
            lambda t: setattr(
                t.executions, "deployed", Pipeline(parameters=frozenset({"Version"}), digest="d")
            ),
            "the pipeline flights-prod has the parameters Version, and this modelctl gives Version, Commit",
        ),
    ],
)
def test_what_is_missing_is_refused_before_anything_starts(trained, capsys, change, sentence):
    change(trained)
    assert trained.run() == Exit.REFUSED
    assert sentence in capsys.readouterr().err
    assert trained.executions.runs == {}


@pytest.mark.parametrize(
    "option",
    [
        ("--data-revision", f"sha256:{'8' * 64}"),
        ("--image", "server@sha256:other"),
        ("--step-image", "steps@sha256:other"),
    ],
)
def test_an_input_that_is_named_and_is_not_there_is_refused(trained, capsys, option):
    assert trained.run(*option) == Exit.REFUSED
    assert f"{option[0]} {option[1]} is not in" in capsys.readouterr().err
    assert trained.executions.runs == {}


def test_a_look_that_gets_no_answer_is_taken_again(trained):
    trained.executions.on_look = _then(LostError("no answer"), after=1)
    assert trained.run() == Exit.DONE
    assert trained.world.time.waits[0][0] == "no answer"


def test_an_execution_that_outlasts_the_patience_goes_on(trained, capsys):
    trained.executions.looks = [[]]
    assert trained.run("--timeout", "60") == Exit.REFUSED
    assert "arn:execution/0 goes on after 60 s" in capsys.readouterr().err
    assert trained.world.time.seconds <= 60


def test_a_success_without_a_registered_version_is_damage(trained, capsys):
    trained.executions.on_end = lambda *_: None
    assert trained.run() == Exit.DAMAGED
    assert "succeeded, and v3.0.0 is not registered" in capsys.readouterr().err


def test_each_step_is_told_once_with_what_became_of_it(trained, capsys):
    started, cached = (
        Step(name="Validate", status="Executing"),
        Step(name="Featurize", status="Succeeded", cached=True),
    )
    ended = Step(name="Validate", status="Succeeded", ended=1.0)
    trained.executions.looks = [
        [
            Execution(arn="", status="Executing", steps=(started, cached)),
            Execution(arn="", status="Succeeded", steps=(ended, cached)),
        ]
    ]
    trained.run()
    lines = [line.strip() for line in capsys.readouterr().err.splitlines()]
    assert [line for line in lines if line.startswith("✓")] == ["✓ Featurize: cached", "✓ Validate"]


def test_the_checkouts_commit_and_parameters_are_what_a_training_is_given(trained, tmp_path, monkeypatch):
    (tmp_path / "Pulumi.yaml").write_text("name: flights\n")
    (tmp_path / "params.yaml").write_text(
        'months: {first: "2013-02", until: "2013-05"}\nfit: {seed: 0, trees: 150}\n'
        "evaluation: {engine: tfma, direct_num_workers: 2}\n"
    )
    git = ("git", "-C", str(tmp_path), "-c", "user.name=ada", "-c", "user.email=ada@example.com")
    for command in (("init", "-q"), ("add", "."), ("commit", "-qm", "first")):
        subprocess.run([*git, *command], check=True)
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert trained.run("--fit", "trees=7", given=()) == Exit.DONE
    head = subprocess.run(
        [*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    ).stdout.strip()
    inputs = trained.inputs
    assert (inputs["Commit"], inputs["First"], inputs["Until"]) == (head, "2013-02", "2013-05")
    assert inputs["Fit"] == '{"seed":0,"trees":7}'
    assert inputs["Evaluation"] == '{"direct_num_workers":2,"engine":"tfma"}'


def test_files_that_differ_from_the_commit_are_told(trained, tmp_path):
    git = ("git", "-C", str(tmp_path), "-c", "user.name=ada", "-c", "user.email=ada@example.com")
    (tmp_path / "file").write_text("a")
    for command in (("init", "-q"), ("add", "."), ("commit", "-qm", "first")):
        subprocess.run([*git, *command], check=True)
    (tmp_path / "file").write_text("b")
    trained.run(given=("--first", "2013-01", "--until", "2013-03"))
    assert any(note.startswith("files here differ from") for note in trained.world.time.notes)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (("--first", "2013-01", "--until", "2013-03"), "name it with --commit"),
        (("--commit", COMMIT), "name them with --first and --until"),
    ],
)
def test_what_no_checkout_says_has_to_be_named(trained, capsys, given, sentence):
    assert trained.run(given=given) == Exit.REFUSED
    assert sentence in capsys.readouterr().err


def test_parameters_that_are_no_parameters_are_refused(trained, tmp_path, capsys):
    (tmp_path / "params.yaml").write_text("months: [1]\n")
    assert trained.run(given=("--commit", COMMIT)) == Exit.REFUSED
    assert "params.yaml: Expected `object`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "evaluations: {engine: tfma}\n",
            "evaluations is {'engine': 'tfma'}, and no stage reads it; did you mean evaluation?",
        ),
        ("month: {first: 2013-01}\n", "did you mean months?"),
        ("months: {first: 2013-01, util: 2013-03}\n", "Object contains unknown field `util` - at `$.months`"),
    ],
)
def test_a_misspelt_parameter_is_refused_and_not_passed_over(trained, tmp_path, capsys, text, sentence):
    (tmp_path / "params.yaml").write_text(text)
    assert trained.run(given=("--commit", COMMIT)) == Exit.REFUSED
    assert sentence in capsys.readouterr().err


def test_a_parameter_of_ones_own_stage_is_nobody_elses(trained, tmp_path):
    (tmp_path / "params.yaml").write_text(
        'months: {first: "2013-02", until: "2013-05"}\nembedding: {width: 8}\n'
    )
    assert trained.run(given=("--commit", COMMIT)) == Exit.DONE


@pytest.mark.parametrize(
    "options",
    [
        ("--until", "2013-13"),
        ("--commit", "abc"),
        ("--data-revision", "2013-06"),
        ("--fit", "trees"),
        ("--skip", "latency"),
        ("--because", "no gate is named"),
    ],
)
def test_an_option_that_makes_no_sense_is_a_usage_error(trained, options):
    with pytest.raises(SystemExit) as ended:
        trained.run(*options)
    assert ended.value.code == Exit.USAGE


def test_after_a_change_the_next_look_is_soon(trained):
    """Looks grow apart while nothing happens; a step that has just begun may be short."""
    quiet = [Execution(arn="", status="Executing")] * 12
    begun = Execution(arn="", status="Executing", steps=(Step(name="Register", status="Executing"),))
    trained.executions.looks = [[*quiet, begun, SUCCEEDED]]
    times = []
    trained.executions.on_look = lambda: times.append(trained.world.time.seconds)
    assert trained.run() == Exit.DONE
    pauses = [after - before for before, after in itertools.pairwise(times)]
    assert pauses[-1] < 1 < pauses[-2]
