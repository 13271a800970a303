"""Where a context of the kubeconfig leads, known before anything is sent there."""

import pytest

from modeldelivery.plugin.protocol import ProviderError
from modeldelivery.provider.cluster import get_cluster
from tests.unit.release.kubernetes.test_kubeconfig import written

SERVER = "https://kubernetes.edge.example.com"


@pytest.fixture(autouse=True)
def kubeconfig(tmp_path, monkeypatch):
    """Two contexts: `edge`, by a tunnel, and `other`."""
    tunnel = {"server": "https://127.0.0.1:9443", "tls-server-name": "kubernetes.edge.example.com"}
    edge = written(tmp_path, "edge", context="edge", cluster=tunnel)
    other = written(tmp_path, "other", context="other", cluster={"server": "https://other.example.com"})
    monkeypatch.setenv("KUBECONFIG", f"{edge}:{other}")


def test_a_context_that_leads_to_the_cluster_is_told_with_its_address():
    assert get_cluster({"context": "edge", "server": SERVER}) == {"address": "https://127.0.0.1:9443"}


@pytest.mark.parametrize(
    ("context", "why"),
    [
        ("other", r"context 'other' leads to https://other\.example\.com, and only https://kubernetes\.edge"),
        ("nowhere", "there is no context 'nowhere'"),
    ],
)
def test_any_other_is_refused(context, why):
    with pytest.raises(ProviderError, match=why):
        get_cluster({"context": context, "server": SERVER})


def test_without_a_kubeconfig_it_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    with pytest.raises(ProviderError, match="there is no kubeconfig"):
        get_cluster({"context": "edge", "server": SERVER})
