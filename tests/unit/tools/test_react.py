"""What follows from reports of drift and of quality."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from modeldelivery.terminal.program import INTERRUPTED
from pipelines import acts
from pipelines.acts import LONGEST, MOST, Acts, Kind, Outcome, Taken
from pipelines.data_drift import report as drift_report
from pipelines.data_drift.report import Severity
from pipelines.months import Month
from pipelines.proposal.training import StoppedError
from pipelines.quality import report as quality_report
from tests.unit.monitoring.page.conftest import V1, V2, drift_of, quality_of
from tests.unit.pipelines.test_places import Bucket, refused
from tools.model.run import RunError
from tools.react import __main__ as react
from tools.react import propose as proposing
from tools.react.decide import APART, Reports, decide, newest

NOW = datetime(2013, 11, 2, tzinfo=UTC)
TOPIC = "arn:aws:sns:eu-west-1:111111111111:flights-staging-alarms"
DAY = timedelta(days=1)
WORSE, GOOD = quality_of(10, 0.651, "worse"), quality_of(10, 0.7)
FEW = structs.replace(quality_of(10, 0.5, "too-few"), slices=quality_of(10, 0.5, "worse").slices)
IN_A_SLICE = structs.replace(GOOD, slices=(GOOD.slices[0], structs.replace(GOOD.slices[1], verdict="worse")))
DRIFT, MOVED, QUIET = (drift_of(3, each) for each in (Severity.DRIFT, Severity.MOVED, Severity.QUIET))
UNJUDGED = structs.replace(DRIFT, severity=Severity.UNJUDGED, columns=())


def taken(act, days_ago, outcome=Outcome.DONE):
    return Taken(
        id=f"{act.kind}-{days_ago}",
        at=NOW - days_ago * DAY,
        kind=act.kind,
        cause=act.cause,
        version=act.version,
        outcome=outcome,
        sentence=act.why,
    )


def proposed(days_ago, outcome=Outcome.DONE):
    """A proposal for another reason."""
    return structs.replace(
        taken(decide(of(WORSE, None), [], NOW), days_ago, outcome), cause="quality v1.0.0 x y"
    )


def of(quality, drift):
    return Reports([quality] if quality else [], [drift] if drift else [])


@pytest.mark.parametrize(
    ("quality", "drift", "kind", "word"),
    [
        (WORSE, QUIET, Kind.PROPOSE, "v1.1.0 is worse: AUC is 0.651"),
        (WORSE, DRIFT, Kind.PROPOSE, "v1.1.0 is worse"),
        (IN_A_SLICE, None, Kind.NOTIFY, "worse in carrier UA, and not over all"),
        (GOOD, DRIFT, Kind.NOTIFY, "what v1.1.0 of flights is asked has changed: temp"),
        (None, DRIFT, Kind.NOTIFY, "what v1.1.0 of flights is asked has changed"),
        (GOOD, MOVED, Kind.NOTHING, "quality of v1.1.0 is as-good; drift of v1.1.0 is moved: nothing new to act on"),
        (GOOD, QUIET, Kind.NOTHING, "nothing new"),
        (FEW, UNJUDGED, Kind.NOTHING, "quality of v1.1.0 is too-few; drift of v1.1.0 is unjudged"),
        (None, None, Kind.NOTHING, "no report of quality; no report of drift"),
    ],
    ids=["worse", "worse-and-drift", "slice", "drift", "drift-alone", "moved", "quiet", "too-few", "missing"],
)  # fmt: skip
def test_the_gravest_report_decides_and_what_is_missing_never_acts(quality, drift, kind, word):
    act = decide(of(quality, drift), [], NOW)
    assert act.kind is kind
    assert word in act.why


def test_versions_that_answered_in_the_same_window_are_each_judged_by_their_own_newest_report():
    first = structs.replace(WORSE, version=V1)
    reports = newest([quality_of(9, 0.7, version=V1), GOOD, first], [DRIFT, drift_of(3, version=V1)])
    assert [each.version for each in reports.quality] == [V2, V1]
    act = decide(reports, [], NOW)
    assert (act.kind, act.version) == (Kind.PROPOSE, V1)
    assert decide(reports, [taken(act, 1)], NOW).version == V2  # its drift is told


def test_what_is_found_of_a_version_that_serves_no_more_never_acts():
    reports = newest([structs.replace(WORSE, version=V1), GOOD], [drift_of(3, Severity.DRIFT, version=V1)])
    assert decide(reports.of({V2}), [], NOW).kind is Kind.NOTHING
    assert decide(reports.of({V1, V2}), [], NOW).kind is Kind.PROPOSE
    assert decide(reports.of(None), [], NOW).kind is Kind.PROPOSE


def test_a_finding_is_acted_upon_once():
    proposal = decide(of(WORSE, None), [], NOW)
    for outcome in (Outcome.DONE, Outcome.STOPPED):
        assert decide(of(WORSE, None), [taken(proposal, 30, outcome)], NOW).kind is Kind.NOTHING


def test_what_somebody_carries_out_is_left_to_them_until_nobody_does():
    proposal = decide(of(WORSE, None), [], NOW)
    begun = structs.replace(taken(proposal, 0, Outcome.BEGUN), at=NOW - LONGEST[Kind.PROPOSE])
    assert decide(of(WORSE, None), [begun], NOW).kind is Kind.NOTHING
    later = NOW + timedelta(seconds=1)
    assert "the next waits until" in decide(of(WORSE, None), [begun], later).why
    assert decide(of(WORSE, None), [begun], NOW + 7 * DAY).kind is Kind.PROPOSE


def test_a_column_that_goes_on_drifting_is_told_once_and_a_new_one_again():
    earlier = taken(decide(of(None, DRIFT), [], NOW), 3)
    assert decide(of(None, drift_of(4, Severity.DRIFT)), [earlier], NOW).kind is Kind.NOTHING
    columns = tuple(structs.replace(each, severity=Severity.DRIFT) for each in DRIFT.columns)
    assert decide(of(None, structs.replace(DRIFT, columns=columns)), [earlier], NOW).kind is Kind.NOTIFY


def weeks(*severities):
    """Reports of weeks that follow each other; None where there were too few rows."""
    return newest(
        [],
        [
            drift_of(week, severity)
            if severity
            else structs.replace(UNJUDGED, since=drift_of(week).since, until=drift_of(week).until)
            for week, severity in enumerate(severities)
        ],
    )


def test_a_column_that_drifts_again_after_it_was_as_in_training_is_told_again():
    quiet, moved, drift = Severity.QUIET, Severity.MOVED, Severity.DRIFT
    earlier = taken(decide(weeks(quiet, moved, drift), [], NOW), 30)
    for unchanged in ((drift,), (drift, None, drift)):
        assert decide(weeks(quiet, moved, drift, *unchanged), [earlier], NOW).kind is Kind.NOTHING
    again = decide(weeks(quiet, moved, drift, quiet, moved, drift), [earlier], NOW)
    assert (again.kind, again.version) == (Kind.NOTIFY, V2)


@pytest.mark.parametrize(("days", "kind"), [(6.9, Kind.NOTHING), (7, Kind.PROPOSE)])
def test_proposals_are_a_week_apart(days, kind):
    act = decide(of(WORSE, None), [proposed(days)], NOW)
    assert act.kind is kind
    if kind is Kind.NOTHING:
        assert "the next waits until 2013-11-02" in act.why


def test_what_waits_hides_nothing_of_another_kind():
    assert decide(of(WORSE, DRIFT), [proposed(1)], NOW).kind is Kind.NOTIFY


def test_a_proposal_that_could_not_be_made_is_made_later():
    proposal = decide(of(WORSE, None), [], NOW)
    assert decide(of(WORSE, None), [taken(proposal, 1, Outcome.FAILED)], NOW).kind is Kind.NOTHING
    assert decide(of(WORSE, None), [taken(proposal, 8, Outcome.FAILED)], NOW).kind is Kind.PROPOSE


def test_a_schedule_proposes_whatever_the_reports_say():
    act = decide(of(GOOD, None), [proposed(31)], NOW, 30 * DAY)
    assert (act.kind, act.why) == (Kind.PROPOSE, "a model is trained every 30 days")
    assert decide(of(GOOD, None), [proposed(29)], NOW, 30 * DAY).kind is Kind.NOTHING
    assert decide(of(None, None), [], NOW, 30 * DAY).kind is Kind.NOTHING


def test_acts_are_kept_each_once_and_no_more_than_the_newest():
    document = Acts()
    for days in range(MOST + 5):
        document = document.with_act(proposed(days, Outcome.BEGUN))
        document = document.with_act(proposed(days))
    assert len(document.acts) == MOST
    assert {each.outcome for each in document.acts} == {Outcome.DONE}
    assert document.acts[-1].at == NOW
    assert acts.decode(acts.encode(document), "acts.json") == document


@pytest.fixture
def place(tmp_path):
    for name, content in (("quality", quality_report.encode(WORSE)), ("drift", drift_report.encode(DRIFT))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "newest.json").write_bytes(content)
    (tmp_path / "quality" / "older.json").write_bytes(quality_report.encode(quality_of(9, 0.7)))
    return tmp_path


def run(place, *more):
    given = [f"--{name}={place / name}" for name in ("quality", "drift")]
    return react.main(["--env", "staging", *given, f"--acts={place / 'acts.json'}", *more])


def kept(place):
    return json.loads((place / "acts.json").read_bytes())["acts"]


def test_a_dry_run_trains_nothing_tells_nobody_and_writes_nothing(place, capsys, monkeypatch):
    topic = Topic()
    monkeypatch.setattr(react, "_sns", lambda *_: topic)
    monkeypatch.setattr(react, "propose", lambda *_: pytest.fail("trained"))
    before = sorted(place.rglob("*"))
    assert run(place, "--dry-run", f"--acts={place / 'new' / 'acts.json'}", "--topic", TOPIC) == 0
    assert capsys.readouterr().out.startswith("would propose: v1.1.0 is worse")
    assert (topic.messages, sorted(place.rglob("*"))) == ([], before)


def test_a_dry_run_in_a_bucket_writes_nothing_and_goes_by_what_was_done(monkeypatch, capsys):
    monkeypatch.setattr(react, "propose", lambda _: "push the tag")
    bucket = Bucket(**{"quality/a.json": quality_report.encode(WORSE)})
    assert in_bucket(bucket, monkeypatch, "--dry-run") == 0
    assert list(bucket.objects) == ["quality/a.json"]
    assert in_bucket(bucket, monkeypatch) == 0
    done = bucket.objects["acts.json"]
    assert in_bucket(bucket, monkeypatch, "--dry-run") == 0
    assert bucket.objects["acts.json"] == done
    assert [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()] == [
        "would propose",
        "propose",
        "nothing",
    ]


@pytest.mark.parametrize(("quality", "kind"), [(WORSE, Kind.PROPOSE), (GOOD, Kind.NOTIFY)])
def test_one_that_is_killed_over_an_act_is_followed_by_another_once_it_counts_as_failed(
    place, monkeypatch, quality, kind
):
    (place / "quality" / "newest.json").write_bytes(quality_report.encode(quality))
    carried = []

    def killed(act, _):
        carried.append(act.kind)
        raise KeyboardInterrupt

    monkeypatch.setattr(react, "carry_out", killed)
    assert run(place) == INTERRUPTED
    monkeypatch.setattr(react, "carry_out", lambda act, _: carried.append(act.kind) or (Outcome.DONE, "told"))
    (begun,) = kept(place)
    for ago, times in ((timedelta(0), 1), (LONGEST[kind] + APART[kind], 2)):
        at = (datetime.now(UTC) - ago).isoformat()
        (place / "acts.json").write_text(json.dumps({"format": 1, "acts": [{**begun, "at": at}]}))
        assert run(place) == 0
        assert carried.count(kind) == times


@pytest.mark.parametrize(
    "given",
    [
        ("--every", "0"),
        ("--every", "-3"),
        ("--every", "often"),
        ("--topic", "alarms"),
        ("--topic", TOPIC + ".fifo"),
    ],
)
def test_what_no_option_can_mean_is_refused_before_anything_is_read(given, capsys):
    with pytest.raises(SystemExit) as ended:
        react.main(["--env", "staging", *given])
    assert ended.value.code == 2
    assert f"argument {given[0]}: {given[1]!r}: " in capsys.readouterr().err


def test_the_topic_is_told_in_its_own_region(monkeypatch):
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    assert react._sns(TOPIC, None).meta.region_name == "eu-west-1"


def test_messages_go_by_the_credentials_that_there_are_where_no_profile_is_named_like_the_environment(
    monkeypatch, tmp_path
):
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    profiles = []
    monkeypatch.setattr(react, "_sns", lambda _, profile: profiles.append(profile))
    options = react.parser().parse_args(
        ["--env", "staging", "--topic", TOPIC, "--quality=q", "--drift=d", f"--acts={tmp_path / 'acts.json'}"]
    )
    react._world(options)
    (tmp_path / "config").write_text("[profile staging]\nregion = eu-west-1\n")
    react._world(options)
    assert profiles == [None, "staging"]


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

    def propose(month):
        calls.append(month)
        assert [each["outcome"] for each in kept(place)] == ["begun"]
        if isinstance(result, Exception):
            raise result
        return result

    monkeypatch.setattr(react, "propose", propose)
    assert run(place) == status
    assert calls == [Month(2013, 9)]
    assert words in capsys.readouterr().out
    (written,) = kept(place)
    assert (written["outcome"], written["version"]) == (outcome, "v1.1.0")
    assert words in written["sentence"]
    # Drift, the less grave, is what is left to be told; then nothing is.
    assert run(place) == 0
    assert capsys.readouterr().out.startswith("notify: what v1.1.0 of flights is asked has changed")
    assert run(place) == 0
    assert capsys.readouterr().out.startswith("nothing: ")
    assert len(calls) == 1


class Race(Bucket):
    """A bucket in which another program decides between this one's look and its write."""

    def __init__(self, other, **objects):
        super().__init__(**objects)
        self.other = other

    def put_object(self, **call):
        other, self.other = self.other, None
        if other:
            other()
        super().put_object(**call)


