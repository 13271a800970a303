"""Containers in memory, behind an endpoint whose variants are asked one by one."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
import numpy as np

from modeldelivery.release.core.probes import Answer
from modeldelivery.release.core.request import Member
from modeldelivery.release.verify_ports import Served
from pipelines.server.answers import AnswerWriter
from pipelines.server.app import ModelServer
from pipelines.server.rows import RowReader
from pipelines.server.settings import read_settings


class ServerContainer:
    """This project's server without its port, around a model that is a function of the rows' matrix."""

    def __init__(self, schema, compute, version):
        self._server = ModelServer(read_settings({"MODEL_VERSION": version}, cpus=1))
        self.rows = RowReader(schema)
        self._compute = compute
        self._server._ready = self, AnswerWriter(schema.output, version)

    def predict(self, matrix):
        tensor = np.asarray(self._compute(matrix), dtype=np.float32)
        return tensor, tensor.tolist()

    def __call__(self, request):
        sent = []

        async def receive():
            return {"type": "http.request", "body": request.body}

        async def send(message):
            sent.append(message)

        headers = [(b"content-type", request.content_type.encode())]
        if request.accept:
            headers.append((b"accept", request.accept.encode()))
        scope = {"path": "/invocations", "method": "POST", "headers": headers}
        asyncio.run(self._server(scope, receive, send))
        kind = dict(sent[0]["headers"]).get(b"content-type", b"").decode()
        return Answer(status=sent[0]["status"], body=sent[1]["body"], content_type=kind)


def echoing(request):
    """A container of another kind, which takes anything."""
    return Answer(status=200, body=json.dumps({"got": len(request.body)}).encode())


def dead(_):
    return Answer(status=0, body=b"the container does not answer")


@dataclass
class FakeVariants:
    """An `Invocations`, a `Loads` and a `Hosts`.

    Attributes:
        containers: by version, each a function from a request to an answer.
        seconds: by version, what the n-th answer takes.
        capacity: requests a minute that one instance serves, by version; beyond it answers are late.
        instances: that share them.
        on_sent: what happens after each rate of a load, as someone else.
        most_sent: requests a second that the callers' machine can send.
    """

    containers: dict = field(default_factory=dict)
    seconds: dict = field(default_factory=dict)
    capacity: dict = field(default_factory=dict)
    instances: int = 1
    most_sent: float = float("inf")
    instance_type: str = "ml.m5.large"
    calls: list = field(default_factory=list)
    sent: list = field(default_factory=list)
    unready: Exception | None = None
    on_sent: Callable[[], object] = bool

    def invoke(self, version, request):
        self.calls.append((version, request))
        answer = self.containers[version](request)
        takes = self.seconds.get(version, lambda _: 0.001)
        return msgspec.structs.replace(answer, seconds=answer.seconds or takes(len(self.calls)))

    def refuse_unready(self):
        if self.unready:
            raise self.unready

    def send(self, version, requests, *, rate, seconds, limit_ms):
        self.sent.append((version, requests, rate))
        most = self.capacity[version] * self.instances / 60
        late = rate > most
        served = Served(
            rate=min(rate, most, self.most_sent),
            answered=int(min(rate, most) * seconds),
            failed=0,
            p99_ms=limit_ms * 3.0 if late else limit_ms / 10,
        )
        self.on_sent()
        return served

    def members(self, config):  # noqa: ARG002 - there is one
        return {
            version: Member(
                version=version, digest="", model_name="", instance_type=self.instance_type, instance_count=1
            )
            for version in self.containers
        }
