"""The demands are read strictly."""

import pytest

from pipelines.flights.recipe import RECIPE
from pipelines.gates.thresholds import BadThresholdsError, read
from pipelines.server.schema import Classes, Probability

LATE = Probability(event="late", meaning="late", threshold=0.3)


def test_the_gates_of_flights_have_the_names_of_their_keys():
    assert read(RECIPE.thresholds, LATE).gates == (
        "size",
        "limits.auc",
        "limits.calibration_error",
        "margins.auc",
        "margins.log_loss",
        "latency",
    )


@pytest.mark.parametrize(
    ("was", "now", "sentence"),
    [
        ("latency = 1.5", "latncy = 1.5", "latncy"),
        ("latency = 1.5", "latency = -1", "latency"),
        ("latency = 1.5", "latency = inf", "latency is inf"),
        ("rows = 500", "", "rows"),
        ("rows = 500", "rows = 0", "rows"),
        ("blocks = 20", "blocks = 5", "blocks"),
        ("least = 0.58, ", "least = 0.95, ", "least not above most"),
        ("least = 0.58, most = 0.9", "", "write least, most or both"),
        ("most = 0.15", "most = nan", "finite"),
        ("overall = 0.03", "overall = -0.03", "margins"),
        ("overall = 0.03", "overall = inf", "a margin is a finite number"),
        (
            "[margins.auc]",
            "[margins.f1]",
            "margins.f1: no such metric of this output; there are auc, log_loss",
        ),
        ("[limits.auc]", "[limits.accuracy]", "limits.accuracy: no such metric"),
        ("[size]", "[size", "toml"),
    ],
)
def test_a_file_with_a_mistake_is_refused_by_file_and_key(thresholds_file, was, now, sentence):
    text = thresholds_file.read_text()
    assert was in text
    thresholds_file.write_text(text.replace(was, now, 1))
    with pytest.raises(BadThresholdsError) as refused:
        read(thresholds_file, LATE)
    assert str(thresholds_file) in str(refused.value)
    assert sentence.lower() in str(refused.value).lower()


def test_a_file_without_a_limit_or_a_margin_is_refused(thresholds_file):
    start = thresholds_file.read_text().partition("[limits")[0]
    thresholds_file.write_text(start + "limits = {}\nmargins = {}\n")
    with pytest.raises(BadThresholdsError):
        read(thresholds_file, LATE)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(BadThresholdsError, match=r"none\.toml: No such file"):
        read(tmp_path / "none.toml", LATE)


def test_metrics_of_another_output_are_refused():
    with pytest.raises(BadThresholdsError, match="there are accuracy, log_loss, calibration_error"):
        read(RECIPE.thresholds, Classes(meaning="kind", classes=("a", "b")))
