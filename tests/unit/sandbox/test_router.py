"""What the data plane measures of a model that does not answer."""

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest

from sandbox.dataplane import router as dataplane
from sandbox.dataplane.router import Router, _Passage
from sandbox.dataplane.routes import Instance, Route
from sandbox.dataplane.spool import Spool

INVOCATION = SimpleNamespace(
    endpoint="e", attributes=b"", content_type=b"text/csv", accept=b"*/*", body=b"1,2"
)


class Hangs:
    """A connection to a model that takes the request and is silent until the connection is closed."""

    def send(self, _data, done):
        self._done = done

    def close(self):
        self._done(None)


class Died(Hangs):
    """… and one whose server ends while it has the request."""

    def send(self, data, done):
        super().send(data, done)
        asyncio.get_running_loop().call_soon(self.close)


class Refusals(list):
    def refuse(self, status, code, _text, **_more):
        self.append((status, code))


def measured(connection):
    """Sums by metric after one invocation, and what the client was told."""
    router, told = Router(1, Spool(Path())), Refusals()

    async def invoke():
        router._pools["i"] = SimpleNamespace(in_flight=0, get=connection)
        _Passage(router, "1", INVOCATION, Route("v", [Instance("i", 1)]), told).start()
        while not told:  # noqa: ASYNC110 - a callback of the loop ends it
            await asyncio.sleep(0.001)

    asyncio.run(invoke())
    (taken,) = router.metrics.take()
    return {each["MetricName"]: each["StatisticValues"]["Sum"] for each in taken["metrics"]}, told


@pytest.mark.parametrize("connection", [Hangs, Died])
def test_no_answer_counts_in_model_errors_only(monkeypatch, connection):
    monkeypatch.setattr(dataplane, "_TIMEOUT", 0.01)

    sums, told = measured(connection)

    assert told == [(424, "ModelError")]
    assert {name: sums[name] for name in ("Invocations", "InvocationModelErrors")} == {
        "Invocations": 1,
        "InvocationModelErrors": 1,
    }
    assert (sums["Invocation4XXErrors"], sums["Invocation5XXErrors"]) == (0, 0)
