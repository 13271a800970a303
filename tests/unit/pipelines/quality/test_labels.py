"""What became of cases, out of files of ground truth."""

import pytest

from pipelines import ground_truth
from pipelines.ground_truth import GroundTruthError, Truth
from pipelines.quality import labels
from tests.unit.pipelines.quality.conftest import OUTPUTS, days

PLACE = "labels/2013/10/01/06/part.jsonl"


def read(kind, *values, place=PLACE):
    lines = ground_truth.encode(Truth(inference=str(n), row=n, value=value) for n, value in enumerate(values))
    return labels.read([(place, lines)], OUTPUTS[kind])


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        ("probability", ["1", "0", "true", "FALSE", " 1 "], [True, False, True, False, True]),
        ("classes", ["virginica", "setosa"], [1, 0]),
        ("quantity", ["-3.5", "12", "1e3"], [-3.5, 12, 1000]),
    ],
)
def test_labels_are_read_as_the_models_output_has_them(kind, values, expected):
    result = read(kind, *values)
    assert result.labels.tolist() == expected
    assert result.cases.row.tolist() == list(range(len(values)))
    assert result.days.tolist() == [days("2013-10-01")] * len(values)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("probability", "2"),
        ("probability", ""),
        ("probability", "yes"),
        ("classes", "rose"),
        ("quantity", "nan"),
        ("quantity", "many"),
    ],
)
def test_a_label_that_is_none_of_the_output_is_refused_with_its_file(kind, value):
    good = {"probability": "1", "classes": "setosa", "quantity": "3"}[kind]
    with pytest.raises(GroundTruthError, match=rf"^{PLACE}: .*{value}"):
        read(kind, good, value)


def test_no_file_is_no_label():
    assert labels.read([], OUTPUTS["probability"]).labels.tolist() == []
