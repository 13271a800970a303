"""Requests are sent at their time, whatever became of those before."""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from modeldelivery.release.core.probes import Request
from modeldelivery.release.stream import AT_ONCE, Stream
from modeldelivery.release.stream_ports import Reply

ROW, OTHER = (Request(body=body, content_type="text/csv") for body in (b"1", b"2"))
RATE = 200  # a second
SOON = 30.0  # seconds


class Silent:
    """Answers nothing until it is let go."""

    def __init__(self, until):
        self.until, self.sent = until, []
        self.enough, self.go = threading.Event(), threading.Event()

    def send(self, request):
        self.sent.append(request)
        if len(self.sent) >= self.until:
            self.enough.set()
        self.go.wait(SOON)
        return Reply(200, "v1-0-0")


def test_requests_go_on_while_none_of_them_is_answered():
    silent = Silent(until=10)
    with Stream(silent, [ROW, OTHER], RATE, time) as stream:
        assert silent.enough.wait(SOON)
        silent.go.set()
        answers = stream.settled()
    assert silent.sent[:4] == [ROW, OTHER, ROW, OTHER]
    assert len(answers) >= 10
    assert all(answer.status == 200 and answer.ended >= answer.started for answer in answers)


@pytest.fixture
def threads_in_any_order():
    """Threads take turns at almost every instruction."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("threads_in_any_order")
def test_a_request_that_a_sender_has_is_waited_for():
    for _ in range(50):
        silent = Silent(until=3)
        with Stream(silent, [ROW], 100 * RATE, time) as stream:
            assert silent.enough.wait(SOON)
            sent = len(silent.sent)
            silent.go.set()
            assert len(stream.settled()) >= sent


class Hung:
    """Answers the first so many requests when it is let go, and none that comes later before the end."""

    def __init__(self, first):
        self.first, self.sent = first, []
        self.go, self.over = threading.Event(), threading.Event()

    def send(self, request):
        self.sent.append(request)
        early = len(self.sent) <= self.first
        (self.go if early else self.over).wait(SOON)
        return Reply(0)


def until(holds):
    end = time.monotonic() + SOON
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_requests_that_wait_behind_a_host_that_hangs_are_not_waited_for():
    hung = Hung(AT_ONCE)
    with Stream(hung, [ROW], 10 * RATE, time) as stream, ThreadPoolExecutor(1) as another:
        until(lambda: len(stream._under_way) > 2 * AT_ONCE)
        under_way = list(stream._under_way)
        answers = another.submit(stream.settled)
        try:
            until(lambda: all(each.running() or each.cancelled() for each in under_way))
            hung.go.set()
            assert len(answers.result(SOON)) == AT_ONCE
        finally:
            hung.go.set()
            hung.over.set()


def test_none_is_sent_before_its_time():
    silent = Silent(until=20)
    silent.go.set()
    began = time.monotonic()
    with Stream(silent, [ROW], RATE, time) as stream:
        assert silent.enough.wait(SOON)
        starts = sorted(answer.started - began for answer in stream.settled())
    assert all(start >= number / RATE for number, start in enumerate(starts))


def test_after_its_block_every_request_has_been_answered():
    silent = Silent(until=5)
    with Stream(silent, [ROW], RATE, time) as stream:
        assert silent.enough.wait(SOON)
        silent.go.set()
    assert len(stream.settled()) == len(silent.sent)
