"""`java_matches.json` was made by Java 17 itself: for each pattern of the services in use, which of the values
`Pattern.matches` takes, as a row of 0 and 1."""

import json
import time
from pathlib import Path

import pytest

from modeldelivery.awsmodels import pattern as patterns
from modeldelivery.awsmodels.models import service_model
from modeldelivery.awsmodels.pattern import UnsupportedPatternError, compiled, matches, translated

JAVA = json.loads(Path(__file__).with_name("java_matches.json").read_text())
SERVICES = (
    "application-autoscaling",
    "cloudwatch",
    "ecr",
    "events",
    "iam",
    "kms",
    "logs",
    "resourcegroupstaggingapi",
    "s3",
    "sagemaker",
    "sns",
    "sts",
)


def test_what_java_matches_is_matched_and_nothing_else():
    differences = [
        (pattern, value, taken)
        for pattern, row in JAVA["patterns"].items()
        for value, taken in zip(JAVA["values"], row, strict=True)
        if matches(pattern, value) != (taken == "1")
    ]
    assert differences == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_pattern_of_a_service_is_understood(service):
    shapes = service_model(service)._service_description["shapes"].values()
    for pattern in {shape["pattern"] for shape in shapes if "pattern" in shape}:
        compiled(pattern)


@pytest.mark.parametrize("pattern", [r"[a-z&&[^b]]", r"[a[bc]]", r"\h", r"\Qa\E", r"(a)\1", r"\p{IsGreek}"])
def test_what_is_not_known_of_javas_syntax_is_said(pattern):
    with pytest.raises(UnsupportedPatternError):
        translated(pattern)


def test_a_pattern_that_backtracks_without_end_takes_nothing(monkeypatch):
    monkeypatch.setattr(patterns, "_SECONDS", 0.05)
    begun = time.monotonic()
    assert not matches("(a|aa)+b", "a" * 60)
    assert time.monotonic() - begun < 60
