"""The data plane's process: `python -m sandbox.dataplane PORT SEED`.

Lines of JSON on standard input tell it what hosting decided; it answers, and hands over metrics and what it captured, on standard output. It
ends when its input does, so it dies with whoever started it.
"""

import asyncio
import os
import socket
import sys
from typing import Any

import msgspec
import uvloop

from sandbox.dataplane.front import Front
from sandbox.dataplane.router import Router
from sandbox.dataplane.routes import Table

_BATCH = 1.0  # seconds between batches of metrics
_LINE = 1 << 24  # bytes of one line of input at most


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of input: a new table, or instances to drain."""

    n: int
    table: Table | None = None
    drain: list[str] = []


def main() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(int(sys.argv[1]), int(sys.argv[2])))


async def _serve(port: int, seed: int) -> None:
    loop = asyncio.get_running_loop()
    router = Router(seed)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    _say(ready=listener.getsockname()[1])
    batches = loop.create_task(_hand_over(router))
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
        drains.add(loop.create_task(_obey(router, order)))
        drains = {task for task in drains if not task.done()}
    batches.cancel()
    if server:
        server.close()
    _say(metrics=router.metrics.take())
    _say(captured=router.captures.due(everything=True))


async def _obey(router: Router, order: Order) -> None:
    await router.drain(order.drain)
    _say(done=order.n)


async def _hand_over(router: Router) -> None:
    while True:
        await asyncio.sleep(_BATCH)
        if batch := router.metrics.take():
            _say(metrics=batch)
        if captured := router.captures.due():
            _say(captured=captured)


def _say(**line: Any) -> None:
    try:
        os.write(1, msgspec.json.encode(line) + b"\n")
    except BrokenPipeError:
        os._exit(1)  # whoever started us is gone


if __name__ == "__main__":
    main()
