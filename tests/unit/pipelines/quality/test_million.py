"""The join at the size that it is built for."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_a_million_predictions_and_a_million_labels_are_joined_exactly_in_a_gibibyte():
    command = [sys.executable, "-m", "tests.unit.pipelines.quality.million"]
    output = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)
    joined = output["joined"]
    assert (joined["cases"], joined["unlabelled"], joined["unanswered"]) == (500_000, 500_000, 500_000)
    assert (joined["repeated_predictions"], joined["repeated_labels"]) == (10_000, 10_000)
    assert output["right"]
    assert output["mebibytes"] <= 1024
