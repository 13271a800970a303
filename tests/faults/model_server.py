"""A model server as a real process, with a small model trained once for all tests."""

import functools
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.flights.data import parse_month
from pipelines.flights.train import train
from sandbox.archive import unpack

DEADLINE = 90.0  # seconds for anything that a server does, on a busy machine too
JSON = {"Content-Type": "application/json"}


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def document(self):
        return json.loads(self.body)


@dataclass
class Server:
    process: subprocess.Popen
    port: int
    log: Path

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)

    def ask(self, method, path, body=None, headers=None):
        connection = self.connect()
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def ping(self):
        return self.ask("GET", "/ping")

    def invoke(self, body, headers=JSON):
        return self.ask("POST", "/invocations", body, headers)

    def stop(self):
        """SIGTERM, then the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE)


def until(condition, what):
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        if result := condition():
            return result
        time.sleep(0.02)
    pytest.fail(f"after {DEADLINE} s still not: {what}")


@contextmanager
def serving(folder, tmp_path, **environ):
    log = tmp_path / "server.log"
    settings = {
        "SM_MODEL_DIR": str(folder),
        "BIND_HOST": "127.0.0.1",
        "SAGEMAKER_BIND_TO_PORT": "0",
        "SAGEMAKER_MODEL_SERVER_WORKERS": "1",
        **environ,
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "pipelines.server", "serve"], stderr=output, env={**os.environ, **settings}
        )
    try:
        listening = re.compile(r"running on http://127\.0\.0\.1:(\d+)")
        result = until(lambda: process.poll() is not None or listening.search(log.read_text()), "listening")
        assert result is not True, log.read_text()
        yield Server(process, int(result[1]), log)
    finally:
        process.kill()
        process.wait(DEADLINE)


@functools.cache
def archive():
    """A `model.tar.gz` trained on January."""
    return train(parse_month("2013-01")).archive


def extract(folder):
    """What SageMaker does before a container starts."""
    unpack(archive(), folder)
    return folder
