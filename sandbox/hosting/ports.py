"""Ports of loopback for containers. A server binds its port long after it was chosen: until it ends the port is nobody else's."""

import random
import socket
import sys
import threading
from collections.abc import Sequence

from sandbox.hosting.container import ContainerError

# Below the kernel's range for outgoing connections, so that no client's socket takes a port between our look and the
# server's bind.
_RANGE = range(20_000, 32_000)


class Ports:
    """Gives ports out, each to one holder at a time: of this sandbox, and on Linux of every sandbox of this machine."""

    def __init__(self, ports: Sequence[int] = _RANGE) -> None:
        self._ports = ports
        self._claims: dict[int, socket.socket] = {}
        self._lock = threading.Lock()

    def take(self) -> int:
        """A port at which nobody listens, and which nobody else is given; raises ContainerError when there is none."""
        for port in random.sample(self._ports, len(self._ports)):
            with self._lock:
                if port not in self._claims and _is_free(port) and (claim := _claim(port)):
                    self._claims[port] = claim
                    return port
        raise ContainerError("no free port for a container")

    def give_back(self, port: int) -> None:
        """Its server has ended, or never began; a port that was not given out stays as it is."""
        with self._lock:
            if claim := self._claims.pop(port, None):
                claim.close()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _claim(port: int) -> socket.socket | None:
    """What holds a port's name until it is closed, or its process ends; None where another process holds it.

    A name of Linux's abstract namespace is one of the network namespace, as the port is.
    """
    claim = socket.socket(socket.AF_UNIX)
    if sys.platform != "linux":
        return claim
    try:
        claim.bind(f"\0model-delivery-port-{port}")
    except OSError:
        claim.close()
        return None
    return claim
