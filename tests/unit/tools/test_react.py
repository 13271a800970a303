"""What follows from reports of drift and of quality."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from modeldelivery.release.version import Version
from pipelines.data_drift import report as drift_report
from pipelines.data_drift.report import Severity
from pipelines.months import Month
from pipelines.quality import report as quality_report
from tests.unit.monitoring.page.conftest import drift_of, quality_of
from tools.model.run import RunError
from tools.react import __main__ as react
from tools.react import propose as proposing
from tools.react.decide import Kind, Outcome, Taken, decide
from tools.react.propose import StoppedError

NOW = datetime(2013, 11, 2, tzinfo=UTC)
DAY = timedelta(days=1)
WORSE, GOOD = quality_of(10, 0.651, "worse"), quality_of(10, 0.7)
FEW = structs.replace(quality_of(10, 0.5, "too-few"), slices=quality_of(10, 0.5, "worse").slices)
IN_A_SLICE = structs.replace(GOOD, slices=(GOOD.slices[0], structs.replace(GOOD.slices[1], verdict="worse")))
DRIFT, MOVED, QUIET = (drift_of(3, each) for each in (Severity.DRIFT, Severity.MOVED, Severity.QUIET))
UNJUDGED = structs.replace(DRIFT, severity=Severity.UNJUDGED, columns=())


def taken(act, days_ago, outcome=Outcome.DONE):
    return Taken(at=NOW - days_ago * DAY, kind=act.kind, cause=act.cause, outcome=outcome)


@pytest.mark.parametrize(
    ("quality", "drift", "kind", "word"),
    [
        (WORSE, QUIET, Kind.PROPOSE, "v1.1.0 is worse: AUC is 0.651"),
        (WORSE, DRIFT, Kind.PROPOSE, "v1.1.0 is worse"),
        (IN_A_SLICE, None, Kind.NOTIFY, "worse in carrier UA, and not over all"),
        (GOOD, DRIFT, Kind.NOTIFY, "what flights is asked has changed: temp"),
        (None, DRIFT, Kind.NOTIFY, "what flights is asked has changed"),
        (GOOD, MOVED, Kind.NOTHING, "quality is as-good; drift is moved: nothing new to act on"),
        (GOOD, QUIET, Kind.NOTHING, "nothing new"),
        (FEW, UNJUDGED, Kind.NOTHING, "quality is too-few; drift is unjudged"),
        (None, None, Kind.NOTHING, "no report of quality; no report of drift"),
    ],
    ids=["worse", "worse-and-drift", "slice", "drift", "drift-alone", "moved", "quiet", "too-few", "missing"],
)  # fmt: skip
def test_the_gravest_report_decides_and_what_is_missing_never_acts(quality, drift, kind, word):
    act = decide(quality, drift, [], NOW)
    assert act.kind is kind
    assert word in act.why


def test_a_finding_is_acted_upon_once():
    proposal = decide(WORSE, None, [], NOW)
    again = decide(WORSE, None, [taken(proposal, 30)], NOW)
    assert again.kind is Kind.NOTHING
    stopped = decide(WORSE, None, [taken(proposal, 30, Outcome.STOPPED)], NOW)
    assert stopped.kind is Kind.NOTHING


def test_a_column_that_goes_on_drifting_is_told_once_and_a_new_one_again():
    earlier = taken(decide(None, DRIFT, [], NOW), 3)
    assert decide(None, drift_of(4, Severity.DRIFT), [earlier], NOW).kind is Kind.NOTHING
    columns = tuple(structs.replace(each, severity=Severity.DRIFT) for each in DRIFT.columns)
    assert decide(None, structs.replace(DRIFT, columns=columns), [earlier], NOW).kind is Kind.NOTIFY


@pytest.mark.parametrize(("days", "kind"), [(6.9, Kind.NOTHING), (7, Kind.PROPOSE)])
def test_proposals_are_a_week_apart(days, kind):
    other = Taken(at=NOW - days * DAY, kind=Kind.PROPOSE, cause="quality v1.0.0 x y", outcome=Outcome.DONE)
    act = decide(WORSE, None, [other], NOW)
    assert act.kind is kind
    if kind is Kind.NOTHING:
        assert "the next waits until 2013-11-02" in act.why


def test_what_waits_hides_nothing_of_another_kind():
    other = Taken(at=NOW - DAY, kind=Kind.PROPOSE, cause="quality v1.0.0 x y", outcome=Outcome.DONE)
    assert decide(WORSE, DRIFT, [other], NOW).kind is Kind.NOTIFY


def test_a_proposal_that_could_not_be_made_is_made_later():
    proposal = decide(WORSE, None, [], NOW)
    assert decide(WORSE, None, [taken(proposal, 1, Outcome.FAILED)], NOW).kind is Kind.NOTHING
    assert decide(WORSE, None, [taken(proposal, 8, Outcome.FAILED)], NOW).kind is Kind.PROPOSE


def test_a_schedule_proposes_whatever_the_reports_say():
    last = Taken(at=NOW - 31 * DAY, kind=Kind.PROPOSE, cause="schedule 2013-10-02", outcome=Outcome.DONE)
    act = decide(GOOD, None, [last], NOW, 30 * DAY)
    assert (act.kind, act.why) == (Kind.PROPOSE, "a model is trained every 30 days")
    assert decide(GOOD, None, [replace_at(last, 29)], NOW, 30 * DAY).kind is Kind.NOTHING
    assert decide(None, None, [], NOW, 30 * DAY).kind is Kind.NOTHING


def replace_at(act, days_ago):
    return structs.replace(act, at=NOW - days_ago * DAY)


@pytest.fixture
def place(tmp_path):
    for name, content in (("quality", quality_report.encode(WORSE)), ("drift", drift_report.encode(DRIFT))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "newest.json").write_bytes(content)
    (tmp_path / "quality" / "older.json").write_bytes(quality_report.encode(quality_of(9, 0.7)))
    return tmp_path


def run(place, *more):
    given = [part for name in ("quality", "drift", "acts") for part in (f"--{name}", str(place / name))]
    return react.main(["--env", "staging", *given, *more])


def test_a_dry_run_trains_nothing_and_remembers_nothing(place, capsys, monkeypatch):
    monkeypatch.setattr(react, "propose", lambda *_: pytest.fail("trained"))
    assert run(place, "--dry-run") == 0
    assert capsys.readouterr().out.startswith("would propose: v1.1.0 is worse")
    assert not (place / "acts").exists()


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ("a model passes; push the tag", (0, "done", "a model passes; push the tag")),
        (
            StoppedError("AUC is lower"),
            (3, "stopped", "a model trained until 2013-09 is no better: AUC is lower"),
        ),
        (RunError("dvc pull failed"), (1, "failed", "no model could be trained: dvc pull failed")),
    ],
)
def test_a_worse_model_is_followed_by_a_proposal_from_the_months_before(
    place, capsys, monkeypatch, result, expected
):
    calls = []
    status, outcome, words = expected

    def propose(*arguments):
        calls.append(arguments)
        if isinstance(result, Exception):
            raise result
        return result

    monkeypatch.setattr(react, "propose", propose)
    assert run(place) == status
    assert calls == [("staging", Month(2013, 9), Version("v1.1.0"))]
    assert words in capsys.readouterr().out
    (written,) = (place / "acts").iterdir()
    assert json.loads(written.read_bytes())["outcome"] == outcome
    # Drift, the less grave, is what is left to be told; then nothing is.
    assert run(place) == 0
    assert capsys.readouterr().out.startswith("notify: what flights is asked has changed")
    assert run(place) == 0
    assert capsys.readouterr().out.startswith("nothing: ")
    assert len(calls) == 1


class Topic:
    """What is used of an SNS client."""

    def __init__(self):
        self.messages = []

    def publish(self, **message):
        self.messages.append(message)


def test_the_topic_is_told_the_sentence(place, monkeypatch):
    topic = Topic()
    monkeypatch.setattr(react, "propose", lambda *_: "push the tag")
    options = react.parser().parse_args(
        [
            "--env",
            "staging",
            "--quality",
            str(place / "quality"),
            "--acts",
            str(place / "acts"),
            "--topic",
            "arn",
        ]
    )
    assert react.act_on_newest(options, None, topic) == 0
    (message,) = topic.messages
    assert (message["TopicArn"], message["Subject"]) == ("arn", "staging: propose")
    assert message["Message"].endswith("push the tag")


def test_a_report_that_is_none_is_a_sentence(place, capsys):
    (place / "quality" / "newest.json").write_bytes(b"{")
    assert run(place) == 1
    assert capsys.readouterr().err.startswith(f"react: {place}/quality/newest.json: no report of quality")
    assert not (place / "acts").exists()


@pytest.mark.parametrize(
    ("tags", "serving", "expected"),
    [
        ("", "v1.1.0", "v1.2.0"),
        ("flights@v1.4.2\nflights@v1.2.0\nflights@vnext\n", "v1.1.0", "v1.5.0"),
        ("flights@v1.0.0", "v2.3.1", "v2.4.0"),
    ],
)
def test_the_tag_is_above_all_that_there_are(monkeypatch, tags, serving, expected):
    class Done:
        stdout = tags

    monkeypatch.setattr(proposing.subprocess, "run", lambda *_, **__: Done)
    assert proposing.next_version("flights", Version(serving)) == expected


def test_a_profile_that_is_not_there_is_a_sentence(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    assert react.main(["--env", "prod", "--acts", "s3://bucket/acts", "--profile", "nobody"]) == 1
    assert capsys.readouterr().err == "react: The config profile (nobody) could not be found\n"
