"""How the servers of the cluster are started."""

import re
from pathlib import Path

import pytest

from sandbox.home import Home
from sandbox.kubernetes.layout import ADDRESS, Layout, Tools
from sandbox.kubernetes.servers import control_plane, gateway

LAYOUT = Layout(Home(Path("/sandbox/kubernetes")))
SERVERS = [*control_plane(LAYOUT, Tools()), gateway(LAYOUT, Tools())]


@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)
def test_every_address_that_a_server_is_given_is_one_of_the_clusters_own_network(server):
    addresses = {match for word in server.argv for match in re.findall(r"\d+\.\d+\.\d+\.\d+(?!/)", word)}
    assert addresses <= {ADDRESS, "10.96.0.0"}
    assert not any("0.0.0.0" in word for word in server.argv)  # noqa: S104 - that is the claim


def test_the_gateway_takes_its_listening_socket_over():
    server = gateway(LAYOUT, Tools())
    assert server.environment["LISTEN_FDNAMES"] == "web"
    assert any(word.startswith("--entryPoints.web.") for word in server.argv)
