"""The port of a container that is tried: chosen long before its server binds it."""

import socket
import sys

import pytest

from tools.image.container import kept_port

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere a bound port keeps the server out, too"
)


def test_a_port_that_a_container_was_given_is_nobody_elses_before_its_server_binds_it():
    with kept_port() as port, socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", port))


def test_the_containers_server_listens_there_meanwhile():
    with kept_port() as port, socket.create_server(("127.0.0.1", port)):  # which sets SO_REUSEADDR
        socket.create_connection(("127.0.0.1", port), timeout=300).close()
