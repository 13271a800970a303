import os
from pathlib import Path

import botocore.loaders
import pytest

from modeldelivery.awsmodels import models


@pytest.fixture
def listed(monkeypatch):
    """Names of the folders that botocore's loaders list, of which that of all services is `data`; no model was read before."""
    names = []
    listdir = os.listdir

    def recorded(path):
        names.append(Path(path).name)
        return listdir(path)

    models.service_model.cache_clear()
    models._session.cache_clear()
    monkeypatch.setattr(botocore.loaders.os, "listdir", recorded)
    return names


def test_the_folders_of_all_services_are_looked_through_once_for_all_models(listed):
    """There are four hundred, and to look into each takes as long as reading a model."""
    assert models.service_model("sns").service_name == "sns"
    before = listed.count("data")
    assert models.service_model("kms").service_name == "kms"
    assert listed.count("data") == before > 0


def test_a_service_that_there_is_not_has_no_model():
    assert models.service_model("nothing") is None
