"""`make bench`: what the table says of what was not measured, and whose answers a load counts."""

import threading
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from benchmarks import __main__ as benchmarks
from benchmarks.load import Load, behind
from benchmarks.row import Row, SkippedError
from tools.demo.run import StepError


def met(_world):
    return [Row(what="calls", measured=4, bar=5, unit="calls", made_of="one after the other")]


def not_here(_world):
    raise SkippedError("traefik is not there: `make setup-kubernetes` makes it")


def fails(_world):
    raise StepError("`make up` failed")


@pytest.fixture
def measured(monkeypatch, capsys):
    """What `make bench` ends with and prints, of these measurements."""

    def run(**measurements):
        monkeypatch.setattr(benchmarks, "MEASUREMENTS", measurements)
        monkeypatch.setattr(benchmarks, "made", lambda: nullcontext(None))
        monkeypatch.setattr("sys.argv", ["benchmarks"])
        return benchmarks._carry_out(), capsys.readouterr().out

    return run


def test_what_is_not_on_this_machine_is_skipped_aloud_and_fails_nothing(measured):
    status, output = measured(calls=met, cluster=not_here)

    assert status == 0
    assert "skipped: cluster: traefik is not there: `make setup-kubernetes` makes it" in output


def test_what_cannot_be_measured_fails(measured):
    status, output = measured(calls=met, up=fails)

    assert status == 1
    assert "failed: up: `make up` failed" in output


OWN = ("X-Amzn-SageMaker-Custom-Attributes", "model_version=v1.0.0")
PLATFORMS = ("x-Amzn-Invoked-Production-Variant", "v1-1-0")


@pytest.mark.parametrize(
    ("headers", "variant"),
    [([OWN], "v1-0-0"), ([PLATFORMS, OWN], "v1-1-0"), ([OWN, PLATFORMS], "v1-1-0")],
)
def test_an_answer_is_the_variants_that_the_platform_names_and_else_the_servers_own(headers, variant):
    answered = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            for name, value in (*headers, ("Content-Length", "0")):
                self.send_header(name, value)
            self.end_headers()
            answered.set()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        load = Load([behind(server.server_port, "flights.example.com", b"{}", "application/json")], 1, 0.01)
        with load:
            assert answered.wait(30)
        server.shutdown()
    assert {answer.variant for answer in load.answers if answer.status} == {variant}
