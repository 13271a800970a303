"""What of both environments is told when there is not a preview, or a look for drift, of each: nothing expected is passed over."""

import pytest

from modeldelivery.review import cli, engine
from modeldelivery.review.folder import Folder, Look
from tests.unit.review.statuses import QUIET

BROKEN = 'error: policy pack "x" failed to start: EOF\n'


class Recorder:
    """A platform that keeps what it is given."""

    limit = 65_536

    def __init__(self):
        self.comments, self.issues = [], []

    def comment(self, body, _marker):
        self.comments.append(body)
        return ""

    def issue(self, _title, body, _marker):
        self.issues.append(body)
        return ""


@pytest.fixture
def place(monkeypatch):
    recorder = Recorder()
    monkeypatch.setattr(cli, "platform", lambda: recorder)
    return recorder


@pytest.fixture
def previewed(engine_says, run):
    """Both environments have a preview."""
    engine_says("nothing-in-staging")
    run("preview", "--env", "staging")
    engine_says("tags-only")
    run("preview", "--env", "prod")


@pytest.fixture
def healthy(monkeypatch):
    """Journal and endpoint agree, as far as they are looked at."""
    monkeypatch.setattr(cli, "decided", lambda *_: QUIET)


@pytest.fixture
def looked_at(engine_says, run, monkeypatch):
    """Neither environment has drifted."""
    monkeypatch.setattr(cli, "decided", lambda *_: QUIET)
    engine_says("drift-none")
    for environment in ("staging", "prod"):
        run("drift", "--env", environment)


@pytest.mark.usefixtures("previewed")
def test_why_a_preview_came_to_nothing_is_told_in_the_comment(engine_says, run, place):
    engine_says(text="{}", stderr=BROKEN, status=255)
    assert run("preview", "--env", "prod") == 1
    assert run("comment") == 0
    assert "## ⛔ Impact on `staging`: nothing; on `prod`: cannot be told" in place.comments[0]
    assert (
        '> - **NOTHING IS KNOWN of `prod`: `error: policy pack "x" failed to start: EOF`. '
        "To mend it: see what it says, then `make preview ENV=prod` again**" in place.comments[0]
    )


def test_where_both_previews_came_to_nothing_both_are_told(engine_says, run, place):
    engine_says(text="error: no stack", status=255)
    for environment in ("staging", "prod"):
        run("preview", "--env", environment)
    assert run("comment") == 0
    assert "## ⛔ Impact on `prod`, `staging`: cannot be told" in place.comments[0]
    assert place.comments[0].count("`error: no stack`") == 2


def test_an_environment_that_was_not_previewed_is_told_to_be_missing(engine_says, run, place):
    engine_says("nothing-in-staging")
    run("preview", "--env", "staging")
    assert run("comment") == 0
    assert "; on `prod`: cannot be told" in place.comments[0]
    assert "prod.json is not there: `make preview ENV=prod` writes it" in place.comments[0]


@pytest.mark.usefixtures("previewed")
def test_a_preview_of_another_commit_is_not_told(engine_says, run, place, monkeypatch):
    monkeypatch.setattr(engine, "commit", lambda: "def")
    engine_says("nothing-in-staging")
    run("preview", "--env", "staging")
    assert run("comment") == 0
    assert "metadata" not in place.comments[0]
    assert (
        "NOTHING IS KNOWN of `prod`: what is here is of commit `abc` and this is `def`: "
        "`make preview ENV=prod` brings it up to date" in place.comments[0]
    )


@pytest.mark.usefixtures("previewed")
def test_where_all_previews_are_of_another_commit_nothing_is_commented(run, place, monkeypatch, capsys):
    monkeypatch.setattr(engine, "commit", lambda: "def")
    capsys.readouterr()
    assert run("comment") == 1
    assert place.comments == []
    output = capsys.readouterr().err
    assert (
        "holds no preview of this commit: `make preview ENV=prod` or `make preview ENV=staging` writes one"
        in output
    )
    assert "what is here is of commit abc and this is def" in output


@pytest.mark.usefixtures("previewed")
def test_why_an_earlier_preview_came_to_nothing_goes_with_the_next(engine_says, run, place):
    engine_says(text="{}", stderr=BROKEN, status=255)
    run("preview", "--env", "prod")
    engine_says("tags-only")
    run("preview", "--env", "prod")
    run("comment")
    assert "NOTHING IS KNOWN" not in place.comments[0]


@pytest.mark.usefixtures("looked_at")
def test_an_issue_is_closed_when_all_environments_were_looked_at_and_none_differs(run, place):
    assert run("report") == 0
    assert place.issues == [None]


@pytest.mark.parametrize("text", ["error: no credentials", '{"diagnostics": []}'])
@pytest.mark.usefixtures("looked_at")
def test_an_issue_is_not_closed_while_an_environment_could_not_be_looked_at(
    engine_says, run, place, capsys, text
):
    engine_says(text=text, status=255)
    run("drift", "--env", "staging")
    capsys.readouterr()
    assert run("report") == 0
    assert place.issues == []
    output = capsys.readouterr().err
    assert "staging could not be looked at: " in output
    assert "stays as it is, open or closed" in output


