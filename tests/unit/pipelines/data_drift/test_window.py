"""A window of captured lines or of rows, counted; and the program that judges one, with its statuses."""

import base64
import json
from datetime import timedelta
from types import SimpleNamespace

import numpy as np
import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from modeldelivery.release import verdicts
from pipelines.data_drift import __main__ as program
from pipelines.data_drift import baseline as baselines
from pipelines.data_drift import reports, window
from pipelines.data_drift.report import Severity
from pipelines.data_drift.tally import Tally
from tests.unit.pipelines.data_drift.conftest import MONDAY, WEEK, values
from tests.unit.pipelines.test_places import Bucket

HALF = timedelta(days=3, hours=12)


def body(text, encoding="JSON", content_type="application/json"):
    data = base64.b64encode(text.encode()).decode() if encoding == "BASE64" else text
    return {"observedContentType": content_type, "mode": "INPUT", "data": data, "encoding": encoding}


def line(
    at=MONDAY + HALF,
    *,
    temp=41.5,
    request=None,
    response='{"predictions": [{"probability": 0.25}]}',
    moment=None,
    **other,
):
    held = {"endpointInput": request or body(json.dumps({"temp": temp, "carrier": "AA"}), **other)}
    if response is not None:
        held["endpointOutput"] = body(response)
    metadata = {"eventId": "e", "inferenceTime": at.isoformat().replace("+00:00", "Z")}
    if moment is not None:
        metadata["customAttributes"] = [moment]
    return json.dumps({"captureData": held, "eventMetadata": metadata, "eventVersion": "0"})


@pytest.fixture
def capture(tmp_path, baseline):
    """What is read of lines in files of two hours."""

    def read(*lines):
        for place, text in enumerate(lines):
            path = tmp_path / "capture" / f"{place % 2:02}" / "lines.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a") as file:
                file.write(text + "\n")
        tally = Tally(baseline)
        window.captured(str(tmp_path / "capture"), baseline, MONDAY, MONDAY + WEEK, tally)
        return tally.sample("v1.1.0", MONDAY, MONDAY + WEEK)

    return read


def test_lines_of_all_hours_are_counted_with_text_and_base64_alike(capture):
    sample = capture(line(), line(encoding="BASE64"), line(response=None))
    assert (sample.rows, sample.refused) == (3, {})
    assert {name: int(counts.sum()) for name, counts in sample.counts.items()} == {
        "temp": 3,
        "carrier": 3,
        "prediction.late": 2,
    }


def test_a_batch_is_as_many_rows_as_it_has(capture):
    batch = body(json.dumps({"instances": [{"temp": 1.0}, {"temp": 2.0}, {"temp": 3.0}]}))
    assert capture(line(request=batch, response=None)).rows == 3


def test_only_lines_of_the_window_count_its_end_excluded(capture):
    second = timedelta(seconds=1)
    sample = capture(line(MONDAY - second), line(MONDAY), line(MONDAY + WEEK - second), line(MONDAY + WEEK))
    assert sample.rows == 2


def test_what_cannot_be_read_is_counted_by_what_it_is_and_ends_nothing(capture):
    sample = capture("no line", line(temp="warm"), line(response="[]"), line())
    assert sample.refused == {"answer": 1, "line": 1, "request": 1}
    assert sample.rows == 2


def test_brackets_within_brackets_of_one_caller_are_counted_and_end_nothing(capture):
    nested = '{"unknown": ' + "[" * 100_000 + "]" * 100_000 + "}"
    sample = capture(line(request=body(nested)), line(response=nested), nested, line())
    assert sample.refused == {"answer": 1, "line": 1, "request": 1}
    assert sample.rows == 2


def test_a_time_without_its_zone_is_a_line_that_cannot_be_read_and_ends_nothing(capture):
    sample = capture(line(at=(MONDAY + HALF).replace(tzinfo=None)), line())
    assert (sample.rows, sample.refused) == (1, {"line": 1})


def test_a_line_that_cannot_be_read_counts_in_the_window_in_which_it_was_answered_alone(capture):
    bad = "at=yesterday"
    sample = capture(line(MONDAY - HALF, moment=bad), line(moment=bad), line(MONDAY + WEEK, moment=bad))
    assert (sample.rows, sample.refused) == (0, {"line": 1})


def test_pieces_that_are_counted_apart_are_the_whole(tmp_path, baseline, monkeypatch):
    columns = values(np.random.default_rng(3), 1000)
    path = tmp_path / "rows.jsonl"
    rows = zip(columns["temp"].tolist(), columns["carrier"], columns["prediction.late"].tolist(), strict=True)
    path.write_text("".join(json.dumps(dict(zip(columns, row, strict=True))) + "\n" for row in rows))
    whole, pieces = Tally(baseline), Tally(baseline)
    window.rows(path, baseline, whole)
    monkeypatch.setattr("pipelines.data_drift.tally._PIECE", 7)
    window.rows(path, baseline, pieces)
    whole, pieces = (tally.sample("v1.1.0", MONDAY, MONDAY + WEEK) for tally in (whole, pieces))
    for name, bins in baseline.columns.items():
        expected = np.bincount(bins.codes(columns[name]), minlength=len(bins.counts)).tolist()
        assert whole.counts[name].tolist() == pieces.counts[name].tolist() == expected


