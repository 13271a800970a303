"""A provider's plugin process: it serves one engine on 127.0.0.1 and ends with it."""

import errno
import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NoReturn

import grpc

from modeldelivery.plugin.engine_log import EngineLog
from modeldelivery.plugin.proto import provider_pb2_grpc
from modeldelivery.plugin.protocol import Log, Provider
from modeldelivery.plugin.service import Service
from modeldelivery.terminal import streams, structs

_CALLS_AT_ONCE = (
    256  # threads start as calls come; more than any engine's --parallel, so that Cancel finds one free
)
_LARGEST_MESSAGE = 400 << 20  # bytes; the engine's own limit
_WATCH_SECONDS = 0.5


def serve(build: Callable[[Log], Provider], version: str) -> NoReturn:
    """Serve a provider to the engine whose address is the last argument, and end with it.

    Prints the port on the first line of stdout, where the engine reads it. Without an address the engine is one that
    attaches later (PULUMI_DEBUG_PROVIDERS).
    """
    streams.keep()
    parent = os.getppid()
    ended = threading.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: ended.set())
    log = EngineLog(next((arg for arg in sys.argv[1:] if not arg.startswith("-")), ""))
    _, port = start(build(log), log, version)
    if not _told(port):
        os._exit(
            0
        )  # the engine was killed while this process started, perhaps before it asked for its parent
    # A killed engine closes no connection that a server notices; but the process gets another parent.
    while not ended.wait(_WATCH_SECONDS) and os.getppid() == parent:
        pass
    # Not sys.exit: it would wait for calls whose caller is gone. The next run finds what they did.
    os._exit(0)


def _told(port: int) -> bool:
    """Whether an engine is there to read the port: the other end of the pipe is its own alone."""
    try:
        os.write(1, f"{port}\n".encode())
    except OSError as error:
        return error.errno != errno.EPIPE
    return True


def start(provider: Provider, log: EngineLog, version: str) -> tuple[grpc.Server, int]:
    """Start serving on a free port, and say which."""
    structs.prepare()
    server = grpc.server(
        ThreadPoolExecutor(_CALLS_AT_ONCE),
        options=[
            ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
            ("grpc.max_send_message_length", _LARGEST_MESSAGE),
        ],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Service(provider, log, version), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port
