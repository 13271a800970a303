"""A container of an image, as SageMaker starts it and stricter: its own user, a read-only root file system."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.image.archive import Image
from tools.image.engine import Engine, Run
from tools.image.errors import ImageError

_SECONDS = 600.0  # for one command in a container
_STOP_SECONDS = 40.0  # a server drains for 20 at most
_LOOK = 0.05  # seconds between two looks
_LAST_LINES = 20
ROOT = "0:0"


@dataclass(frozen=True)
class Container:
    """An image that was loaded, and what it says of itself.

    Attributes:
        engine: that runs it.
        loaded: the engine's name of it.
        image: as it is pushed.
    """

    engine: Engine
    loaded: str
    image: Image

    @property
    def user(self) -> str:
        """USER:GROUP of the image; root where it names none."""
        user, _, group = str(self.image.settings.get("User") or "0").partition(":")
        return f"{user}:{group or user}"

    def run(
        self,
        arguments: Sequence[str],
        *,
        entrypoint: Sequence[str] | None = None,
        environment: Mapping[str, str] | None = None,
        mounts: Mapping[str, Path] | None = None,
        writable: Sequence[str] = (),
    ) -> list[str]:
        """The command that starts it: `docker run [--entrypoint …] IMAGE ARGUMENTS`, read-only but for `writable` and /tmp."""
        settings = self.image.settings
        own = dict(each.split("=", 1) for each in settings.get("Env", []))
        return self.engine.command(
            self.loaded,
            Run(
                command=[*(settings["Entrypoint"] if entrypoint is None else entrypoint), *arguments],
                user=self.user,
                folder=settings.get("WorkingDir") or "/",
                environment={**own, **(environment or {})},
                mounts=mounts or {},
                writable=frozenset(writable),
            ),
        )


def finish(command: list[str], what: str) -> str:
    """Run a container to its end; its stdout. Raises ImageError with its last words."""
    try:
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, timeout=_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise ImageError(f"{what} was still at work after {_SECONDS:.0f} s") from error
    if done.returncode:
        raise ImageError(f"{what} ended with status {done.returncode}:\n{_last(done.stdout + done.stderr)}")
    return done.stdout


@contextmanager
def served(command: list[str], port: int, seconds: float) -> Iterator[float]:
    """A container while it serves; seconds from its start to the first 200 of `/ping`.

    Raises:
        ImageError: it ended, or took longer than `seconds`.
    """
    with tempfile.TemporaryFile("w+b") as log:
        started = time.monotonic()
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            while ask(port, "GET", "/ping")[0] != http.client.OK:
                took = time.monotonic() - started
                if child.poll() is not None or took > seconds:
                    log.seek(0)
                    why = (
                        f"did not answer /ping with 200 within {seconds:g} s"
                        if child.poll() is None
                        else "ended"
                    )
                    raise ImageError(f"the container {why}:\n{_last(log.read().decode(errors='replace'))}")
                time.sleep(_LOOK)
            yield time.monotonic() - started
        finally:
            _stop(child)


def ask(port: int, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    """Status and body of an answer; status 0 where nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


@contextmanager
def kept_port() -> Iterator[int]:
    """A port of loopback at which nobody listens, and that on Linux nobody else is given until the block ends.

    A container binds its port seconds after it was chosen. Bound here and not listening it is given to nobody meanwhile,
    and a server that sets SO_REUSEADDR, as uvicorn does, listens there all the same; elsewhere than on Linux it could not.
    """
    with socket.socket() as keeping:
        keeping.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        keeping.bind(("127.0.0.1", 0))
        port = int(keeping.getsockname()[1])
        if sys.platform != "linux":
            keeping.close()
        yield port


def _stop(child: "subprocess.Popen[Any]") -> None:
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGTERM)
        try:
            child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            raise ImageError(f"the container was still there {_STOP_SECONDS:.0f} s after SIGTERM") from None


def _last(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.strip().splitlines()[-_LAST_LINES:])
