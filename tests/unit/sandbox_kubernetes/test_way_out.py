"""The way out of the cluster's network: bytes in both directions, and an end that each side hears of."""

import asyncio
import socket
import threading

import pytest

from sandbox.kubernetes.way_out import carry


@pytest.fixture
def way():
    """The other half in a thread; sends it a socket that listens, and the port that it leads to."""
    own, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    thread = threading.Thread(target=lambda: asyncio.run(carry(other)))
    thread.start()

    def opened(port):
        with socket.create_server(("127.0.0.1", 0)) as listening:
            socket.send_fds(own, [str(port).encode()], [listening.fileno()])
            return listening.getsockname()

    yield opened
    own.close()
    thread.join(10)
    assert not thread.is_alive()
    other.close()


def test_what_is_sent_inside_arrives_outside_and_the_answer_comes_back(way):
    with socket.create_server(("127.0.0.1", 0)) as server:
        inside = way(server.getsockname()[1])
        with socket.create_connection(inside, timeout=10) as client:
            outside, _ = server.accept()
            with outside:
                client.sendall(b"GET / HTTP/1.1\r\n")
                assert outside.recv(100) == b"GET / HTTP/1.1\r\n"
                outside.sendall(b"x" * 200_000)
                outside.shutdown(socket.SHUT_WR)
                received = b""
                while data := client.recv(65536):
                    received += data
                assert received == b"x" * 200_000


def test_where_nobody_listens_outside_the_connection_breaks(way):
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = server.getsockname()[1]
    with socket.create_connection(way(free), timeout=10) as client:
        try:
            client.sendall(b"x")
            assert client.recv(1) == b""
        except ConnectionError:
            return  # reset: it is as well


def test_several_ports_are_carried_at_once(way):
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        for server in (one, two):
            with socket.create_connection(way(server.getsockname()[1]), timeout=10) as client:
                outside, _ = server.accept()
                with outside:
                    client.sendall(b"x")
                    assert outside.recv(1) == b"x"
