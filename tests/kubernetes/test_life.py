"""How a cluster begins and ends; one of its own, since it does so here."""

import json

import psutil
import pytest

from sandbox.kubernetes.layout import Tools
from tests.kubernetes.cluster import Cluster, until


@pytest.fixture
def own(tmp_path):
    if missing := Tools().missing():
        pytest.skip(f"no Kubernetes here ({missing[0].name}): `make setup-kubernetes` makes it")
    made = Cluster(tmp_path / "sandbox")
    yield made
    made.run("down", check=False)


def test_nothing_outlives_a_cluster_and_the_next_one_has_its_addresses(own):
    own.run("up")
    before, pids = own.status(), processes(own)
    own.run("down")
    assert [pid for pid in pids if psutil.pid_exists(pid)] == []
    assert "does not run" in own.run("status", check=False).stderr
    own.run("up")
    after, pids = own.status(), processes(own)
    assert (after["api"], after["gateway"]) == (before["api"], before["gateway"])
    psutil.Process(daemon(own)).kill()
    until(lambda: [pid for pid in pids if psutil.pid_exists(pid)] == [])


def daemon(cluster):
    return json.loads(cluster.layout.home.daemon.read_text())["pid"]


def processes(cluster):
    """Everything that a cluster has started."""
    return [each.pid for each in psutil.Process(daemon(cluster)).children(recursive=True)]
