import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.training.intrinsics import IntrinsicError, Values, path_of, resolve, shown, steps_of
from tests.unit.sandbox.training.pipelines import get, join, json_get

OUTPUTS = {"Outputs": [{"OutputName": "train", "S3Output": {"S3Uri": "s3://b/train"}}]}
REPORT = '{"auc": 0.5, "slices": [{"name": "JFK", "rows": 3}], "passed": true}'


def read(step, file):
    if (step, file) != ("Evaluate", "report"):
        raise IntrinsicError("no such file")
    return REPORT


VALUES = Values(
    {"version": "v1.0.0", "trees": 150},
    {"PipelineExecutionId": "abc"},
    {"Featurize": {"ProcessingOutputConfig": OUTPUTS, "Environment": {"A B": "c"}}},
    read,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (get("Parameters.trees"), 150),
        (get("Execution.PipelineExecutionId"), "abc"),
        (get("Steps.Featurize.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri"), "s3://b/train"),
        (get('Steps.Featurize.ProcessingOutputConfig.Outputs["train"].S3Output.S3Uri'), "s3://b/train"),
        (get("Steps.Featurize.ProcessingOutputConfig.Outputs[0].S3Output.S3Uri"), "s3://b/train"),
        (get("Steps.Featurize.Environment['A B']"), "c"),
        (join("s3://b", get("Parameters.version"), get("Parameters.trees"), 0.5), "s3://b/v1.0.0/150/0.5"),
        (json_get("Evaluate", "report", "auc"), 0.5),
        (json_get("Evaluate", "report", "slices[0].rows"), 3),
        (join("AUC ", json_get("Evaluate", "report", "auc"), on=""), "AUC 0.5"),
        ({"a": [get("Parameters.version"), "x"]}, {"a": ["v1.0.0", "x"]}),
    ],
)
def test_an_intrinsic_is_replaced_by_its_value(value, expected):
    assert resolve(value, VALUES) == expected


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (get("Parameters.other"), "Parameters.other has no value"),
        (get("Execution.Weather"), "an execution has PipelineName"),
        (get("Secrets.key"), "write Parameters.NAME"),
        (get("Steps.Featurize"), "names nothing"),
        (get(["Steps", "x"]), "names nothing"),
        (get("Steps.Featurize.Outputs['train"), "is no path"),
        (
            get("Steps.Featurize.ProcessingOutputConfig.Outputs['test'].S3Output"),
            "has no ProcessingOutputConfig.Outputs.test",
        ),
        (get("Steps.Train.ModelArtifacts.S3ModelArtifacts"), "Steps.Train has no value"),
        ({"Std:Split": {"On": ",", "Value": "a,b"}}, "Get, Std:Join, Std:JsonGet are"),
        ({"Get": "Parameters.version", "Default": "x"}, "no intrinsic"),
        ({"Std:Join": {"Values": "abc"}}, "Std:Join"),
        ({"Std:Join": {"On": 1, "Values": []}}, "it is a text"),
        ({"Std:Join": {"On": "", "Values": [["a"]]}}, "can be joined"),
        ({"Std:JsonGet": {"S3Uri": "s3://b/report.json", "Path": "auc"}}, "PropertyFile"),
        ({"Std:JsonGet": {"PropertyFile": get("Steps.Evaluate.PropertyFiles.report"), "Path": ""}}, "Path"),
        (
            {"Std:JsonGet": {"PropertyFile": get("Steps.Evaluate.Report.report"), "Path": "auc"}},
            "PropertyFiles.FILE",
        ),
        (json_get("Evaluate", "report", "brier"), "has no brier"),
        (json_get("Evaluate", "report", "slices"), "not one value"),
    ],
)
def test_an_intrinsic_without_a_value_is_refused_by_name(value, text):
    with pytest.raises(IntrinsicError, match=text.replace(".", r"\.")):
        resolve(value, VALUES)


def test_steps_whose_results_a_value_needs_are_found_inside_other_intrinsics():
    value = {"a": [join("x", get("Steps.A.ModelArtifacts.S3ModelArtifacts"), json_get("B", "f", "auc"))]}
    assert steps_of(value) == {"A", "B"}


@given(st.lists(st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,8}", fullmatch=True) | st.integers(0, 99), min_size=1))
def test_a_path_is_read_as_it_is_written(parts):
    assert path_of(shown(tuple(parts))) == tuple(parts)