@pytest.fixture
def job(tmp_path, baseline):
    """Runs the program on a week of April: rows so many degrees warmer."""
    (tmp_path / "baseline.json").write_bytes(baselines.encode(baseline))

    def run(week, *more, warmer=0.0, rows=2000, version="v1.1.0"):
        columns = values(np.random.default_rng(week), rows, warmer=warmer)
        path = tmp_path / "rows.jsonl"
        cells = zip(columns["temp"].tolist(), columns["carrier"], strict=True)
        path.write_text("".join(json.dumps({"temp": a, "carrier": b}) + "\n" for a, b in cells))
        until = f"{MONDAY + (week + 1) * WEEK:%Y-%m-%d}"
        places = ["--baseline", str(tmp_path / "baseline.json"), "--reports", str(tmp_path / "reports")]
        kept = ["--verdicts", str(tmp_path / "verdicts.json"), "--version", version]
        return program.main([*places, *kept, "--rows", str(path), "--until", until, *more])

    return run


def test_reports_are_kept_by_time_and_the_second_window_in_a_row_is_drift(job, tmp_path, capsys):
    assert [job(0, "--check"), job(1, "--check", warmer=20.0), job(2, "--check", warmer=20.0)] == [0, 0, 3]
    kept = list(reports.read(str(tmp_path / "reports"), None))
    assert [report.severity for report in kept] == ["quiet", "moved", "drift"]
    assert sorted(path.name for path in (tmp_path / "reports" / "v1.1.0").iterdir()) == [
        "20130408T000000Z.json",
        "20130415T000000Z.json",
        "20130422T000000Z.json",
    ]
    assert capsys.readouterr().out.splitlines()[-1] == f"drift: {kept[-1].reason}"


def test_versions_that_answered_in_one_window_have_a_report_and_a_row_of_windows_each(job, tmp_path):
    for week in (0, 1):
        assert job(week, "--check", version="v1.0.0") == 0
        job(week, warmer=20.0)
    kept = {
        (each.version, each.until): each.severity for each in reports.read(str(tmp_path / "reports"), None)
    }
    second = MONDAY + 2 * WEEK
    assert len(kept) == 4
    assert (kept["v1.0.0", second], kept["v1.1.0", second]) == ("quiet", "drift")


def test_the_newest_verdict_of_each_version_is_kept_where_people_look(job, tmp_path):
    job(0, version="v1.0.0")
    job(0, warmer=20.0)
    job(1, warmer=20.0)
    job(0, warmer=20.0)  # again, and no more the newest
    kept = verdicts.decode((tmp_path / "verdicts.json").read_bytes(), "verdicts.json").drift
    assert {version: (each.severity, each.rows) for version, each in kept.items()} == {
        "v1.0.0": ("quiet", 2000),
        "v1.1.0": ("drift", 2000),
    }
    temp = next(each for each in kept["v1.1.0"].columns if each.name == "temp")
    assert (temp.severity, temp.ratio > 1) == ("drift", True)
    assert kept["v1.1.0"].until == MONDAY + 2 * WEEK


def test_what_is_no_document_of_verdicts_is_a_sentence_with_the_way_on(job, tmp_path, capsys):
    (tmp_path / "verdicts.json").write_text("[]")
    assert job(0) == 1
    assert "verdicts.json: not the verdicts of an environment" in capsys.readouterr().err
    (tmp_path / "verdicts.json").unlink()
    assert job(0) == 0


def test_a_version_that_is_none_says_how_to_write_one(job, capsys):
    with pytest.raises(SystemExit) as ended:
        job(0, version="1.1")
    assert ended.value.code == 2
    assert "vMAJOR.MINOR.PATCH" in capsys.readouterr().err


def test_a_window_that_is_judged_again_is_not_its_own_second_one(job, tmp_path):
    assert [job(0, "--check", warmer=20.0) for _ in range(3)] == [0, 0, 0]
    (report,) = reports.read(str(tmp_path / "reports"), None)
    assert report.severity is Severity.MOVED


def test_statuses_tell_drift_and_too_few_rows_only_where_they_are_checked(job):
    assert [job(0, warmer=20.0), job(1, warmer=20.0), job(2, rows=5)] == [0, 0, 0]
    assert job(2, "--check", rows=5) == 4


@pytest.mark.parametrize(
    "case",
    [
        (["--baseline", "none.json"], "none.json: No such file or directory"),
        (["--captured", "nowhere"], "nowhere: No such file or directory"),
    ],
)
def test_an_input_that_is_not_there_is_a_sentence(tmp_path, monkeypatch, capsys, baseline, case):
    arguments, sentence = case
    monkeypatch.chdir(tmp_path)
    (tmp_path / "baseline.json").write_bytes(baselines.encode(baseline))
    (tmp_path / "rows.jsonl").write_text("")
    source = [] if "--captured" in arguments else ["--rows", "rows.jsonl"]
    base = [
        "--version",
        "v1.1.0",
        "--baseline",
        "baseline.json",
        "--reports",
        "reports",
        "--until",
        "2013-04-08",
    ]
    assert program.main([*base, *source, *arguments]) == 1
    assert capsys.readouterr().err.strip() == sentence


