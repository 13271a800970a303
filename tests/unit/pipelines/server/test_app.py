"""What the event loop answers itself, and what is answered beside it, so that `/ping` does not wait."""

import asyncio
import threading

import numpy as np
import pytest

from pipelines.server.app import ModelServer
from pipelines.server.rows import RowReader
from pipelines.server.schema import Classes, Number, Schema, SelfCheck
from pipelines.server.settings import read_settings

CLASSES = 500
SCHEMA = Schema(
    features=(Number(name="f0", meaning="", minimum=0, maximum=1, nullable=True),),
    output=Classes(meaning="", classes=tuple(f"c{n}" for n in range(CLASSES))),
    self_check=SelfCheck({}, (0.0,) * CLASSES),
)


class Noting:
    """A model, and the writer of its answers, that note in which threads they work."""

    def __init__(self):
        self.rows = RowReader(SCHEMA)
        self.threads = set()

    def predict(self, matrix):
        self.threads.add(threading.current_thread().name)
        tensor = np.zeros((len(matrix), CLASSES), dtype=np.float32)
        return tensor, tensor.tolist()

    def json(self, outputs):
        self.threads.add(threading.current_thread().name)
        return b"[%d]" % len(outputs)

    csv = json


@pytest.fixture
def answered():
    """Sends a body; its answer and the threads that worked on it."""

    def send_(body, kind):
        server, model, sent = ModelServer(read_settings({}, cpus=1)), Noting(), []
        server._ready = model, model

        async def receive():
            return {"type": "http.request", "body": body}

        async def send(message):
            sent.append(message)

        scope = {"path": "/invocations", "method": "POST", "headers": [(b"content-type", kind)]}
        asyncio.run(server(scope, receive, send))
        return sent[1]["body"], model.threads

    return send_


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"[" + b",".join([b"{}"] * 101) + b"]", b"application/json"), (b"1\n" * 101, b"text/csv")],
)
def test_a_short_body_with_a_long_answer_is_read_and_answered_beside_the_event_loop(answered, body, kind):
    """Its answer has 50,500 numbers, and the body 300 bytes."""
    answer, threads = answered(body, kind)
    assert (answer, len(threads)) == (b"[101]", 1)
    assert threads.pop().startswith("large-body")


@pytest.mark.parametrize(("body", "kind"), [(b'{"f0":1}', b"application/json"), (b"1\n", b"text/csv")])
def test_a_row_is_answered_by_the_event_loop_itself(answered, body, kind):
    answer, threads = answered(body, kind)
    assert (answer, threads) == (b"[1]", {threading.main_thread().name})
