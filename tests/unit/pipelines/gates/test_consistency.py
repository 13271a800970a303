import numpy as np
import pandas as pd
import pytest

from pipelines.gates.consistency import consistency, sample
from pipelines.server.schema import Category, Integer, Number

FEATURES = (
    Category(name="place", meaning="where", categories=("b", "a"), unseen="missing", nullable=True),
    Integer(name="minute", meaning="minutes", minimum=0, maximum=59),
    Number(name="heat", meaning="°F", minimum=-60, maximum=130, nullable=True),
)
ROWS = pd.DataFrame(
    {
        "place": ["a", "b", "new", None] * 500,
        "minute": np.arange(2000) % 60,
        "heat": [np.nan, 0.1, 71.06, -3.0] * 500,
        "label": True,
    }
)


def encode(rows, features):
    codes = {name: code for code, name in enumerate(features[0].categories)}
    columns = [rows["place"].map(codes), rows["minute"], rows["heat"]]
    return np.column_stack([column.to_numpy(dtype=np.float32, na_value=np.nan) for column in columns])


def test_the_same_rows_are_the_same_numbers_for_training_and_for_the_server():
    check = consistency(ROWS, FEATURES, encode)
    assert check.passed
    assert check.finding == (
        "1,003 rows, 3 features, JSON and CSV and CSV without header: every number is the same"
    )


def test_a_model_of_many_features_is_compared_in_several_bodies(monkeypatch):
    monkeypatch.setattr("pipelines.server.rows.MAX_CELLS", 300)
    assert consistency(ROWS, FEATURES, encode).finding.startswith("1,003 rows, ")
    assert "(1,003 of 3,009 numbers differ)" in consistency(ROWS, FEATURES, other_minutes).finding


def other_minutes(rows, features):
    return encode(rows.assign(minute=rows["minute"] + 1), features)


def as_codes(rows, features):
    return encode(rows.assign(place=rows["place"].map({"a": "b", "b": "a"})), features)


def rounded(rows, features):
    return encode(rows.assign(heat=rows["heat"].round()), features)


def filled(rows, features):
    return encode(rows.assign(heat=rows["heat"].fillna(0)), features)


def swapped(rows, features):
    return encode(rows, features)[:, [0, 2, 1]]


def short(rows, features):
    return encode(rows, features)[:-1]


@pytest.mark.parametrize(
    ("other", "finding"),
    [
        (as_codes, "as JSON, place 'a' is 0 for training and 1 for the server"),
        (rounded, "as JSON, heat 71.06 is 71 for training and 71.06 for the server"),
        (filled, "as JSON, heat None is 0 for training and nan for the server"),
        (swapped, "minute"),
        (short, "training makes a tensor of (1002, 3) and the server one of (1003, 3)"),
    ],
)
def test_another_encoding_in_training_is_told_by_feature_and_value(other, finding):
    check = consistency(ROWS, FEATURES, other)
    assert not check.passed
    assert finding in check.finding


def test_a_row_that_trains_and_that_the_server_refuses_is_told():
    check = consistency(ROWS.assign(minute=75), FEATURES, encode)
    assert not check.passed
    assert "the server refuses as JSON what trains: row 0, field 'minute'" in check.finding


def test_no_row_is_no_consistency():
    assert not consistency(ROWS[:0], FEATURES, encode).passed


def test_a_lone_extreme_or_missing_value_is_in_the_sample():
    heat = np.full(100_000, 50.0)
    heat[[12_345, 23_456, 34_567]] = [-60, 130, np.nan]
    drawn = sample(pd.DataFrame({"heat": heat}))["heat"]
    assert (drawn.min(), drawn.max(), drawn.isna().sum()) == (-60, 130, 1)
    assert len(drawn) < 1_010
