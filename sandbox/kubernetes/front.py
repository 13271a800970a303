"""The API server's door for clients outside: it passes requests on as they are, keeps a record, and is where faults happen."""

import contextlib
import json
import logging
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NoReturn
from urllib.parse import parse_qsl, urlsplit

import msgspec
import urllib3

from sandbox.faults import Fault, Faults, Occasion
from sandbox.holds import Held, Holds
from sandbox.home import SandboxError
from sandbox.kubernetes import refusals
from sandbox.kubernetes.api import ApiError
from sandbox.kubernetes.layout import Layout
from sandbox.kubernetes.requests import ApiRequest, caller, read
from sandbox.kubernetes.users import INSIDE

_LOG = logging.getLogger(__name__)
TOKEN = "x-sandbox-token"  # noqa: S105 - the header that shows it
KINDS = (
    *("delay", "hold", "hold_answer", "throttle", "error", "reset"),
    *("stall", "lost", "stall_answer", "reset_download"),
)
_ABORT = struct.pack("ii", 1, 0)  # SO_LINGER: a close is a reset
_CHUNK = 65536
_HOPS = {
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "host",
    "content-length",
}
_PASSED = urllib3.Timeout(connect=5, read=3600)  # a watch is quiet for as long as nothing happens

# A route of the sandbox's own, by method and path: what it answers to the query and the body, both JSON.
Route = Callable[[Mapping[str, Any]], Any]


class Made(msgspec.Struct, frozen=True):
    """A request that was made; `status` is 0 for one that was not answered."""

    n: int
    time: float
    caller: str
    verb: str
    group: str
    resource: str
    namespace: str
    name: str
    status: int


class _CutError(Exception):
    """A connection that is ended on purpose."""


