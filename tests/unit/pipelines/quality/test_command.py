"""The job: from captured lines and labels in folders to a report beside earlier ones."""

import json

import pytest
from msgspec import structs

from modeldelivery.release import verdicts
from pipelines import ground_truth
from pipelines.flights import features
from pipelines.gates import report as evaluations
from pipelines.ground_truth import Truth
from pipelines.quality import __main__ as job
from pipelines.quality import report
from pipelines.server.answers import AnswerWriter
from tests.unit.pipelines.quality.test_showing import evaluation

A_DAY = 60  # flights


@pytest.fixture(scope="module")
def month(held_out, model):
    """Captured lines of February by the model of January, and what became of them."""
    described = features.describe(held_out)
    late = features.late(held_out)
    writer = AnswerWriter(model.schema.output, "v1.0.0")
    lines, files = [], {}
    for day, places in held_out.flights.reset_index(drop=True).groupby("day").indices.items():
        chosen = places[:: max(1, len(places) // A_DAY)]
        instances = features.instances(described.iloc[chosen])
        _, outputs = model.predict(model.rows.instances(instances).matrix)
        body = {"observedContentType": "application/json", "mode": "", "encoding": "JSON"}
        about = {"eventId": "e", "inferenceId": f"day-{day}", "inferenceTime": f"2013-02-{day:02}T12:00:00Z"}
        kept = {
            "endpointInput": body | {"data": json.dumps(instances)},
            "endpointOutput": body | {"data": writer.json(outputs).decode()},
        }
        lines.append(json.dumps({"captureData": kept, "eventMetadata": about, "eventVersion": "0"}))
        files[f"2013/02/{day:02}/12/part.jsonl"] = ground_truth.encode(
            Truth(inference=f"day-{day}", row=row, value=str(int(late[place])))
            for row, place in enumerate(chosen)
        )
    return lines, files


@pytest.fixture
def place(tmp_path, trained, month):
    """What the job reads, in folders: the first day was answered by another version."""
    lines, files = month
    subject = evaluations.Subject(digest=evaluations_digest(trained))
    judged = structs.replace(evaluation(value=0.6, low=0.5, high=0.7), challenger=subject)
    (tmp_path / "model.tar.gz").write_bytes(trained.archive)
    (tmp_path / "evaluation.json").write_bytes(evaluations.encode(judged))
    for variant, part in (("v1-1-0", lines[:1]), ("v1-0-0", lines[1:])):
        path = tmp_path / f"captured/{variant}/2013/02/28/00/part.jsonl"
        path.parent.mkdir(parents=True)
        path.write_text("\n".join(part))
    for name, content in files.items():
        path = tmp_path / "labels" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    return tmp_path


def evaluations_digest(trained):
    return job.artifact.digest(trained.archive)


def run(place, *more):
    options = {
        "--recipe": "flights",
        "--version": "v1.0.0",
        "--model": place / "model.tar.gz",
        "--evaluation": place / "evaluation.json",
        "--captured": place / "captured",
        "--labels": place / "labels",
        "--reports": place / "reports",
        "--first": "2013-02-01",
        "--last": "2013-02-28",
    }
    options |= dict(zip(more[::2], more[1::2], strict=True))
    return job.main([str(part) for option in options.items() for part in option])


def written(place, days="2013-02-01_2013-02-28"):
    path = place / f"reports/v1.0.0/{days}.json"
    return report.decode(path.read_bytes(), str(path))


def test_a_month_is_judged_and_kept(place, capsys):
    assert run(place) == 0
    result = written(place)
    assert result.verdict == "as-good"
    assert result.overall.days == 27
    assert result.joined.of_others > 0
    assert (result.joined.unanswered, result.joined.unlabelled) == (0, 0)
    assert {each.dimension for each in result.slices} == {"all", "carrier", "origin", "hours"}
    output = capsys.readouterr().out
    assert output.startswith("as-good: AUC is 0.")
    assert output.endswith("/reports/v1.0.0/2013-02-01_2013-02-28.json\n")


def test_a_month_whose_verdict_could_not_be_kept_has_no_report_and_is_judged_again(place, capsys):
    (place / "verdicts.json").write_text("cut")
    assert run(place, "--verdicts", place / "verdicts.json") == 1
    assert "not the verdicts of an environment" in capsys.readouterr().err
    assert not (place / "reports").exists()


def test_a_worse_month_ends_with_its_own_status(place, capsys):
    judged = evaluations.decode((place / "evaluation.json").read_bytes())
    before = structs.replace(evaluation(value=0.95, low=0.94, high=0.96), challenger=judged.challenger)
    (place / "evaluation.json").write_bytes(evaluations.encode(before))
    assert run(place) == job.WORSE
    assert capsys.readouterr().out.startswith("worse: overall AUC is 0.")


def test_the_newest_verdict_is_kept_where_people_look(place):
    assert run(place, "--verdicts", place / "verdicts.json") == 0
    kept = verdicts.decode((place / "verdicts.json").read_bytes(), "verdicts.json").quality["v1.0.0"]
    result = written(place)
    assert (kept.verdict, kept.first, kept.last) == ("as-good", result.first, result.last)
    assert (kept.cases, kept.reason) == (result.joined.cases, result.reason)
    overall = {each.metric: each.value for each in kept.measures if each.slice == "overall"}
    assert overall == {name: metric.measured.value for name, metric in result.overall.metrics.items()}
    assert {each.metric for each in kept.measures if each.slice != "overall"} <= {result.metric}


def test_earlier_windows_are_what_the_next_is_held_against(place):
    assert run(place, "--last", "2013-02-24") == 0
    first = written(place, "2013-02-01_2013-02-24").overall.metrics["auc"]
    assert run(place, "--first", "2013-02-25") == 0
    # Four days are too few to judge, and say nothing of the reference; a window of the same days as an earlier one has none of its own.
    assert run(place, "--last", "2013-02-24") == 0
    assert written(place, "2013-02-01_2013-02-24").overall.metrics["auc"] == first


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--recipe", "trains"), "no recipe of a model 'trains'"),
        (("--version", "1.0"), "'1.0'"),
        (("--captured", "nowhere"), "nowhere: there is no such folder"),
        (("--labels", "nowhere"), "nowhere: there is no such folder"),
        (("--model", "nowhere"), "nowhere: No such file"),
        (("--evaluation", "nowhere"), "No such file"),
        (
            ("--first", "2013-03-01", "--last", "2013-03-31"),
            "/v1-0-0: no case from 2013-03-01 to 2013-03-31 has a label",
        ),
    ],
)
def test_an_input_that_is_not_there_is_a_sentence(place, capsys, options, reason):
    assert run(place, *options) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("quality: ")
    assert reason in captured.err
    assert captured.err.count("\n") == 1
    assert not (place / "reports").exists()