@pytest.mark.usefixtures("looked_at")
def test_an_issue_is_not_closed_by_an_earlier_commit_s_look(engine_says, run, place, monkeypatch):
    monkeypatch.setattr(engine, "commit", lambda: "def")
    engine_says("drift-none")
    run("drift", "--env", "prod")
    assert run("report") == 0
    assert place.issues == []


@pytest.mark.usefixtures("healthy")
def test_an_issue_is_not_closed_when_one_environment_was_never_looked_at(engine_says, run, place):
    engine_says("drift-none")
    run("drift", "--env", "prod")
    assert run("report") == 0
    assert place.issues == []


@pytest.mark.usefixtures("looked_at")
def test_an_issue_is_not_closed_while_one_on_a_cluster_that_ci_looks_at_was_not_looked_at(
    run, place, monkeypatch, capsys
):
    monkeypatch.setenv("EDGE_JOBS", "yes")
    assert run("report") == 0
    assert place.issues == []
    assert "edge-prod could not be looked at: " in capsys.readouterr().err


@pytest.mark.usefixtures("previewed")
def test_an_environment_on_a_cluster_is_expected_in_the_comment_where_ci_looks_at_it(run, place, monkeypatch):
    run("comment")
    monkeypatch.setenv("EDGE_JOBS", "yes")
    run("comment")
    told = [
        "edge-prod.json is not there: `make preview ENV=edge-prod` writes it" in each
        for each in place.comments
    ]
    assert told == [False, True]


@pytest.mark.usefixtures("previewed", "place")
@pytest.mark.parametrize(("given", "told"), [("true", 1), ("YES", 1), ("yes", 0), ("no", 0), ("", 0)])
def test_a_switch_that_is_set_to_what_turns_nothing_on_is_told(run, monkeypatch, capsys, given, told):
    monkeypatch.setenv("EDGE_JOBS", given)
    run("comment")
    sentence = f"EDGE_JOBS is {given!r}, which turns nothing on: `yes` does"
    assert capsys.readouterr().err.count(sentence) == told


@pytest.fixture
def spoiled(tmp_path, monkeypatch):
    """A project of two environments, whose file of production's config is no YAML."""
    (tmp_path / "Pulumi.yaml").write_text("name: model-delivery\nruntime: python\n")
    (tmp_path / "Pulumi.staging.yaml").write_text("config: {}\n")
    (tmp_path / "Pulumi.prod.yaml").write_text("config:\n  a: [1\n b: }{\n")
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("spoiled")
def test_a_config_file_that_cannot_be_read_is_told_in_the_comment(engine_says, run, place):
    engine_says("nothing-in-staging")
    run("preview", "--env", "staging")
    engine_says(text="error: could not unmarshal 'Pulumi.prod.yaml': invalid YAML file", status=255)
    run("preview", "--env", "prod")
    assert run("comment") == 0
    assert "NOTHING IS KNOWN of `prod`: `error: could not unmarshal" in place.comments[0]
    assert "`staging`: nothing" in place.comments[0]


@pytest.mark.parametrize("name", ["prod.failed", "model.page"])
@pytest.mark.usefixtures("previewed")
def test_a_file_that_cannot_be_read_keeps_nothing_else_from_being_told(run, place, tmp_path, capsys, name):
    (tmp_path / ".review" / name).write_text("{}")
    assert run("comment") == 0
    assert "`staging`: nothing" in place.comments[0]
    assert f"{name} cannot be read" in place.comments[0] + capsys.readouterr().err


@pytest.mark.usefixtures("looked_at")
def test_an_issue_tells_what_differs_and_what_could_not_be_looked_at(engine_says, run, place):
    engine_says(text="error: no stack named staging", status=255)
    run("drift", "--env", "staging")
    engine_says("drift-alarm-deleted")
    run("drift", "--env", "prod")
    assert run("report") == 0
    assert "is GONE" in place.issues[0]
    assert "NOTHING IS KNOWN of `staging`: `error: no stack named staging`" in place.issues[0]


def test_a_drift_run_that_failed_tells_why_and_not_its_whole_document(engine_says, run, capsys):
    engine_says("bad-config", status=255)
    assert run("drift", "--env", "prod") == 1
    output = capsys.readouterr().err
    assert "oldState" not in output
    assert output.count("\n") < 5


@pytest.mark.parametrize("gone", ["prod.plan", "prod.json"])
@pytest.mark.usefixtures("previewed")
def test_an_approval_that_came_too_late_is_told_to_preview_again(run, tmp_path, capsys, gone):
    (tmp_path / ".review" / gone).unlink()
    capsys.readouterr()
    assert run("deploy", "--env", "prod") == 1
    output = capsys.readouterr().err
    assert f"{gone} is not there" in output
    assert "Nothing was changed. Preview again: `make preview ENV=prod`" in output


def test_environments_of_previews_and_of_drift_are_told_apart(tmp_path):
    folder = Folder(tmp_path)
    for name in (
        "prod.json",
        "staging.failed",
        "drift-prod.json",
        "drift-lab.failed",
        "prod.plan",
        "policies-prod",
    ):
        (tmp_path / name).touch()
    assert folder.environments(Look.PREVIEW) == {"prod", "staging"}
    assert folder.environments(Look.DRIFT) == {"prod", "lab"}
