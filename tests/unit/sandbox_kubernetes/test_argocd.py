"""How Argo CD is started in the sandbox's cluster."""

from pathlib import Path

import pytest

from sandbox.home import Home, SandboxError
from sandbox.kubernetes import argocd
from sandbox.kubernetes.layout import ADDRESS, Layout, Tools


@pytest.fixture
def layout(tmp_path):
    return Layout(Home(tmp_path))


def test_without_redis_a_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(argocd.shutil, "which", lambda _: None)
    with pytest.raises(SandboxError, match="apt-get install redis-server"):
        argocd.required()


def test_every_server_of_argo_cd_listens_inside_the_clusters_network_alone(layout):
    redis, repo, controller = argocd.servers(layout, Tools(), Path("/usr/bin/redis-server"))
    assert redis.argv[1:3] == ("--bind", "127.0.0.1")
    assert f"--address={ADDRESS}" in repo.argv
    assert "--redis=127.0.0.1:6379" in controller.argv
    assert [server.name for server in (redis, repo, controller)] == list(argocd.NAMES)


def test_argo_cd_is_a_user_of_its_own_and_finds_the_cluster_by_that_users_kubeconfig(layout):
    _, _, controller = argocd.servers(layout, Tools(), Path("/usr/bin/redis-server"))
    assert controller.environment["KUBECONFIG"] == str(layout.inside("argocd"))
    assert controller.environment["ARGOCD_FAKE_IN_CLUSTER"] == "true"
