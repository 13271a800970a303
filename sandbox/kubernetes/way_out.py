"""The way from the cluster's network to the AWS sandbox: what its Pods send to 127.0.0.1 at AWS' port arrives at AWS' port.

A socket stays in the network in which it was made. So one that listens is made inside and handed to a process that stayed outside:
it takes connections of the one network and makes connections of the other. A Pod's requests are thus as they would be outside, the
name of the host and the signature too.
"""

import asyncio
import contextlib
import socket
import subprocess
import sys
import threading

_MODULE = "sandbox.kubernetes.way_out"
_CHUNK = 65536
_LONGEST = 16  # bytes of a port


class WayOut:
    """Made before this process enters the cluster's network; its other half ends with this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: set[int] = set()
        self._own, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with other:
            self._process = subprocess.Popen(
                [sys.executable, "-m", _MODULE, str(other.fileno())],
                pass_fds=[other.fileno()],
                stdin=subprocess.DEVNULL,
            )

    def open(self, port: int) -> None:
        """Have connections to this port of the cluster's loopback made to the same port outside. Raises OSError."""
        with self._lock:
            if port in self._open:
                return
            with socket.create_server(("127.0.0.1", port)) as listening:
                socket.send_fds(self._own, [str(port).encode()], [listening.fileno()])
            self._open.add(port)

    def close(self) -> None:
        """End the other half."""
        self._own.close()
        self._process.wait()


async def carry(control: socket.socket) -> None:
    """The other half: serve each listening socket that comes, until nobody sends any more."""
    loop, ended, servers = asyncio.get_running_loop(), asyncio.Event(), []

    def take() -> None:
        text, handles, _, _ = socket.recv_fds(control, _LONGEST, 1)
        if not handles:
            ended.set()
            return
        port, listening = int(text), socket.socket(fileno=handles[0])
        started = asyncio.start_server(lambda reader, writer: _relay(reader, writer, port), sock=listening)
        servers.append(loop.create_task(started))

    loop.add_reader(control, take)
    await ended.wait()
    loop.remove_reader(control)


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    try:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        writer.transport.abort()  # nobody listens there: the Pod sees its connection broken
        return
    await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One direction, to its end; whichever side breaks off, the other hears of it."""
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
    writer.close()


if __name__ == "__main__":
    asyncio.run(carry(socket.socket(fileno=int(sys.argv[1]))))
