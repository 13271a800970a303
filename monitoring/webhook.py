"""A webhook that prints what Alertmanager posts to it."""

import http
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec

from modeldelivery.terminal import program
from monitoring import message
from monitoring.programs import HOST


class _Receiver(BaseHTTPRequestHandler):
    """Prints what is posted."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            for line in message.lines(body):
                program.say(f"{time.strftime('%H:%M:%S')} {line}")
        except msgspec.DecodeError as error:
            program.complain("webhook", f"what was posted is no message of Alertmanager's: {error}")
            self.send_error(http.HTTPStatus.BAD_REQUEST)
            return
        sys.stdout.flush()
        self.send_response(http.HTTPStatus.OK)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Requests are no news; what they bring is printed."""


@contextmanager
def webhook() -> Iterator[str]:
    """Its address, as long as it listens."""
    with ThreadingHTTPServer((HOST, 0), _Receiver) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://{HOST}:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