def in_bucket(bucket, monkeypatch, *more):
    """Runs the program on a bucket; its status."""
    monkeypatch.setattr(react.places, "client_of", lambda *_, **__: bucket)
    given = [f"--{name}=s3://bucket/{name}" for name in ("quality", "drift")]
    return react.main(["--env", "staging", *given, "--acts=s3://bucket/acts.json", *more])


def test_two_that_decide_at_the_same_time_act_once(monkeypatch, capsys):
    calls = []
    monkeypatch.setattr(react, "propose", lambda month: calls.append(month) or "push the tag")
    bucket = Race(lambda: in_bucket(bucket, monkeypatch), **{"quality/a.json": quality_report.encode(WORSE)})
    assert in_bucket(bucket, monkeypatch) == 0
    assert len(calls) == 1
    assert [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()] == ["propose", "nothing"]
    (act,) = json.loads(bucket.objects["acts.json"])["acts"]
    assert act["outcome"] == "done"


def test_a_claim_whose_answer_was_lost_is_ones_own(monkeypatch, capsys):
    """botocore sends a write again whose answer did not come, and S3 says that the object is there."""
    calls = []
    monkeypatch.setattr(react, "propose", lambda month: calls.append(month) or "push the tag")

    class Lost(Bucket):
        def put_object(self, **call):
            first = "acts.json" not in self.objects
            super().put_object(**call)
            if first:
                super().put_object(**call)

    assert in_bucket(Lost(**{"quality/a.json": quality_report.encode(WORSE)}), monkeypatch) == 0
    assert len(calls) == 1
    assert capsys.readouterr().out.startswith("propose: ")


