"""The port of the AWS calls: it can be gone for a while, and a connection can end as networks end them.

werkzeug closes a connection after each answer, so that every call is a connection of its own.
"""

import contextlib
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Literal

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import ThreadedWSGIServer

HOST = "127.0.0.1"
_ABORT = struct.pack("ii", 1, 0)  # SO_LINGER: a close is a reset, and what was not sent is lost
_QUEUE = 3  # connections that nobody accepts; from the second on the kernel answers no further one

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Away = Literal["refused", "silent"]


class CutError(ConnectionAbortedError):
    """A connection that is ended on purpose."""


def cut(environ: dict[str, Any], *, reset: bool) -> CutError:
    """To be raised from the application: the connection then ends without an answer, or without the rest of it."""
    connection: socket.socket = environ["werkzeug.socket"]
    if reset:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
    else:
        connection.shutdown(socket.SHUT_RDWR)
    return CutError("a fault was asked for")


class Listener:
    """Serves an application on a port of loopback until it is closed. Raises OSError when the port is taken.

    Attributes:
        port: any free one for 0.
    """

    def __init__(self, port: int, application: Application) -> None:
        self._application = application
        self.port = port or _free_port()
        self._until = 0.0  # monotonic: when an outage ends
        self._lock = threading.Lock()
        # Bound and not listening, it keeps the port during an outage: connecting is refused, and nobody else takes it.
        self._placeholder = _bound(self.port) if sys.platform == "linux" else None
        self._server = self._open()

    def away(self, seconds: float, kind: Away) -> None:
        """Return when nobody can connect any more; from then on it lasts so many seconds, or as long as an earlier one.

        Raises ValueError where the kernel cannot do that.
        """
        if self._placeholder is None:
            raise ValueError("connections can be refused or dropped on Linux only")
        with self._lock:
            under_way = self._until > time.monotonic()
            self._until = max(self._until, time.monotonic() + seconds)
            if under_way:
                return
            self._close_server()
            queue = _silence(self._placeholder) if kind == "silent" else []
        threading.Thread(target=self._come_back, args=[queue], name="outage", daemon=True).start()

    def close(self) -> None:
        self._close_server()
        if self._placeholder:
            self._placeholder.close()

    def _come_back(self, queue: list[socket.socket]) -> None:
        assert self._placeholder is not None
        while (left := self._until - time.monotonic()) > 0:
            time.sleep(left)
        with self._lock:
            for waiting in queue:
                waiting.close()
            if queue:
                self._placeholder.shutdown(socket.SHUT_RDWR)  # bound still
            self._server = self._open()

    def _open(self) -> "_Server":
        with _bound(self.port) as listening:
            listening.listen(_Server.request_queue_size)
            server = _Server(HOST, self.port, self._application, _Handler, fd=listening.fileno())
        threading.Thread(target=server.serve_forever, name="gateway", daemon=True).start()
        return server

    def _close_server(self) -> None:
        with contextlib.suppress(OSError):  # macOS: the next line is enough there, and slower
            self._server.socket.shutdown(socket.SHUT_RDWR)
        self._server.shutdown()


class _Handler(MotoRequestHandler):
    def log_request(self, *_: object) -> None:
        """Calls are recorded by the gateway; a line each would fill the disk."""

    def connection_dropped(self, error: BaseException, environ: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Without it the next request of a connection that is gone would be waited for."""
        self.close_connection = True


class _Server(ThreadedWSGIServer):
    def shutdown_request(self, request: Any) -> None:
        """A connection that is to be reset gets no orderly end first."""
        if request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, len(_ABORT)) == _ABORT:
            self.close_request(request)
        else:
            super().shutdown_request(request)


def _bound(port: int) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((HOST, port))
    except OSError:
        made.close()
        raise
    return made


def _free_port() -> int:
    # Bound again by its number: a port that the kernel chose would be let go at the first `shutdown`.
    with _bound(0) as probe:
        port: int = probe.getsockname()[1]
    return port


def _silence(placeholder: socket.socket) -> list[socket.socket]:
    """Listen and never accept: the kernel then leaves everyone else without an answer."""
    placeholder.listen(0)
    queue = []
    for _ in range(_QUEUE):
        waiting = socket.socket()
        waiting.setblocking(False)  # noqa: FBT003 - it takes no names
        waiting.connect_ex(placeholder.getsockname())
        queue.append(waiting)
    return queue
