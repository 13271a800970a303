import msgspec
import pytest

from modeldelivery.review.report import markdown
from modeldelivery.review.report.page import Kept
from pipelines.gates.report import Gate, Interval, JudgedSlice, Metrics, Report, Skip, Slice, Subject
from pipelines.gates.validation import Batch, Check, Result, conclude
from tools.model.changes import Changes, Month, Parameter
from tools.model.page import tell

CHANGES = Changes(
    months=(Month("flights", "2013-05", "new"),),
    parameters=(Parameter("fit.trees", "150", "50"),),
    demands=("pipelines/flights/suites/flights.json",),
    code=("pipelines/flights/features.py",),
)
RESULT = Result(type="expect_x", columns=(), kwargs={}, notes="", expected="x", passed=True)


def batch(part, rows):
    return Batch(
        table="flights", part=part, suite="flights.json", expectations=1, rows=rows, results=(RESULT,)
    )


VALIDATION = conclude(
    model="flights",
    data="sha256:" + "ab" * 32,
    tables=("flights",),
    parts=("2013-04", "2013-05"),
    batches=(batch("2013-04", 1000), batch("2013-05", 1200)),
    checks=(Check(name="same", passed=True, finding="10 rows"),),
)


def judged(dimension, value, difference, *, verdict="passed", rows=5000, of="auc"):
    low, high = difference - 0.01, difference + 0.01
    metric = Metrics(
        challenger=Interval(value=0.65 + difference, low=0.6, high=0.7),
        champion=Interval(value=0.65),
        difference=Interval(value=difference, low=low, high=high),
    )
    cut = Slice(
        dimension=dimension, value=value, rows=rows, least_of_a_label=900, blocks=30, metrics={of: metric}
    )
    return JudgedSlice(slice=cut, verdict=verdict)


def report(**changed):
    given = {
        "engine": "slices",
        "model": "flights",
        "output": "probability",
        "data_revision": VALIDATION.data,
        "rows": 27564,
        "blocks": 30,
        "challenger": Subject(digest="sha256:" + "cd" * 32),
        "champion": Subject(digest="sha256:" + "ef" * 32),
        "confidence": 0.95,
        "critical": 3.1,
        "draws": 1000,
        "passed": True,
        "reason": "",
        "gates": [Gate(name="margins.auc", verdict="passed", sentence="AUC may be worse by 0.03")],
        "slices": [
            judged("all", "", -0.005, rows=27564),
            *(judged("carrier", code, place / 100) for place, code in enumerate(("UA", "AA", "B6", "DL", "WN", "EV"))),
            judged("carrier", "OO", -0.5, verdict="too-small", rows=20),
            judged("origin", "JFK", 0.2, verdict="failed"),
        ],
    }  # fmt: skip
    return Report(**(given | changed))


def drawn(**changed):
    given = {
        "changes": CHANGES,
        "validation": VALIDATION,
        "report": report(),
        "stopped": "",
        "pictures": None,
    }
    return markdown.draw(tell("flights", **(given | changed)), 65_536, markdown.MODEL_MARKER)


def test_the_comment_says_what_changed_in_words():
    text = drawn()
    assert text.startswith(f"{markdown.MODEL_MARKER}\n## Model `flights`: passed both gates\n")
    for line in (
        "- data: `flights 2013-05` is new\n",
        "- parameter `fit.trees`: `150` → `50`\n",
        "- what it is held to: `pipelines/flights/suites/flights.json`\n",
        "- code: `pipelines/flights/features.py`\n",
        "- `flights 2013-05` is new: 1,200 rows, +20 % on the month before\n",
        "- `2013-04 to 2013-05`: 2 expectations, all hold; revision `abababababab`\n",
    ):
        assert line in text


def test_the_comment_sets_challenger_against_champion_with_bounds():
    text = drawn()
    assert "challenger `cdcdcdcdcdcd` against champion `efefefefefef`, on the same 27,564 rows" in text
    assert (
        "| `auc` | 27,564 | 0.6500 | 0.6450 (0.6000 to 0.7000) | -0.0050 (-0.0150 to +0.0050) | passed |"
        in text
    )


def test_the_worst_slices_come_first_and_those_that_are_too_small_are_counted():
    text = drawn()
    worst = text.split("### Worst slices by `auc`\n")[1].split("###")[0]
    names = [line.split("|")[1].strip() for line in worst.splitlines() if line.startswith("| `")]
    assert names == ["`origin JFK`", "`carrier UA`", "`carrier AA`", "`carrier B6`", "`carrier DL`"]
    assert "1 slices are too small to judge" in text


def test_the_worst_slices_of_a_loss_are_those_where_it_grew():
    slices = [
        judged("all", "", 0.0, of="log_loss"),
        judged("origin", "JFK", -0.3, of="log_loss"),
        judged("origin", "LGA", 0.3, of="log_loss"),
    ]
    gate = Gate(name="margins.log_loss", verdict="passed", sentence="by 0.04 at most")
    text = drawn(report=report(slices=slices, gates=[gate]))
    assert text.index("`origin LGA`") < text.index("`origin JFK`")


def test_a_model_that_was_stopped_says_so_first_and_refuses():
    page = tell("flights", changes=CHANGES, validation=VALIDATION, report=report(), stopped="evaluate stopped: auc", pictures=None)  # fmt: skip
    assert page.refused
    text = markdown.draw(page, 65_536)
    assert "## ⛔ Model `flights`: stopped" in text
    assert text.index("> - **`evaluate stopped: auc`**") < text.index("What changed")


def test_data_that_was_stopped_has_no_metrics():
    text = drawn(report=None, stopped="validate stopped: flights 2013-05: the table has no row")
    assert "the model was not evaluated" in text
    assert "Metrics" not in text


def test_no_champion_and_an_opened_gate_are_said():
    skip = Skip(by="ada", because="the first of its kind")
    gate = Gate(name="limits.auc", verdict="skipped", sentence="0.5 is under 0.58", skip=skip)
    text = drawn(report=report(champion=None, no_champion="no version serves yet", gates=[gate]))
    assert "no champion: `no version serves yet`" in text
    assert "| `limits.auc` | skipped | `0.5 is under 0.58`, by `ada`: `the first of its kind` |" in text


def test_pictures_are_linked_where_the_platform_keeps_them():
    assert "[pages and pictures](https://ci.example.com/7)" in drawn(pictures="https://ci.example.com/7")
    assert "pages and pictures" not in drawn()


@pytest.mark.parametrize("changes", [None, Changes((), (), (), ())])
def test_changes_that_are_not_known_or_none_are_said(changes):
    assert ("not known" if changes is None else "nothing that the model is made of") in drawn(changes=changes)


def test_what_data_brought_is_text_in_the_comment():
    nasty = "</details><img src=x> @everyone [x](javascript:1)"
    text = drawn(stopped=nasty)
    assert f"**`{nasty}`**" in text


def test_a_page_is_read_back_as_it_was_written():
    kept = Kept(commit="abc", page=tell("flights", changes=CHANGES, validation=VALIDATION, report=report(), stopped="", pictures=None))  # fmt: skip
    assert msgspec.json.decode(msgspec.json.encode(kept), type=Kept) == kept
