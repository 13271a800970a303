"""Ports of containers: between a choice and the server's bind nobody else is given the same."""

import socket

import pytest

from sandbox.hosting.container import ContainerError
from sandbox.hosting.ports import Ports

TWO = (20_001, 20_002)


@pytest.fixture
def ports():
    made = Ports(TWO)
    yield made
    for port in TWO:
        made.give_back(port)


def test_a_port_that_was_given_out_and_is_not_bound_yet_is_given_to_no_other_container(ports):
    assert {ports.take(), ports.take()} == set(TWO)
    with pytest.raises(ContainerError, match="no free port"):
        ports.take()


def test_nor_to_one_of_another_sandbox(ports):
    ports.take()
    other = Ports(TWO)
    left = other.take()
    with pytest.raises(ContainerError, match="no free port"):
        other.take()
    other.give_back(left)


def test_a_port_that_was_given_back_is_given_out_again(ports):
    ports.take()
    second = ports.take()
    ports.give_back(second)
    assert ports.take() == second


def test_a_port_at_which_somebody_listens_is_not_given_out():
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ContainerError):
        Ports([taken.getsockname()[1]]).take()
