"""The data plane's process: `python -m sandbox.dataplane PORT SEED SPOOL`.

Lines of JSON on standard input tell it what hosting decided; it answers, and says metrics and which files of
captured lines are whole, on standard output. It ends when its input does, so it dies with whoever started it.
"""

import asyncio
import os
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from sandbox.dataplane.front import Front
from sandbox.dataplane.router import Router
from sandbox.dataplane.routes import Table
from sandbox.dataplane.spool import Spool

_BATCH = 1.0  # seconds between batches of metrics
_LINE = 1 << 24  # bytes of one line of input at most


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of input: a new table, or instances to drain."""

    n: int
    table: Table | None = None
    drain: list[str] = []


class Output:
    """Lines of JSON on standard output, in order, by a thread of its own: who reads them is busy at times, and no invocation waits for that."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="output")

    def say(self, **line: Any) -> None:
        """Write a line, soon."""
        self._thread.submit(_write, msgspec.json.encode(line) + b"\n")

    def close(self) -> None:
        """Return when everything is written."""
        self._thread.shutdown()


def main() -> None:
    output = Output()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(int(sys.argv[1]), int(sys.argv[2]), Spool(Path(sys.argv[3])), output))
    output.close()


async def _serve(port: int, seed: int, spool: Spool, output: Output) -> None:
    loop = asyncio.get_running_loop()
    router = Router(seed, spool)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    output.say(ready=listener.getsockname()[1])
    output.say(captured=spool.left())
    batches = loop.create_task(_hand_over(router, output))
    orders = asyncio.StreamReader(limit=_LINE)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    drains: set[asyncio.Task[None]] = set()
    server: asyncio.Server | None = None
    while line := await orders.readline():
        order = msgspec.json.decode(line, type=Order)
        if order.table is not None:
            router.swap(order.table)
            # Not before: without a table every caller would be a stranger.
            server = server or await loop.create_server(lambda: Front(router), sock=listener, backlog=1024)
        drains.add(loop.create_task(_obey(router, order, output)))
        drains = {task for task in drains if not task.done()}
    batches.cancel()
    if server:
        server.close()
    output.say(metrics=router.metrics.take())
    output.say(captured=router.captures.due(everything=True))


async def _obey(router: Router, order: Order, output: Output) -> None:
    await router.drain(order.drain)
    output.say(done=order.n)


async def _hand_over(router: Router, output: Output) -> None:
    while True:
        await asyncio.sleep(_BATCH)
        if batch := router.metrics.take():
            output.say(metrics=batch)
        if captured := router.captures.due():
            output.say(captured=captured)


def _write(line: bytes) -> None:
    try:
        rest = memoryview(line)
        while rest:
            rest = rest[os.write(1, rest) :]
    except BrokenPipeError:
        os._exit(1)  # whoever started us is gone


if __name__ == "__main__":
    main()