def test_an_evaluation_of_another_model_is_refused(place, capsys):
    (place / "evaluation.json").write_bytes(evaluations.encode(evaluation()))
    assert run(place) == 1
    assert (
        f"judged the model {evaluation().challenger.digest}, and --model is sha256:"
        in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("days", "why"),
    [
        (("--last", "2013-01-01"), "--last 2013-01-01 is before --first 2013-02-01"),
        (("--last", "2014-06-30"), "a window has 366 days at most"),
        (("--first", "2999-02-01", "--last", "2999-02-28"), "--last 2999-02-28 is still to come"),
    ],
)
def test_days_that_are_no_window_are_usage_and_write_nothing(place, capsys, days, why):
    with pytest.raises(SystemExit, match="2"):
        run(place, *days, "--verdicts", place / "verdicts.json")
    assert why in capsys.readouterr().err
    assert not (place / "verdicts.json").exists()


def test_a_folder_may_be_named_as_shells_complete_it(place, monkeypatch):
    monkeypatch.chdir(place)
    assert run(place, "--captured", "./captured/", "--labels", "labels//", "--reports", "./reports") == 0
    assert written(place).joined.of_others > 0


def test_what_a_caller_of_any_version_writes_ends_no_judgement(place):
    bad = {"captureData": {}, "eventMetadata": {"eventId": "x", "inferenceTime": "2013-02-05T12:00:00Z", "customAttributes": ["at=yesterday"]}}  # fmt: skip
    for variant in ("v1-0-0", "v1-1-0"):
        with (place / f"captured/{variant}/2013/02/28/00/part.jsonl").open("a") as lines:
            lines.write(f"\n{json.dumps(bad)}\n")
    assert run(place) == 0
    assert written(place).joined.unreadable == 1


def test_labels_that_are_no_text_are_a_sentence(place, capsys):
    (place / "labels/2013/02/01/12/part.jsonl").write_bytes(
        ground_truth.encode([Truth(inference="a", value="x")]).replace(b"x", b"\xfc")
    )
    assert run(place) == 1
    assert "part.jsonl, line 1: " in capsys.readouterr().err
