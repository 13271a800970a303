"""The life of a real model server: loading, refusing to serve, draining."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import psutil
import pytest

from pipelines.flights.samples import sample
from pipelines.server import artifact
from tests.faults.model_server import DEADLINE, JSON, extract, serving, until

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def model_dir(tmp_path_factory):
    return extract(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def rows():
    return sample(50)


def linked(model_dir, folder, *names):
    """A folder with some of a model's files."""
    folder.mkdir()
    for name in names:
        (folder / name).symlink_to(model_dir / name)
    return folder


def test_ping_is_503_until_the_model_is_loaded(model_dir, tmp_path, rows):
    folder = linked(model_dir, tmp_path / "slow", artifact.METRICS_FILE, artifact.SCHEMA_FILE)
    os.mkfifo(folder / artifact.MODEL_FILE)  # whoever reads it waits for a writer
    with serving(folder, tmp_path) as server:
        answer = server.ping()
        assert (answer.status, answer.document) == (503, {"error": "loading"})
        assert server.invoke(json.dumps(rows[0])).status == 503
        (folder / artifact.MODEL_FILE).write_bytes((model_dir / artifact.MODEL_FILE).read_bytes())
        until(lambda: server.ping().status == 200, "healthy")
        assert server.invoke(json.dumps(rows[0])).status == 200


def test_a_server_that_still_loads_stops_when_told(model_dir, tmp_path):
    folder = linked(model_dir, tmp_path / "slow", artifact.METRICS_FILE, artifact.SCHEMA_FILE)
    os.mkfifo(folder / artifact.MODEL_FILE)
    with serving(folder, tmp_path) as server:
        assert server.stop() == 0


def never_healthy(server, reason):
    """Its loading has ended, the log says why, and nothing is served."""
    until(lambda: reason in server.log.read_text(), f"logged: {reason}")
    for _ in range(3):
        answer = server.ping()
        assert answer.status == 503
        assert reason in answer.document["error"]
    assert server.invoke("{}").status == 503
    assert "Traceback" not in server.log.read_text()


