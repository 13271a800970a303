"""`python -m pipelines.server [serve | verify]`: SageMaker starts a container with the argument `serve`."""

import logging
import os
import sys
import time
from types import FrameType

import uvicorn

from pipelines.server import verify
from pipelines.server.app import ModelServer
from pipelines.server.settings import Settings, SettingsError, read_settings

KEEP_ALIVE_SECONDS = (
    120  # longer than any router's: whoever closes an idle connection first may cut a request
)
_USAGE = 2


class DrainingServer(uvicorn.Server):
    """Uvicorn that drains on SIGTERM or SIGINT, and then exits 0; a second signal leaves at once."""

    def __init__(self, settings: Settings, server: ModelServer) -> None:
        super().__init__(
            uvicorn.Config(
                server.app,
                host=settings.host,
                port=settings.port,
                loop="uvloop",
                http="httptools",
                lifespan="off",
                ws="none",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                log_config=None,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=1,  # the drain has done the waiting
            )
        )
        self._drain = server.drain

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 signal.signal's shape
        if self._drain.draining:
            self.should_exit = True
        self._drain.begin(time.monotonic())

    async def on_tick(self, counter: int) -> bool:
        return await super().on_tick(counter) or self._drain.finished(time.monotonic())


def main(arguments: list[str]) -> int:
    """Serve until told to stop, or verify the archive on stdin; returns the exit status."""
    if arguments == ["verify"]:
        status, text = verify.report(sys.stdin.buffer.read())
        print(text)
        return status
    if arguments not in ([], ["serve"]):
        print(
            f"unknown arguments {' '.join(arguments)!r}: write `python -m pipelines.server serve`, or verify",
            file=sys.stderr,
        )
        return _USAGE
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return _USAGE
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    server = ModelServer(settings)
    server.start_loading()
    DrainingServer(settings, server).run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
