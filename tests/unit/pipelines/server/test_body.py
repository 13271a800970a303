import asyncio

import pytest

from pipelines.server import body
from pipelines.server.answers import AnswerWriter
from pipelines.server.app import ModelServer
from pipelines.server.body import MAX_BODY_BYTES, ClientLeftError, TooLargeError, read_body
from pipelines.server.settings import read_settings

SOON = 0.02  # seconds
FOREVER = 60.0  # seconds after which something waits on


def piece(data, *, more=False):
    return {"type": "http.request", "body": data, "more_body": more}


def receiving(*messages):
    """ASGI's `receive`: a message each time, and after the last one it waits for ever. None: a turn of the loop passes."""
    left = iter(messages)

    async def receive():
        for message in left:
            if message is not None:
                return message
            await asyncio.sleep(0)
        return await asyncio.Event().wait()

    return receive


def run(work):
    """What `work` returns; fails where it would wait on."""

    async def bounded():
        task = asyncio.create_task(work)
        await asyncio.wait({task}, timeout=FOREVER)
        assert task.done(), "it still waits"
        return task.result()

    return asyncio.run(bounded())


async def whole(receive, length=0):
    body = read_body(receive, length)
    return body if isinstance(body, bytes) else await body


def read(*messages, length=0):
    return run(whole(receiving(*messages), length))


@pytest.fixture
def soon(monkeypatch):
    monkeypatch.setattr(body, "BODY_SECONDS", SOON)


@pytest.mark.parametrize(
    "messages",
    [
        [piece(b"abc")],
        [piece(b"a", more=True), piece(b"bc")],
        [None, piece(b"a", more=True), None, None, piece(b"bc", more=True), piece(b"")],
    ],
)
def test_a_body_is_its_pieces_whenever_they_arrive(messages):
    assert read(*messages) == b"abc"


def test_a_body_that_is_there_with_its_headers_is_not_waited_for():
    assert read_body(receiving(piece(b"abc")), 3) == b"abc"


@pytest.mark.parametrize("arrived", [[], [None], [piece(b"a", more=True)], [None, piece(b"a", more=True)]])
@pytest.mark.usefixtures("soon")
def test_a_body_that_does_not_arrive_in_time_is_given_up_from_its_first_piece_on(arrived):
    with pytest.raises(TimeoutError):
        read(*arrived)


@pytest.mark.usefixtures("soon")
def test_pieces_that_keep_coming_do_not_lengthen_the_time():
    async def receive():
        await asyncio.sleep(SOON / 4)
        return piece(b"a", more=True)

    with pytest.raises(TimeoutError):
        run(whole(receive))


@pytest.mark.usefixtures("soon")
def test_what_waits_for_a_body_ends_with_it():
    ended = []

    async def receive():
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("receive")

    with pytest.raises(TimeoutError):
        run(whole(receive))
    assert ended == ["receive"]


def test_a_client_that_leaves_ends_the_wait():
    with pytest.raises(ClientLeftError):
        read(None, piece(b"a", more=True), {"type": "http.disconnect"})


def test_a_body_is_bounded_by_what_it_says_and_by_what_it_is():
    with pytest.raises(TooLargeError, match=f"{MAX_BODY_BYTES + 1} bytes is"):
        read(length=MAX_BODY_BYTES + 1)
    with pytest.raises(TooLargeError, match="or more"):
        read(piece(bytes(MAX_BODY_BYTES), more=True), piece(b"a", more=True))


@pytest.mark.usefixtures("soon")
def test_a_request_whose_body_never_comes_is_answered_with_408(model):
    server = ModelServer(read_settings({}, cpus=1))
    server._ready = model, AnswerWriter(model.schema.output, "v1.0.0")
    sent = []

    async def send(message):
        sent.append(message)

    headers = [(b"content-type", b"application/json"), (b"content-length", b"10")]
    scope = {"path": "/invocations", "method": "POST", "headers": headers}
    run(server(scope, receiving(), send))
    assert sent[0]["status"] == 408