class Topic:
    """What is used of an SNS client."""

    def __init__(self):
        self.messages = []

    def publish(self, **message):
        self.messages.append(message)


def test_the_topic_is_told_the_sentence(place, monkeypatch):
    topic = Topic()
    monkeypatch.setattr(react, "propose", lambda _: "push the tag")
    monkeypatch.setattr(react, "_sns", lambda *_: topic)
    assert run(place, "--topic", TOPIC) == 0
    (message,) = topic.messages
    assert (message["TopicArn"], message["Subject"]) == (TOPIC, "staging: propose")
    assert message["Message"].endswith("push the tag")


@pytest.mark.parametrize(("quality", "written"), [(WORSE, ("propose", "done")), (GOOD, ("notify", "failed"))])
def test_a_topic_that_cannot_be_told_fails_a_message_and_loses_no_proposal(
    place, monkeypatch, capsys, quality, written
):
    class Denied:
        def publish(self, **_):
            raise refused("AuthorizationError", "Publish")

    (place / "quality" / "newest.json").write_bytes(quality_report.encode(quality))
    monkeypatch.setattr(react, "propose", lambda _: "push the tag")
    monkeypatch.setattr(react, "_sns", lambda *_: Denied())
    assert run(place, "--topic", TOPIC) == 1
    assert f"react: {TOPIC} was not told: " in capsys.readouterr().err
    (act,) = kept(place)
    assert (act["kind"], act["outcome"]) == written


def test_a_report_that_is_none_is_a_sentence(place, capsys):
    (place / "quality" / "newest.json").write_bytes(b"{")
    assert run(place) == 1
    assert capsys.readouterr().err.startswith(f"react: {place}/quality/newest.json: no report of quality")
    assert not (place / "acts.json").exists()


@pytest.mark.parametrize(
    ("tags", "expected"),
    [("", []), ("flights@v1.4.2\nflights@v1.2.0\nflights@vnext\n", ["v1.4.2", "v1.2.0"])],
)
def test_versions_of_which_git_knows_a_tag_are_taken(monkeypatch, tags, expected):
    class Done:
        stdout = tags

    monkeypatch.setattr(proposing.subprocess, "run", lambda *_, **__: Done)
    assert proposing._tagged("flights") == expected


def test_a_profile_that_is_not_there_is_a_sentence(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    places = [f"--{name}=s3://bucket/{name}" for name in ("quality", "drift", "acts")]
    assert react.main(["--env", "prod", *places, "--profile", "nobody"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("react: The config profile (nobody) could not be found: name another by --profile")
    assert told.count("\n") == 1
