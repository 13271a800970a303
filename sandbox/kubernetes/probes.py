"""Asks a container how it is, as the kubelet does: successes and failures in a row decide."""

import http.client
import subprocess
from collections.abc import Callable, Sequence

from sandbox.kubernetes.pod_plan import Probe

Inside = Callable[[Sequence[str], float], bool]  # runs a command in a container for so many seconds at most


class Probing:
    """One probe of one process.

    Attributes:
        result: what the answers so far decide; None before the first decision.
        last: why the last one failed; empty when it did not.
    """

    def __init__(self, probe: Probe, began: float) -> None:
        self._probe = probe
        self._due = began + probe.delay
        self._row = 0  # answers in a row: above 0 successes, below 0 failures
        self.result: bool | None = None
        self.last = ""

    def look(self, now: float, address: str, inside: Inside) -> None:
        """Ask when it is time; `now` and what `began` was given are `time.monotonic`."""
        if now < self._due:
            return
        self._due = now + self._probe.period
        self.last = ask(self._probe, address, inside)
        if self.last:
            self._row = min(self._row, 0) - 1
            if -self._row >= self._probe.failures:
                self.result = False
        else:
            self._row = max(self._row, 0) + 1
            if self._row >= self._probe.successes:
                self.result = True


def ask(probe: Probe, address: str, inside: Inside) -> str:
    """Why it does not answer well; empty when it does."""
    if probe.kind == "exec":
        return "" if inside(probe.command, probe.timeout) else f"{probe.command[0]} failed"
    connection = http.client.HTTPConnection(address, probe.port, timeout=probe.timeout)
    try:
        if probe.kind == "tcp":
            connection.connect()
            return ""
        connection.request(
            "GET", probe.path, headers={"User-Agent": "kube-probe/sandbox", "Connection": "close"}
        )
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__
    finally:
        connection.close()
    # https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes
    return "" if http.HTTPStatus.OK <= status < http.HTTPStatus.BAD_REQUEST else f"status {status}"


def succeeds(command: Sequence[str], seconds: float) -> bool:
    """Whether a command ends well in time."""
    try:
        return subprocess.run(command, capture_output=True, timeout=seconds, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
