"""`python -m pipelines.server [serve | verify | fetch]`: SageMaker starts a container with the argument `serve`."""

import logging
import os
import socket
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from types import FrameType

import uvicorn

from pipelines.server.drain import Drain
from pipelines.server.settings import Settings, SettingsError, read_settings
from pipelines.server.workers import supervise

KEEP_ALIVE_SECONDS = (
    120  # longer than any router's: whoever closes an idle connection first may cut a request
)
BACKLOG = 2048  # connections that wait to be accepted
_USAGE, _NOT_STARTED = 2, 3  # exit statuses; uvicorn too ends with 3 when it cannot start


class DrainingServer(uvicorn.Server):
    """Uvicorn that drains on SIGTERM or SIGINT, and then exits 0; a second signal leaves at once."""

    def __init__(self, config: uvicorn.Config, drain: Drain) -> None:
        super().__init__(config)
        self._drain = drain

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 signal.signal's shape
        if self._drain.draining:
            self.should_exit = True
        self._drain.begin(time.monotonic())

    async def on_tick(self, counter: int) -> bool:
        return await super().on_tick(counter) or self._drain.finished(time.monotonic())


def main(arguments: list[str]) -> int:
    """Serve until told to stop, verify the archive on stdin, or fetch one from S3; returns the exit status."""
    if arguments == ["fetch"]:
        from pipelines.server import fetch  # noqa: PLC0415 - a server needs it not

        return fetch.main()
    if arguments == ["verify"]:
        from pipelines.server import verify  # noqa: PLC0415 - it brings the model, which a parent of workers needs not

        status, text = verify.report(sys.stdin.buffer.read())
        print(text)
        return status
    if arguments not in ([], ["serve"]):
        print(
            f"unknown arguments {' '.join(arguments)!r}: write `python -m pipelines.server serve`, verify or fetch",
            file=sys.stderr,
        )
        return _USAGE
    try:
        settings = read_settings(os.environ, cpus())
    except SettingsError as error:
        print(error, file=sys.stderr)
        return _USAGE
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if settings.workers == 1:
        return _serve(settings)
    try:
        listening = socket.create_server((settings.host, settings.port), backlog=BACKLOG)
    except OSError as error:
        print(
            f"SAGEMAKER_BIND_TO_PORT={str(settings.port)!r} on BIND_HOST={settings.host!r} cannot be listened on: "
            f"{error.strerror}; free it, or set another",
            file=sys.stderr,
        )
        return _NOT_STARTED
    with tempfile.TemporaryDirectory(prefix="metrics-") as folder, listening:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder  # the workers count together
        port = listening.getsockname()[1]
        logging.getLogger("pipelines.server").info(
            "%d workers running on http://%s:%d", settings.workers, settings.host, port
        )
        return supervise(settings.workers, lambda: _serve(settings, listening))


def cpus() -> int:
    """How many this process may run on: a container may have got some of a machine's."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def configuration(app: Callable[..., Awaitable[None]], host: str, port: int) -> uvicorn.Config:
    """How uvicorn serves an ASGI 3 application here."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        interface="asgi3",
        lifespan="off",
        ws="none",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        log_config=None,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=1,  # the drain has done the waiting
    )


def _serve(settings: Settings, listening: socket.socket | None = None) -> int:
    """One process; `listening` is what it shares with others."""
    # prometheus_client reads its variable when it is imported, and a parent needs no model
    from pipelines.server.app import ModelServer  # noqa: PLC0415

    server = ModelServer(settings)
    server.start_loading()
    config = configuration(server, settings.host, settings.port)
    DrainingServer(config, server.drain).run([listening] if listening else None)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
