"""A baseline: what the training examples and the predictions for them look like, and how much weeks differ inside training."""

import msgspec
import numpy as np
import pandas as pd
import pytest

from pipelines import examples
from pipelines.data_drift.baseline import decode, encode
from pipelines.data_drift.learning import BLOCKS, learn
from pipelines.data_drift.parts import Part
from pipelines.data_drift.rows import AnswerReader
from pipelines.documents import BadDocumentError
from pipelines.server.answers import AnswerWriter
from pipelines.server.schema import Category, Classes, Number, Probability, Quantity, Schema, SelfCheck

OUTPUTS = {
    "probability": (Probability(event="late", meaning="late or not", threshold=0.5), {"late"}),
    "classes": (Classes(meaning="which", classes=("a", "b", "c")), {"a", "b", "c"}),
    "number": (Quantity(name="price", meaning="in EUR"), {"price"}),
}


def schema(output):
    return Schema(
        features=(
            Number(name="temp", meaning="°F", minimum=-100, maximum=200, nullable=True),
            Category(name="carrier", meaning="airline", categories=("AA", "B6"), unseen="missing"),
        ),
        output=output,
        self_check=SelfCheck({"temp": 1.0, "carrier": "AA"}, (0.0,) * output.width),
    )


def frame(days=21, rows=200, *, warm_from=None):
    """So many days; from a day on it is warmer."""
    chance = np.random.default_rng(3)
    count = days * rows
    day = np.repeat(np.arange(days), rows)
    temp = chance.normal(30, 10, count) + (0 if warm_from is None else 20 * (day >= warm_from))
    return pd.DataFrame(
        {
            "temp": temp,
            "carrier": chance.choice(["AA", "B6"], count),
            examples.LABEL: chance.random(count) < 0.2,
            f"{examples.SLICE}all": "all",
            examples.BLOCK: [f"2013-01-{1 + each:02}" for each in day],
        }
    )


def learned(cases, output="probability"):
    kind = OUTPUTS[output][0]
    predictions = np.random.default_rng(4).random((len(cases), kind.width))
    return learn(
        schema(kind), cases, predictions, model="m", digest="sha256:" + "1" * 64, data_revision="sha256:2"
    )


@pytest.mark.parametrize("output", OUTPUTS)
def test_features_and_each_number_of_an_answer_have_bins(output):
    baseline = learned(frame(), output)
    assert baseline.features.keys() == {"temp", "carrier"}
    assert baseline.predictions.keys() == OUTPUTS[output][1]
    assert {sum(each.counts) for each in (baseline.features | baseline.predictions).values()} == {
        baseline.rows
    }


def test_each_week_is_held_against_the_others():
    baseline = learned(frame(days=BLOCKS * 3))
    assert [(week.first, week.last, week.rows) for week in baseline.history] == [
        ("2013-01-01", "2013-01-07", 1400),
        ("2013-01-08", "2013-01-14", 1400),
        ("2013-01-15", "2013-01-21", 1400),
    ]
    assert {name for week in baseline.history for name in week.indices} == {
        "temp",
        "carrier",
        "prediction.late",
    }
    assert (
        max(index.of(part) for week in baseline.history for index in week.indices.values() for part in Part)
        < 0.1
    )


def test_a_week_that_was_warmer_inside_training_stands_out_in_its_own_feature_alone():
    weeks = learned(frame(days=BLOCKS * 3, warm_from=BLOCKS * 2)).history
    assert weeks[2].indices["temp"].of(Part.VALUES) > 1
    assert weeks[2].indices["carrier"].of(Part.VALUES) < 0.1


def test_a_week_that_alone_had_such_values_stands_out_as_outside_the_others():
    """The bins are of all weeks, in which nothing of training is outside."""
    weeks = learned(frame(days=BLOCKS * 3, warm_from=BLOCKS * 2)).history
    assert weeks[2].indices["temp"].outside > 0.1
    assert weeks[1].indices["temp"].outside < 0.1


def test_a_week_in_which_more_was_missing_stands_out_as_missing():
    cases = frame(days=BLOCKS * 3)
    cases.loc[cases.index[-1400::4], "temp"] = np.nan
    weeks = learned(cases).history
    assert weeks[2].indices["temp"].missing > 0.5
    assert weeks[2].indices["temp"].of(Part.VALUES) < 0.1


def test_days_that_fill_no_week_are_none_of_their_own():
    assert [week.last for week in learned(frame(days=BLOCKS * 2 + 3)).history] == ["2013-01-07", "2013-01-14"]


def test_less_than_two_weeks_have_no_history():
    assert learned(frame(days=BLOCKS * 2 - 1)).history == ()


def test_a_baseline_is_the_same_bytes_again_and_is_read_back():
    cases = frame()
    baseline = learned(cases)
    assert encode(baseline) == encode(learned(cases))
    assert decode(encode(baseline), "baseline.json") == baseline


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"format": 9}, "baseline.json: format 9; this program reads 2"),
        ({"rows": 9}, "temp counts 4200 rows in 23 bins; it should be 9 in 23"),
        ({"edges": 3}, "edges of temp do not ascend"),
        ({"history": 1}, "the history of 2013-01-01 lacks prediction.late"),
        ({"colour": "red"}, "no baseline of a model: Object contains unknown field `colour`"),
    ],
    ids=["format", "rows", "edges", "history", "unknown"],
)
def test_a_baseline_that_contradicts_itself_is_refused_by_name(change, sentence):
    document = msgspec.json.decode(encode(learned(frame())))
    if "edges" in change:
        document["features"]["temp"]["edges"][1] = -1e9
    elif "history" in change:
        del document["history"][0]["indices"]["prediction.late"]
    else:
        document |= change
    with pytest.raises(BadDocumentError) as refused:
        decode(msgspec.json.encode(document), "baseline.json")
    assert sentence in str(refused.value)


@pytest.mark.parametrize("output", OUTPUTS)
def test_a_prediction_that_many_rows_share_stays_in_its_bin_once_the_server_has_rounded_it(output):
    """Its bin begins at the very value; rounded down, all these rows would be in the bin before."""
    kind, names = OUTPUTS[output]
    cases = frame()
    shared = np.float32(0.12345642)
    predictions = np.random.default_rng(4).random((len(cases), kind.width)).astype(np.float32)
    predictions[::3] = shared
    baseline = learn(schema(kind), cases, predictions, model="m", digest="sha256:1", data_revision="sha256:2")
    writer = AnswerWriter(kind, "v1")
    rows = AnswerReader(baseline).read("application/json", writer.json([[float(shared)] * kind.width]))
    for (name, bins), value in zip(baseline.predictions.items(), rows[0], strict=True):
        assert name in names
        assert bins.counts[bins.codes([value])[0]] >= len(cases) / 3
