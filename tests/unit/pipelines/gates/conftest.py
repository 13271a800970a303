import pytest

from pipelines.gates.expectations import Validator


@pytest.fixture(scope="session")
def validator():
    return Validator()
