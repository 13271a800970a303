"""A container for pods, as small as their contract allows: `fetch` lays no model down, `serve` says that it is ready, and of which version."""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server(BaseHTTPRequestHandler):
    def do_GET(self):
        self._answer({})

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer({"model_version": os.environ["MODEL_VERSION"]})

    def _answer(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if sys.argv[1:] == ["serve"]:
    ThreadingHTTPServer((os.environ.get("BIND_HOST", "0.0.0.0"), 8080), Server).serve_forever()  # noqa: S104 - a container's
