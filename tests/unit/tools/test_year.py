"""When what is judged while months go by, and by which jobs."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace

import pytest

from pipelines.data_drift import reports
from pipelines.data_drift.report import Report, Severity
from pipelines.months import Month
from tools.year import __main__ as year
from tools.year.__main__ import main
from tools.year.calendar import WEEK, months
from tools.year.jobs import Jobs, NoJobError

SCHEDULE, VERSION = "flights-staging-drift-v1-1-0-5a5a5a5", "v1.1.0"
OTHER = "flights-staging-drift-v1-0-0-6b6b6b6"
(APRIL,) = months(Month(2013, 4), Month(2013, 4))
DUE = datetime(2013, 4, 8, 2, tzinfo=UTC)
JOB = "flights-staging-drift-v1-1-0-0000"
STARTED = f"started processing-job/{JOB}"


def report(until):
    return Report(
        model="flights",
        version=VERSION,
        digest="sha256:1",
        since=until - WEEK,
        until=until,
        rows=0,
        refused={},
        severity=Severity.UNJUDGED,
        reason="nothing was asked",
        columns=(),
    )


class Clock:
    """`sandbox clock`: what it was told, and what it prints of `run`."""

    def __init__(self, *lines):
        self.lines, self.told = lines, []

    def __call__(self, *arguments):
        self.told.append(arguments)
        return "".join(f"{line}\n" for line in self.lines) if arguments[0] == "run" else ""


def jobs(folder, clock, *ends, ended="Completed"):
    """Jobs that ended so; reports of these windows are below a folder."""
    for until in ends:
        reports.write(str(folder), report(until), None)

    def describe(ProcessingJobName):  # noqa: N803 - SageMaker's own
        assert ProcessingJobName == JOB
        return {"ProcessingJobStatus": ended, "FailureReason": "AlgorithmError: no memory"}

    sagemaker = SimpleNamespace(describe_processing_job=describe)
    return Jobs(SCHEDULE, reports.folder_of(str(folder), VERSION), None, sagemaker, clock)


def test_each_week_is_judged_once_in_the_month_in_which_it_ends():
    played = list(months(Month(2013, 4), Month(2013, 10)))
    ends = [end for each in played for end in each.weeks]
    assert ends[0] == date(2013, 4, 8)
    assert all(after - before == WEEK for before, after in pairwise(ends))
    for each in played:
        assert all(each.first < end <= each.last + timedelta(days=1) for end in each.weeks)
    assert ends[-1] <= date(2013, 11, 1) < ends[-1] + WEEK


def test_months_in_the_wrong_order_are_refused_by_name(capsys):
    assert main(["--env", "staging", "--first", "2013-05", "--until", "2013-04"]) == 1
    assert "--until 2013-04 is before --first 2013-05" in capsys.readouterr().err


def test_a_month_is_judged_whole_by_its_labels():
    (first, *_, last) = months(Month(2013, 11), Month(2014, 2))
    assert (first.first, first.last) == (date(2013, 11, 1), date(2013, 11, 30))
    assert (last.month, last.last) == (Month(2014, 2), date(2014, 2, 28))


def test_weeks_are_what_the_versions_own_schedule_was_due_for_and_its_job_reported(tmp_path):
    clock = Clock(
        f"{DUE:%Y-%m-%dT%H:%M:%SZ}  {OTHER}  {STARTED}",
        f"{DUE:%Y-%m-%dT%H:%M:%SZ}  {SCHEDULE}  {STARTED}",
        f"{DUE + WEEK:%Y-%m-%dT%H:%M:%SZ}  {SCHEDULE}  {STARTED}",
    )
    played = jobs(tmp_path, clock, DUE - WEEK, DUE, DUE + WEEK)
    assert [each.until for each in played.judge(APRIL, whole=True)] == [DUE, DUE + WEEK]
    played.end()
    assert clock.told == [("set", "2013-04-01T00:00"), ("run", "2013-05-01T00:00"), ("real",)]


def test_a_window_that_began_before_anything_was_played_is_not_judged(tmp_path):
    clock = Clock()
    assert list(jobs(tmp_path, clock).judge(APRIL, whole=False)) == []
    assert clock.told[0] == ("set", "2013-04-07T00:00")


def test_a_whole_month_in_which_nothing_was_due_is_told_and_is_no_quiet_month(tmp_path):
    with pytest.raises(NoJobError, match="was not due once from 2013-04-01 to 2013-04-30"):
        list(jobs(tmp_path, Clock()).judge(APRIL, whole=True))


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        ("refused: AccessDeniedException", "AccessDeniedException"),
        (STARTED, "2013-04-08 02:00, left no report"),
    ],
)
def test_a_week_that_no_job_judged_is_told_and_is_no_quiet_week(tmp_path, outcome, told):
    clock = Clock(f"{DUE:%Y-%m-%dT%H:%M:%SZ}  {SCHEDULE}  {outcome}")
    with pytest.raises(NoJobError, match=told):
        list(jobs(tmp_path, clock, DUE - WEEK).judge(APRIL, whole=True))


@pytest.mark.parametrize("ended", ["Failed", "Stopped"])
def test_a_report_that_an_interrupted_run_left_is_not_told_as_that_of_a_job_which_wrote_none(tmp_path, ended):
    clock = Clock(f"{DUE:%Y-%m-%dT%H:%M:%SZ}  {SCHEDULE}  {STARTED}")
    with pytest.raises(NoJobError, match=f"^{JOB}, .* is {ended}: AlgorithmError: no memory$"):
        list(jobs(tmp_path, clock, DUE, ended=ended).judge(APRIL, whole=True))


class Stage:
    """An environment in which every month is judged by its labels already; the modules that were run there."""

    version, s3 = VERSION, None
    opened = SimpleNamespace(
        place=SimpleNamespace(environment="staging", registry_bucket="registry", verdicts_key="verdicts.json")
    )

    def __init__(self):
        self.ran = []

    def below(self, kind):
        return f"s3://registry/{kind}/flights-staging"

    def run(self, module, *arguments, **_):
        self.ran.append((module, *arguments))
        return "nothing: new to act on"


class Playing(Stage):
    """One in which the flights of a month are asked about; how often it was waited until no line came any more."""

    endpoint, captured = "flights-staging", "s3://registry/capture/flights-staging"
    before, dies = 0, False

    def __init__(self, folder):
        super().__init__()
        self.folder, self.settles = folder, 0
        self.lines = SimpleNamespace(
            lines=lambda: self.before, wait=lambda wanted: wanted, settle=self._settle
        )

    def _settle(self):
        self.settles += 1

    def run(self, module, *arguments, **_):
        if self.dies and module == "pipelines.flights.play":
            raise KeyboardInterrupt
        super().run(module, *arguments)
        return f"{700 - self.before} requests with 28,000 flights"


def ask(stage):
    return year._asked(stage, "2013-04", ("--first", "2013-04", "--until", "2013-04"))


def test_a_month_that_was_interrupted_goes_on_after_the_lines_on_their_way_have_come(tmp_path):
    stage = Playing(tmp_path)
    stage.dies = True
    with pytest.raises(KeyboardInterrupt):
        ask(stage)
    stage.dies, stage.before = False, 300
    assert ask(stage) == "400 requests with 28,000 flights, 400 of them captured"
    assert stage.settles == 1
    ((module, *arguments),) = stage.ran
    assert module == "pipelines.flights.play"
    assert arguments[arguments.index("--captured") + 1] == "s3://registry/capture/flights-staging/v1-1-0"


def test_a_month_of_which_every_flight_was_asked_about_before_is_judged_by_what_was_captured(tmp_path):
    stage = Playing(tmp_path)
    stage.before = 700
    assert ask(stage) == "0 requests with 28,000 flights, 0 of them captured"
    assert stage.settles == 0


def test_a_run_that_was_interrupted_before_it_acted_acts_when_it_is_run_again(monkeypatch, capsys):
    monkeypatch.setattr(year, "_is_there", lambda *_: True)
    stage = Stage()
    year._play_all(stage, None, list(months(Month(2013, 4), Month(2013, 5))), dry_run=True)
    assert stage.ran == [("tools.react", "--env", "staging", "--dry-run")]
    told = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in told] == ["2013-04", "2013-05", "  nothing"]


def test_it_acts_on_the_last_month_that_was_judged_before_the_next_one_is_played(monkeypatch, tmp_path):
    monkeypatch.setattr(year, "_is_there", lambda _, place: "2013-04-01_2013-04-30" in place)
    stage = Playing(tmp_path)
    stage.dies = True
    with pytest.raises(KeyboardInterrupt):
        year._play_all(stage, None, list(months(Month(2013, 4), Month(2013, 6))), dry_run=False)
    assert stage.ran == [("tools.react", "--env", "staging")]
