import shutil
import subprocess

import msgspec
import pytest

from modeldelivery.review.report.page import Kept
from tests.unit.pipelines.gates.test_validation import BAD, GOOD, batch, verdict
from tests.unit.tools.test_model_page import report
from tools.model import __main__ as program
from tools.model import run, stages
from tools.model.changes import Changes
from tools.model.run import RunError
from tools.model.stages import Outcome

NOTHING = Changes((), (), (), ())
SOMETHING = Changes((), (), (), ("pipelines/flights/features.py",))
PASSED = Outcome(verdict(batch(results=(GOOD,))), report(), "")
STOPPED = Outcome(verdict(batch(results=(BAD,))), None, "validate stopped: origin")


@pytest.fixture
def world(monkeypatch, tmp_path):
    """Everything outside this program; what was called."""
    called = []
    for name in ("pull", "fetch_champion"):
        monkeypatch.setattr(run, name, lambda *_, name=name: called.append(name))
    monkeypatch.setattr(stages, "VALIDATION", tmp_path / "validation")
    monkeypatch.setattr(stages, "EVALUATION", tmp_path / "evaluation")
    for folder, file in ((stages.VALIDATION, "validation.html"), (stages.EVALUATION, "evaluation.html")):
        folder.mkdir()
        (folder / file).write_text("a page")

    monkeypatch.setattr(run, "uncommitted", lambda: ("dvc.lock",))

    def with_(*, changes, outcome, platform):
        monkeypatch.setattr(run, "changed", lambda _: changes)
        monkeypatch.setattr(stages, "train", lambda _: called.append("train") or outcome)
        monkeypatch.setattr(run, "base", lambda _: "origin/main" if platform else None)
        status = program.main(["--folder", str(tmp_path / ".review")])
        return status, called, {path.name for path in (tmp_path / ".review").glob("*")}

    return with_


def test_a_change_of_something_else_trains_nothing_in_ci(world):
    assert world(changes=NOTHING, outcome=PASSED, platform=True) == (0, [], set())


@pytest.mark.parametrize(
    ("changes", "platform"), [(NOTHING, False), (None, True), (None, False), (SOMETHING, True)]
)
def test_a_change_of_the_model_or_one_that_is_not_known_and_whoever_types_it_is_trained(
    world, capsys, changes, platform
):
    status, called, left = world(changes=changes, outcome=PASSED, platform=platform)
    assert (status, called) == (0, ["fetch_champion", "pull", "train"])
    assert left == {"model.page", "model.validation.html", "model.evaluation.html"}
    assert "Model `flights`: passed both gates" in capsys.readouterr().out


def test_a_model_that_was_stopped_ends_with_three_and_leaves_its_page(world, tmp_path, capsys):
    status, _, left = world(changes=SOMETHING, outcome=STOPPED, platform=True)
    assert (status, left) == (3, {"model.page", "model.validation.html"})
    assert "`validate stopped: origin`" in capsys.readouterr().out
    kept = msgspec.json.decode((tmp_path / ".review/model.page").read_bytes(), type=Kept)
    assert kept.page.refused


STALE = "`dvc.lock` are not what this tree makes"


def test_a_commit_whose_records_are_not_what_it_makes_is_told_so_and_a_stopped_model_s_are_nobody_s(
    world, capsys
):
    world(changes=SOMETHING, outcome=PASSED, platform=True)
    assert STALE in capsys.readouterr().out
    world(changes=SOMETHING, outcome=STOPPED, platform=True)
    assert STALE not in capsys.readouterr().out


def test_what_an_earlier_run_left_is_gone(world, tmp_path):
    (tmp_path / ".review").mkdir()
    (tmp_path / ".review/model.page").write_text("old")
    (tmp_path / ".review/staging.json").write_text("a preview")
    assert world(changes=NOTHING, outcome=PASSED, platform=True)[2] == {"staging.json"}


def test_a_run_that_judges_nothing_ends_with_one_and_a_sentence(monkeypatch, capsys):
    def broken(*_):
        raise RunError("`dvc pull` failed: no credentials")

    monkeypatch.setattr(run, "fetch_champion", broken)
    monkeypatch.setattr(run, "changed", lambda _: SOMETHING)
    assert program.main(["--folder", "unused"]) == 1
    assert "model: `dvc pull` failed: no credentials" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("environ", "base"),
    [
        ({"GITHUB_BASE_REF": "main"}, "origin/main"),
        ({"CI_MERGE_REQUEST_DIFF_BASE_SHA": "abc"}, "abc"),
        ({"CHANGE_TARGET": "main"}, "origin/main"),
        ({"GITHUB_BASE_REF": ""}, None),
        ({}, None),
    ],
)
def test_each_platform_names_what_a_change_would_be_merged_into(environ, base):
    assert run.base(environ) == base


