import msgspec
import pandas as pd
import pytest

from pipelines import examples
from pipelines.examples import BadExamplesError

FRAME = pd.DataFrame(
    {
        "place": ["a", None, "b"],
        "miles": [1.5, float("nan"), 3.0],
        "label": [True, False, True],
        "block": ["1", "1", "2"],
        "slice.place": ["a", "other", "b"],
    }
)
ORIGIN = {"model": "trips", "data_revision": "sha256:" + "0" * 64, "parameters": {"until": "2020-01"}}


def test_examples_read_as_they_were_written(tmp_path):
    written = examples.write(tmp_path, FRAME, **ORIGIN)
    frame, record = examples.read(tmp_path, "trips")
    assert record == written
    assert (record.rows, record.parameters) == (3, {"until": "2020-01"})
    pd.testing.assert_frame_equal(frame, FRAME)
    assert examples.feature_names(frame) == ("place", "miles")
    assert examples.dimensions(frame) == ("place",)


def test_the_same_rows_are_the_same_bytes(tmp_path):
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        examples.write(tmp_path / name, FRAME.copy(), **ORIGIN)
    for file in ("examples.parquet", "examples.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "other" / file).read_bytes()


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (FRAME[:0], "there is no row"),
        (FRAME.drop(columns="label"), "column label is missing"),
        (FRAME.drop(columns="block"), "column block is missing"),
        (FRAME.drop(columns=["place", "miles"]), "there is no feature"),
        (FRAME.drop(columns="slice.place"), "there is no column slice.<dimension>"),
        (FRAME.assign(label=[True, None, None]), "column label is missing in 2 of 3 rows"),
        (FRAME.assign(**{"slice.place": ["a", None, "b"]}), "column slice.place is missing in 1 of 3 rows"),
    ],
)
def test_a_frame_that_is_no_examples_is_not_written(tmp_path, frame, reason):
    with pytest.raises(BadExamplesError, match=reason):
        examples.write(tmp_path, frame, **ORIGIN)


@pytest.mark.parametrize(
    ("file", "change", "reason"),
    [
        ("examples.parquet", lambda path: path.unlink(), "examples.parquet: No such file"),
        ("examples.parquet", lambda path: path.write_bytes(path.read_bytes()[:-9]), "changed or cut short"),
        ("examples.json", lambda path: path.unlink(), "examples.json: No such file"),
        ("examples.json", lambda path: path.write_bytes(path.read_bytes()[:-9]), "examples.json: "),
    ],
)
def test_examples_that_are_not_whole_are_refused_by_file(tmp_path, file, change, reason):
    examples.write(tmp_path, FRAME, **ORIGIN)
    change(tmp_path / file)
    with pytest.raises(BadExamplesError, match=reason):
        examples.read(tmp_path, "trips")


def test_examples_with_fewer_rows_than_recorded_are_refused(tmp_path):
    record = examples.write(tmp_path, FRAME, **ORIGIN)
    (tmp_path / "examples.json").write_bytes(msgspec.json.encode(msgspec.structs.replace(record, rows=4)))
    with pytest.raises(BadExamplesError, match=r"3 rows, but examples\.json says 4"):
        examples.read(tmp_path, "trips")


def test_examples_of_another_model_are_refused(tmp_path):
    examples.write(tmp_path, FRAME, **ORIGIN)
    with pytest.raises(BadExamplesError, match="these are examples of trips, not of flights"):
        examples.read(tmp_path, "flights")