def test_whoever_has_no_credentials_is_told_what_to_type(tmp_path, monkeypatch, capsys):
    def get_object(**_):
        raise NoCredentialsError

    client = SimpleNamespace(get_object=get_object)
    monkeypatch.setattr("pipelines.places.client_of", lambda *_: client)
    places = [
        "--baseline",
        "s3://b/baseline.json",
        "--captured",
        "s3://b/capture",
        "--reports",
        str(tmp_path),
    ]
    assert program.main([*places, "--version", "v1.1.0", "--until", "2013-04-08"]) == 1
    assert "Unable to locate credentials: export AWS_PROFILE=" in capsys.readouterr().err


def test_a_report_that_is_none_is_refused_by_name(job, tmp_path, capsys):
    (tmp_path / "reports" / "v1.1.0").mkdir(parents=True)
    (tmp_path / "reports" / "v1.1.0" / "20130401T000000Z.json").write_text("{}")
    assert job(0) == 1
    assert "20130401T000000Z.json: no report of drift" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--until", "2999-04-08"), "is still to come"),  # it would stand before every later verdict
        (("--until", "1813-04-08"), "is before 1970"),
        (("--days", "400"), "1 to 366"),  # what nobody could read again
        (("--days", "99999999999999999999"), "1 to 366"),
        (("--days", "0"), "1 to 366"),
    ],
)
def test_a_window_that_nobody_can_judge_is_usage_and_keeps_no_verdict(job, tmp_path, options, why, capsys):
    with pytest.raises(SystemExit) as ended:
        job(0, *options)
    assert ended.value.code == 2
    assert why in capsys.readouterr().err
    assert not (tmp_path / "verdicts.json").exists()


@pytest.mark.parametrize("moment", ["yesterday", "2013-13-01", "0001-01-01T00:00+23:00"])
def test_a_time_that_is_none_says_how_to_write_one(job, moment, capsys):
    with pytest.raises(SystemExit) as ended:
        job(0, "--until", moment)
    assert ended.value.code == 2
    assert "write YYYY-MM-DD or YYYY-MM-DDTHH:MM, UTC" in capsys.readouterr().err


def test_a_job_whose_places_are_s3s_judges_as_one_of_folders_and_leaves_its_report_there(
    tmp_path, baseline, monkeypatch
):
    lines = "".join(line(temp=float(temp)) + "\n" for temp in np.random.default_rng(1).normal(70, 10, 1500))
    bucket = Bucket(
        **{
            "evidence/baseline.json": baselines.encode(baseline),
            "capture/v1/2013/04/04/12/a.jsonl": lines.encode(),
        }
    )
    monkeypatch.setattr("boto3.client", lambda name: {"s3": bucket}[name])
    command = [
        *("--baseline", "s3://bucket/evidence/baseline.json", "--captured", "s3://bucket/capture/v1"),
        *("--reports", "s3://bucket/drift/flights-prod", "--until", "2013-04-08", "--version", "v1.1.0"),
        *("--verdicts", "s3://bucket/verdicts/flights-prod.json"),
    ]
    assert program.main(command) == 0
    (report,) = reports.read("s3://bucket/drift/flights-prod", bucket)
    assert "drift/flights-prod/v1.1.0/20130408T000000Z.json" in bucket.objects
    kept = verdicts.decode(bucket.objects["verdicts/flights-prod.json"], "verdicts")
    assert kept.drift["v1.1.0"].severity == "moved"
    assert (report.rows, report.severity) == (1500, "moved")
    (tmp_path / "capture").mkdir()
    (tmp_path / "capture" / "a.jsonl").write_text(lines)
    (tmp_path / "baseline.json").write_bytes(baselines.encode(baseline))
    local = [
        *("--baseline", str(tmp_path / "baseline.json"), "--captured", str(tmp_path / "capture")),
        *("--reports", str(tmp_path / "reports"), "--until", "2013-04-08", "--version", "v1.1.0"),
    ]
    assert program.main(local) == 0
    assert list(reports.read(str(tmp_path / "reports"), None)) == [report]


def test_what_s3_refuses_is_a_sentence_and_a_bug_is_none(monkeypatch, capsys):
    def refuse(**_):
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetObject")

    bucket = Bucket()
    monkeypatch.setattr(bucket, "get_object", refuse)
    monkeypatch.setattr("boto3.client", lambda _: bucket)
    command = [
        *("--version", "v1.1.0", "--baseline", "s3://bucket/b.json", "--rows", "r"),
        *("--reports", "r", "--until", "2013-04-08"),
    ]
    assert program.main(command) == 1
    assert capsys.readouterr().err.startswith("An error occurred (AccessDenied)")
    monkeypatch.setattr(bucket, "get_object", lambda **_: {})
    with pytest.raises(KeyError):
        program.main(command)