def test_a_corrupt_model_is_never_healthy_and_the_log_says_why(model_dir, tmp_path):
    folder = linked(model_dir, tmp_path / "corrupt", artifact.METRICS_FILE, artifact.SCHEMA_FILE)
    content = (model_dir / artifact.MODEL_FILE).read_bytes()
    (folder / artifact.MODEL_FILE).write_bytes(content[: len(content) // 2])
    with serving(folder, tmp_path) as server:
        never_healthy(server, "model.onnx is not a model that onnxruntime loads")


def test_a_model_that_is_not_the_registered_one_is_never_healthy(model_dir, tmp_path):
    with serving(model_dir, tmp_path, MODEL_SHA256="sha256:" + "0" * 64) as server:
        never_healthy(server, f"but MODEL_SHA256 asks for sha256:{'0' * 64}: refusing to serve it")


def test_a_folder_without_model_is_never_healthy(tmp_path):
    with serving(tmp_path / "nothing", tmp_path) as server:
        never_healthy(server, "No such file or directory")


def half_sent(server, body):
    """A request under way: the server has its headers and half its body."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE)
    head = f"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode() + body[: len(body) // 2])
    until(lambda: b"model_requests_in_flight 1.0" in server.ask("GET", "/metrics").body, "in flight")
    return connection


@pytest.fixture
def draining_server(model_dir, tmp_path):
    with serving(model_dir, tmp_path) as server:
        until(lambda: server.ping().status == 200, "healthy")
        yield server


def test_a_request_under_way_at_sigterm_is_answered_and_ping_turns_away_first(draining_server, rows):
    body = json.dumps(rows).encode()
    connection = half_sent(draining_server, body)
    draining_server.process.send_signal(signal.SIGTERM)
    until(lambda: draining_server.ping().status == 503, "draining")
    open_until = time.monotonic() + 0.5
    while time.monotonic() < open_until:  # uvicorn alone would close the port at its next tick, after 0.1 s
        assert draining_server.ping().status == 503
    late = draining_server.invoke(body)
    assert (late.status, late.headers["Connection"]) == (200, "close")
    connection.sendall(body[len(body) // 2 :])
    response = http.client.HTTPResponse(connection)
    response.begin()
    assert (response.status, len(json.loads(response.read())["predictions"])) == (200, len(rows))
    assert draining_server.process.wait(DEADLINE) == 0


def test_a_client_that_never_ends_its_request_does_not_hold_the_exit(model_dir, tmp_path):
    with serving(model_dir, tmp_path, DRAIN_SECONDS="1") as server:
        until(lambda: server.ping().status == 200, "healthy")
        connection = half_sent(server, b"[" * 100)
        started = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - started < 18  # by itself a server waits for 20 s
        connection.close()


def test_no_request_is_lost_when_a_server_under_load_is_told_to_stop(draining_server, rows):
    """Clients behave as a router does: they leave when an answer closes the connection, and not before."""
    body = json.dumps(rows)
    told = threading.Event()
    answered, lost = [], []

    def client():
        connection = draining_server.connect()
        try:
            while True:
                connection.request("POST", "/invocations", body, JSON)
                response = connection.getresponse()
                response.read()
                answered.append(told.is_set())
                if response.status != 200:
                    lost.append(response.status)
                if response.headers["Connection"] == "close":
                    return
        except (OSError, http.client.HTTPException) as error:
            lost.append(error)
        finally:
            connection.close()

    clients = [threading.Thread(target=client) for _ in range(8)]
    for thread in clients:
        thread.start()
    until(lambda: len(answered) > 200, "under load")
    told.set()
    assert draining_server.stop() == 0
    for thread in clients:
        thread.join(DEADLINE)
    assert not any(thread.is_alive() for thread in clients)
    assert lost == []
    assert sum(answered) >= len(clients)


def test_a_second_signal_leaves_at_once(draining_server, rows):
    connection = half_sent(draining_server, json.dumps(rows).encode())
    draining_server.process.send_signal(signal.SIGTERM)
    until(lambda: draining_server.ping().status == 503, "draining")
    assert draining_server.stop() == 0
    connection.close()


@pytest.mark.parametrize(
    ("arguments", "environ", "sentence"),
    [
        (["train"], {}, "unknown arguments 'train': write `python -m pipelines.server serve`"),
        ([], {"SAGEMAKER_BIND_TO_PORT": "http"}, "SAGEMAKER_BIND_TO_PORT='http' is not a port"),
    ],
)
def test_a_server_that_cannot_obey_ends_with_a_sentence(arguments, environ, sentence):
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.server", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE,
        env={**os.environ, **environ},
    )
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_port_that_is_taken_is_a_sentence(workers):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "pipelines.server"],
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE,
            env=os.environ
            | {
                "BIND_HOST": "127.0.0.1",
                "SAGEMAKER_BIND_TO_PORT": port,
                "SAGEMAKER_MODEL_SERVER_WORKERS": workers,
            },
        )
    assert done.returncode == 3  # uvicorn's own
    assert re.search(f"{port}.*address already in use", done.stderr, re.IGNORECASE)
    assert "Traceback" not in done.stderr


WORKERS = {"SAGEMAKER_MODEL_SERVER_WORKERS": "2"}


def workers(server):
    return sorted(child.pid for child in psutil.Process(server.process.pid).children())


def test_workers_share_the_port_count_together_and_stop_together(model_dir, tmp_path, rows):
    with serving(model_dir, tmp_path, **WORKERS) as server:
        until(lambda: server.log.read_text().count(" serving ") == 2, "both loaded")
        assert len(workers(server)) == 2
        for row in rows[:20]:
            assert server.invoke(json.dumps(row)).status == 200  # a connection each
        # The other worker may have answered and not counted yet.
        counted = 'model_requests_total{status="200"} 20.0'
        until(lambda: counted in server.ask("GET", "/metrics").body.decode(), "all counted")
        text = server.ask("GET", "/metrics").body.decode()
        assert "model_rows_total 20.0" in text
        assert "model_requests_in_flight 0.0" in text
        assert re.search(r'^model_info\{.*version="unversioned".*\} 1\.0$', text, re.MULTILINE)
        assert server.stop() == 0


def test_a_worker_that_dies_is_started_again(model_dir, tmp_path, rows):
    with serving(model_dir, tmp_path, **WORKERS) as server:
        until(lambda: server.log.read_text().count(" serving ") == 2, "both loaded")
        first = workers(server)
        os.kill(first[0], signal.SIGKILL)
        until(lambda: len(workers(server)) == 2 and workers(server) != first, "two again")
        until(lambda: server.log.read_text().count(" serving ") == 3, "loaded again")
        assert f"worker {first[0]} ended: SIGKILL" in server.log.read_text()
        assert server.invoke(json.dumps(rows[0])).status == 200
        assert "model_requests_in_flight 0.0" in server.ask("GET", "/metrics").body.decode()
        assert server.stop() == 0


def test_workers_that_drain_lose_no_request(model_dir, tmp_path, rows):
    with serving(model_dir, tmp_path, **WORKERS) as server:
        until(lambda: server.log.read_text().count(" serving ") == 2, "both loaded")
        answers = []

        def send():
            while server.ping().status == 200:  # as a router does: it turns away from who is not healthy
                answers.append(server.invoke(json.dumps(rows[0])).status)

        sending = threading.Thread(target=send)
        sending.start()
        until(lambda: len(answers) > 20, "answers")
        server.process.send_signal(signal.SIGTERM)
        sending.join(DEADLINE)
        assert server.process.wait(DEADLINE) == 0
        assert set(answers) == {200}
