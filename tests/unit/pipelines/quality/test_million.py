"""The join at the size that it is built for."""

import json
import os

import pytest

from benchmarks.measurements.label_join import COMMAND, EXPECTED
from tools.demo.run import ROOT
from tools.meter import used


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_a_million_predictions_and_a_million_labels_are_joined_exactly_in_a_gibibyte():
    taken = used(COMMAND, os.environ, ROOT, limit=850)
    told = json.loads(taken.output)
    assert told["joined"] == EXPECTED
    assert told["mistaken"] == 0
    assert told["groups"] == ["(others)", "AA", "UA"]
    assert taken.mebibytes <= 1024
