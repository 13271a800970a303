"""Where `make watch`'s programs listen."""

import socket
from pathlib import Path

import pytest

from monitoring import programs
from monitoring.programs import HOST, free_ports


@pytest.mark.skipif(
    not (kernel := Path("/proc/sys/net/ipv4/ip_local_port_range")).exists(), reason="of Linux"
)
def test_no_outgoing_connection_takes_a_port_before_its_program_listens_there():
    lowest = int(kernel.read_text().split()[0])
    assert max(free_ports(100)) < lowest


def test_each_port_is_another_and_nobody_listens_there(monkeypatch):
    first, second, third = free_ports(3)
    monkeypatch.setattr(programs, "_PORTS", (first, second, third))
    with socket.create_server((HOST, second)):
        assert sorted(free_ports(2)) == sorted((first, third))