class Front:
    """Serves until the process ends.

    Args:
        listening: made outside the cluster's network.
        layout: where certificates are.
        token: of whoever administers the sandbox.
        routes: of the sandbox's own, under `/sandbox/`.
    """

    def __init__(
        self, listening: socket.socket, layout: Layout, token: str, routes: Mapping[tuple[str, str], Route]
    ) -> None:
        self._token = token
        self._faults = Faults()
        self._holds = Holds()
        self._made: list[Made] = []
        self._lock = threading.Lock()
        self._routes = {
            ("GET", "/sandbox/faults"): lambda _: [
                msgspec.to_builtins(each) for each in self._faults.pending()
            ],
            ("POST", "/sandbox/faults"): self._add_fault,
            ("DELETE", "/sandbox/faults"): self._clear_faults,
            ("GET", "/sandbox/calls"): self._calls,
            ("GET", "/sandbox/held"): self._held,
            ("POST", "/sandbox/release"): lambda query: self._holds.let_go(query.get("caller", ""), on=True),
            **routes,
        }
        self._pool = urllib3.PoolManager(ca_certs=str(layout.secrets / "ca.crt"), retries=False, maxsize=64)
        server = _Server(listening, layout, self)
        threading.Thread(target=server.serve_forever, name="front", daemon=True).start()

    def answer(self, handler: "_Handler", body: bytes) -> None:
        """Answer one request, whatever becomes of it."""
        path = urlsplit(handler.path).path
        if path.startswith("/sandbox/"):
            self._own(handler, path, body)
            return
        request = read(handler.command, handler.path)
        occasion = Occasion("", request.group, request.action, caller(handler.headers.get("User-Agent", "")))
        status = 0
        try:
            status = self._deliver(handler, request, occasion, body)
        finally:
            with self._lock:
                self._made.append(
                    Made(
                        len(self._made) + 1,
                        time.time(),
                        occasion.caller,
                        request.verb,
                        request.group,
                        request.resource,
                        request.namespace,
                        request.name,
                        status,
                    )
                )

    def _deliver(self, handler: "_Handler", request: ApiRequest, occasion: Occasion, body: bytes) -> int:
        """Carry a request out, unless a fault is in the way; returns the status that was answered."""
        faults = self._faults.of_call(occasion, *KINDS)
        held = Held("", request.group, request.action, occasion.caller, ran=False)
        if "hold" in faults and not self._holds.keep(held):
            raise _CutError
        if "delay" in faults:
            time.sleep(faults["delay"].seconds)
        if "throttle" in faults:
            return handler.refuse(429, {"Retry-After": "1"})
        if "error" in faults:
            return handler.refuse(int(faults["error"].code), {})
        if "reset" in faults:
            handler.reset()
        if "stall" in faults:
            time.sleep(faults["stall"].seconds)
            raise _CutError
        try:
            with self._pass(handler, body) as response:
                if "hold_answer" in faults and not self._holds.keep(msgspec.structs.replace(held, ran=True)):
                    raise _CutError
                if "stall_answer" in faults:
                    time.sleep(faults["stall_answer"].seconds)
                    raise _CutError
                if "lost" in faults:
                    raise _CutError
                try:
                    handler.give(response, whole="reset_download" not in faults)
                except OSError:  # whoever called has gone: the answer was given all the same
                    handler.close_connection = True
                return response.status
        except urllib3.exceptions.HTTPError as error:
            _LOG.info("%s %s is not answered: %s", request.action, request.name, error)
            raise _CutError from None

    def _pass(self, handler: "_Handler", body: bytes) -> urllib3.BaseHTTPResponse:
        return self._pool.request(
            handler.command,
            INSIDE + handler.path,
            body=body or None,
            headers=urllib3.HTTPHeaderDict(
                [(name, value) for name, value in handler.headers.items() if name.lower() not in _HOPS]
            ),
            preload_content=False,
            decode_content=False,
            redirect=False,
            timeout=_PASSED,
        )

    def _own(self, handler: "_Handler", path: str, body: bytes) -> None:
        if handler.headers.get(TOKEN) != self._token:
            handler.refuse(401, {})
            return
        route = self._routes.get((handler.command, path))
        if route is None:
            handler.refuse(404, {})
            return
        query: dict[str, Any] = dict(parse_qsl(urlsplit(handler.path).query))
        try:
            answer, status = route({**query, **(json.loads(body) if body else {})}), 200
        except (ValueError, KeyError, msgspec.ValidationError, SandboxError, ApiError) as error:
            answer, status = {"message": str(error)}, 400
        handler.tell(status, json.dumps(answer).encode(), {})

    def _add_fault(self, document: Mapping[str, Any]) -> None:
        fault = msgspec.convert(document, Fault)
        if fault.kind not in KINDS:
            raise ValueError(f"{fault.kind!r} is no fault of an API server; there are {', '.join(KINDS)}")
        if fault.kind == "error" and fault.code not in {str(code) for code in refusals.REASONS}:
            raise ValueError(f"code {fault.code!r} is none of {', '.join(map(str, refusals.REASONS))}")
        self._faults.add(fault)

    def _clear_faults(self, query: Mapping[str, Any]) -> None:
        self._faults.clear(query.get("caller", ""))
        self._holds.let_go(query.get("caller", ""), on=False)

    def _calls(self, query: Mapping[str, Any]) -> list[Any]:
        with self._lock:
            return [msgspec.to_builtins(each) for each in self._made[int(query.get("since", 0)) :]]

    def _held(self, query: Mapping[str, Any]) -> list[Any]:
        held = self._holds.held(query.get("caller", ""), float(query.get("wait", 0)))
        return [msgspec.to_builtins(each) for each in held]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, listening: socket.socket, layout: Layout, front: Front) -> None:
        super().__init__(listening.getsockname(), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listening
        self.front = front
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(layout.secrets / "apiserver.crt", layout.secrets / "apiserver.key")

    def finish_request(self, request: Any, client_address: Any) -> None:
        """On the connection's own thread: a client that never shakes hands keeps nobody waiting."""
        with contextlib.suppress(OSError), self._context.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *_: object) -> None:
        """Requests are recorded by the front; a line each would fill the disk."""

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except _CutError:
            self.close_connection = True

    def _handle(self) -> None:
        self.server.front.answer(self, self._body())

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _handle  # noqa: N815 - http.server's names

    def refuse(self, status: int, headers: Mapping[str, str]) -> int:
        self.tell(status, refusals.body(status), headers)
        return status

    def tell(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def reset(self) -> NoReturn:
        """End the connection by a reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
        raise _CutError

    def give(self, response: urllib3.BaseHTTPResponse, *, whole: bool) -> None:
        """The API server's own answer, as it comes; unless `whole`, the connection is reset amid its body (of a watch, after its first event)."""
        self.send_response_only(response.status)
        for name, value in response.headers.items():
            if name.lower() not in _HOPS:
                self.send_header(name, value)
        length = response.headers.get("Content-Length")
        bare = self.command == "HEAD" or response.status in {204, 304}
        if length is not None:
            self.send_header("Content-Length", length)
        elif not bare:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if bare:
            return
        if length is not None:
            body = response.read(decode_content=False)
            self.wfile.write(body if whole else body[: len(body) // 2])
            if not whole:
                self.reset()
            return
        while chunk := response.read1(_CHUNK, decode_content=False):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            if not whole:
                self.reset()
        self.wfile.write(b"0\r\n\r\n")

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            body = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))
