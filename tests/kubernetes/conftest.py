"""One cluster for all tests of a run, and a namespace for each; skipped aloud where `make setup-kubernetes` was not run."""

import fcntl
import os

import pytest

from sandbox.kubernetes.layout import Tools
from tests.kubernetes.cluster import Cluster


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """Shared by all workers: the first starts it, and the last ends it."""
    if missing := Tools().missing():
        pytest.skip(f"no Kubernetes here ({missing[0].name}): `make setup-kubernetes` makes it")
    base = tmp_path_factory.getbasetemp()
    home = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "cluster"
    home.parent.mkdir(exist_ok=True)
    with home.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        started = Cluster(home)
        started.run("up")
        yield started
        fcntl.flock(lock, fcntl.LOCK_UN)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # another worker is at it
        started.run("down")


@pytest.fixture(scope="session")
def echo(cluster):
    """The image of the echo container."""
    return cluster.image()


@pytest.fixture
def namespace(cluster):
    made = cluster.namespace()
    yield made
    made.delete()
