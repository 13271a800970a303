"""`pulumi-language-python`: serve one CLI, until it says so, interrupts, or is gone."""

import argparse
import asyncio
import os
import signal
import stat
import sys
from pathlib import Path

import grpc.aio

from .child import GRACE
from .commands import Host
from .service import VERSION, LanguageRuntime, handlers

# Schemas and states travel in one message; the CLI's own limit.
_MESSAGE_LIMIT = 400 * 1024 * 1024


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="pulumi-language-python", description=__doc__)
    parser.add_argument("engine", nargs="?", default="", help="address of the engine, HOST:PORT")
    parser.add_argument("--executor", type=Path, required=True, help="path of pulumi-language-python-exec")
    parser.add_argument("--tracing", default="", help="handed on to the program")
    parser.add_argument("--version", action="version", version=VERSION)
    for ignored in ("--logtostderr", "--logflow"):
        parser.add_argument(ignored, action="store_true", help="accepted: the CLI passes it to every plugin")
    parser.add_argument("-v", dest="verbosity", help="accepted: the CLI passes it to every plugin")
    return parser.parse_args()


async def _serve(host: Host) -> None:
    server = grpc.aio.server(
        handlers=[handlers(LanguageRuntime(host))],
        options=[
            ("grpc.max_receive_message_length", _MESSAGE_LIMIT),
            ("grpc.max_send_message_length", _MESSAGE_LIMIT),
        ],
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()

    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    _watch_for_the_cli(ended)

    print(port, flush=True)
    await ended.wait()
    # Calls still running are cancelled at once, and end their children as they unwind.
    await server.stop(grace=None)
    await asyncio.wait_for(server.wait_for_termination(), timeout=2 * GRACE)


def _watch_for_the_cli(ended: asyncio.Event) -> None:
    """The CLI holds the other end of stdin and writes nothing: its end is the CLI's death, by SIGKILL too."""
    mode = os.fstat(sys.stdin.fileno()).st_mode
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        return  # started by hand
    loop = asyncio.get_running_loop()

    def readable() -> None:
        if not os.read(sys.stdin.fileno(), 4096):
            loop.remove_reader(sys.stdin.fileno())
            ended.set()

    loop.add_reader(sys.stdin.fileno(), readable)


def main() -> None:
    given = _arguments()
    asyncio.run(_serve(Host(engine=given.engine, executor=given.executor, tracing=given.tracing)))


if __name__ == "__main__":
    main()
