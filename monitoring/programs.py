"""Programs that are started here and end with whoever started them."""

import http.client
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from modeldelivery.terminal.steps import SetupError

HOST = "127.0.0.1"
_READY = 60.0  # seconds within which a program must answer
_OFTEN = 0.2  # seconds
_LAST = 5  # lines of a log that are shown
# Below the kernel's range for outgoing connections: none takes a port before the program that it is for listens there.
_PORTS = range(12_000, 20_000)


@dataclass(frozen=True)
class Program:
    """A program under way.

    Attributes:
        name: for people.
        process: its process.
        log: what it writes.
    """

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def refuse_ended(self) -> None:
        """Raises SetupError with its last words once it has ended."""
        if self.process.poll() is not None:
            raise SetupError(f"{self.name} ended with status {self.process.returncode}: {self._last_words()}")

    def await_answer(self, address: str, path: str) -> None:
        """Until it answers GET `path` with 200; raises SetupError when it ends, or does not within a minute."""
        end = time.monotonic() + _READY
        while time.monotonic() < end:
            self.refuse_ended()
            connection = http.client.HTTPConnection(address, timeout=_READY)
            with suppress(OSError, http.client.HTTPException):  # it does not listen yet, or not as it should
                connection.request("GET", path)
                if connection.getresponse().status == http.HTTPStatus.OK:
                    return
            connection.close()
            time.sleep(_OFTEN)
        raise SetupError(f"{self.name} did not answer within {_READY:.0f} s: {self._last_words()}")

    def _last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-_LAST:]) or "it wrote nothing"


@contextmanager
def running(name: str, command: Sequence[str], log: Path) -> Iterator[Program]:
    """A program in a session of its own, so that a terminal's Ctrl-C reaches it through here, ended when it is left."""
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        ) as process,
    ):
        try:
            yield Program(name, process, log)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def on_path(commands: Sequence[str], install: str) -> str:
    """The first of these programs that PATH has; raises SetupError, which tells how to `install` one."""
    path = next((path for command in commands if (path := shutil.which(command))), None)
    if path is None:
        raise SetupError(f"{' or '.join(commands)} is not on PATH: {install}")
    return path


def free_ports(count: int) -> list[int]:
    """Ports of this machine at which nobody listens, each another one."""
    with ExitStack() as held:
        ports: list[int] = []
        for port in random.sample(_PORTS, len(_PORTS)):
            if len(ports) == count:
                break
            with suppress(OSError):  # somebody listens there
                held.enter_context(socket.create_server((HOST, port)))
                ports.append(port)
        return ports