@pytest.mark.parametrize(
    ("environ", "address"),
    [
        (
            {"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "team/model", "GITHUB_RUN_ID": "7"},
            "https://github.com/team/model/actions/runs/7",
        ),
        ({"CI_JOB_URL": "https://gitlab.com/team/model/-/jobs/7"}, "https://gitlab.com/team/model/-/jobs/7/artifacts/browse/.review"),
        ({"BUILD_URL": "https://ci.example.com/job/model/7/"}, "https://ci.example.com/job/model/7/artifact/.review"),
        ({"BUILD_URL": "https://ci.example.com/a) [b](javascript:x"}, None),
        ({"GITHUB_ACTIONS": "true"}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_pages_and_pictures_are_where_the_platform_keeps_them(environ, address):
    assert program.artifacts(environ) == address


def test_the_environment_that_trains_is_the_one_with_the_data(tmp_path):
    (tmp_path / "Pulumi.prod.yaml").write_text("config:\n  a: b\n")
    with pytest.raises(RunError, match=r"is true in no Pulumi\.\*\.yaml; one environment trains"):
        program.trains(tmp_path)
    (tmp_path / "Pulumi.staging.yaml").write_text("config:\n  model-delivery:data:\n    bucket: true\n")
    assert program.trains(tmp_path) == "staging"
    (tmp_path / "Pulumi.test.yaml").write_text("config:\n  model-delivery:data:\n    bucket: true\n")
    with pytest.raises(RunError, match="staging and test"):
        program.trains(tmp_path)


def test_every_month_that_git_names_is_pulled_since_the_folder_of_all_is_an_input(monkeypatch, tmp_path):
    calls = []
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.setattr(run, "call", lambda _, command, environment: calls.append((command[1:], environment)))
    for table, month in (("weather", "2013-12"), ("flights", "2013-01"), ("flights", "2013-12")):
        (tmp_path / "data" / table).mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / table / f"{month}.csv.dvc").touch()
    (tmp_path / "data" / "flights" / "2013-01.csv").touch()
    run.pull("staging")
    pulled = ["data/flights/2013-01.csv.dvc", "data/flights/2013-12.csv.dvc", "data/weather/2013-12.csv.dvc"]
    assert calls[-1] == (["pull", *pulled], "staging")


@pytest.mark.parametrize(
    ("shell", "words"),
    [
        ("echo 'ERROR: failed to connect' >&2; echo 'ERROR: 24 files failed' >&2; exit 1", "failed to connect 24 files failed"),
        ("echo 'nothing here'; exit 1", "nothing here"),
        ("exit 4", "it ended with 4"),
    ],
)  # fmt: skip
def test_a_command_that_fails_is_told_in_its_words_or_by_its_status(shell, words):
    with pytest.raises(RunError) as stopped:
        run.call("dvc pull", ["sh", "-c", shell], "staging")
    assert str(stopped.value) == f"`dvc pull` failed: {words}"


def test_a_clone_that_has_main_as_the_remotes_alone_still_says_what_changed(monkeypatch, tmp_path):
    def git(folder, *arguments):
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
        subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)

    origin, clone = tmp_path / "origin", tmp_path / "clone"
    origin.mkdir()
    git(origin, "init", "--initial-branch", "main")
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copyfile(run.ROOT / name, origin / name)
    git(origin, "add", ".")
    git(origin, "commit", "--message", "first")
    git(tmp_path, "clone", str(origin), str(clone))
    git(clone, "checkout", "-b", "topic")
    git(clone, "branch", "--delete", "main")
    (clone / "params.yaml").write_text((clone / "params.yaml").read_text().replace("trees: ", "trees: 1"))
    monkeypatch.setattr(run, "ROOT", clone)

    assert run.changed("main").parameters
    assert run.changed("nowhere") is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("model: [\n", "params.yaml cannot be read"),
        ("", "params.yaml: model is missing; write model: flights"),
        (
            "model: flights\nmonths: {first: a, until: b}\n",
            "evaluation is missing; write evaluation: {engine: slices}",
        ),
        ("models: flights\n", "did you mean model?"),
        ("model: 7\n", "Expected `str | null`, got `int` - at `$.model`"),
    ],
)
def test_parameters_that_train_nothing_are_refused_in_a_sentence(tmp_path, monkeypatch, text, sentence):
    monkeypatch.setattr(run, "ROOT", tmp_path)
    (tmp_path / "params.yaml").write_text(text)
    with pytest.raises(RunError) as refused:
        run.parameters()
    assert sentence in str(refused.value)


def test_a_base_whose_parameters_cannot_be_read_is_not_known():
    assert [run._parsed(text) for text in (None, "", "- a", "model: [")] == [None] * 4
    assert run._parsed("model: flights") == {"model": "flights"}


@pytest.mark.parametrize(
    "text", ["", "config:\n", "config: {'model-delivery:data': {}}", "config: {'model-delivery:data': true}"]
)
def test_a_stack_file_that_names_no_data_trains_nothing(tmp_path, text):
    (tmp_path / "Pulumi.staging.yaml").write_text(text)
    with pytest.raises(RunError, match="no Pulumi"):
        program.trains(tmp_path)
