"""The image's HEALTHCHECK: what `/ping` says, as an exit status."""

import http.server
import threading

import pytest

from pipelines.server import healthcheck


@pytest.fixture
def server():
    """Answers `/ping` with the status that is set, and whatever else with 404."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(served.status if self.path == "/ping" else 404)
            self.end_headers()
            self.wfile.write(b"reason")

        def log_message(self, *_):
            pass

    served = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    served.status = 200
    thread = threading.Thread(target=served.serve_forever, daemon=True)
    thread.start()
    yield served
    served.shutdown()
    served.server_close()
    thread.join()


@pytest.mark.parametrize(("status", "expected"), [(200, 0), (503, 1), (500, 1), (302, 1)])
def test_healthy_is_a_ping_with_200(server, capsys, status, expected):
    server.status = status
    assert healthcheck.main({"SAGEMAKER_BIND_TO_PORT": str(server.server_port)}) == expected
    assert capsys.readouterr().out == "reason\n"


def test_nobody_there_is_unhealthy_with_a_reason(server, capsys):
    port = server.server_port
    server.shutdown()
    server.server_close()
    assert healthcheck.main({"SAGEMAKER_BIND_TO_PORT": str(port)}) == 1
    assert capsys.readouterr().out.startswith(f"no answer on port {port}: ")


def test_a_port_that_is_none_is_unhealthy_with_a_reason(capsys):
    assert healthcheck.main({"SAGEMAKER_BIND_TO_PORT": "eighty"}) == 1
    assert "no answer on port eighty" in capsys.readouterr().out
