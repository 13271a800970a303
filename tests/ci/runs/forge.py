"""GitHub and GitLab as the comment sees them: an address at which comments are listed and written."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def forge():
    """Serve one; `(url, comments)`, the comments as they come in."""
    comments = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            path = self.path.partition("?")[0]
            listed = path.endswith(("/comments", "/notes"))
            self.answer([] if listed else {"id": 7, "iid": 7, "number": 7, "url": url + path, "web_url": url})

        def do_POST(self):
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            comments.append(sent["body"])
            self.answer({"id": 1, "html_url": url, **sent}, 201)

        def answer(self, body, status=200):
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield url, comments
    finally:
        server.shutdown()
        server.server_close()
