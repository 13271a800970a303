"""One cluster for all tests of a run, and a namespace for each; skipped aloud where `make setup-kubernetes` was not run."""

import fcntl
import itertools
import os
from contextlib import contextmanager
from functools import cache

import pytest

from modeldelivery.release.aws.session import open_account
from sandbox.kubernetes.layout import Tools
from tests.conftest import Sandbox
from tests.faults.conftest import outcomes  # noqa: F401 - a fixture
from tests.faults.delivery import A, B, C
from tests.kubernetes.cluster import Cluster
from tests.kubernetes.delivery import Both, Hosted, delivered, deployed

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def tools():
    """What `make setup-kubernetes` makes is there."""
    if missing := Tools().missing():
        pytest.skip(f"no Kubernetes here ({missing[0].name}): `make setup-kubernetes` makes it")


@pytest.fixture(scope="package")
def cluster(tools, tmp_path_factory):  # noqa: ARG001 - with these tools
    """Shared by all workers: the first starts it, and the last that has a test of it ends it. Its servers are not to be disturbed."""
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
        Sandbox(home).run("down")  # whoever used AWS beside it ends with it


@pytest.fixture(scope="package")
def aws(cluster):
    """The AWS sandbox around the cluster, whose images and roles its Pods have."""
    around = Sandbox(cluster.home)
    around.run("up")
    return around


@pytest.fixture(scope="module")
def environments(cluster):
    """The committed environments on the cluster are one module's at a time: their names are what makes them one."""
    with (cluster.home.parent / "environments.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="package")
def echo(cluster):
    """The image of the echo container."""
    return cluster.image()


@pytest.fixture
def namespace(cluster):
    made = cluster.namespace()
    yield made
    made.delete()


@pytest.fixture(scope="module")
def hosted(sandbox, cluster, echo):
    """A namespace in which A, B and C are served, for many routes; this very process is in both sandboxes, as the provider's is."""
    namespace = cluster.namespace()
    deployed(namespace, echo, A, B, C)
    with entered(sandbox, cluster):
        yield Hosted(Both(sandbox, cluster), namespace)
    namespace.delete()


@contextmanager
def entered(sandbox, cluster):
    """This process's environment while the block runs: AWS' sandbox, and a kubeconfig that leads to the cluster."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in sandbox.env.items():
            if name.startswith("AWS_"):
                patch.setenv(name, value)
        patch.setenv("KUBECONFIG", str(cluster.layout.kubeconfig))
        patch.setattr("modeldelivery.provider.resource.open_account", cache(open_account))
        yield


@pytest.fixture(scope="module")
def fresh(hosted):
    """Makes a route on which A serves, after B: `fresh()`. Workers share the cluster, whose faults know a program by its route."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    return lambda **options: delivered(hosted, f"r-{worker}-{next(_numbers)}", **options)
