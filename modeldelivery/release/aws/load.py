"""Requests to one variant at a rate, by Locust, a program of an environment of its own (`make setup-load`).

boto3 signs the requests, and Locust sends them as they are: AWS takes a signature for five minutes, and for any number of calls.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from modeldelivery.release.aws.invocations import invocation
from modeldelivery.release.core.probes import Request
from modeldelivery.release.errors import RefusedError
from modeldelivery.release.verify_ports import Served
from modeldelivery.release.version import Version

if TYPE_CHECKING:
    from mypy_boto3_sagemaker_runtime.client import SageMakerRuntimeClient

PROGRAM = "locust"
_LOCUSTFILE = Path(__file__).parents[1] / "loading" / "locustfile.py"
_CHECKOUT = Path(__file__).parents[3]
_ENVIRONMENT = _CHECKOUT / ".venv-load" / "bin"
_EVENT = "before-send.sagemaker-runtime.InvokeEndpoint"
_TIMEOUT = 60.0  # seconds that a caller waits for an answer, as SageMaker does
_MOST_CALLERS = 2000
_START, _SHOWN = 60.0, 500  # seconds for Locust to start and to end; characters of what it says


class _Stats(msgspec.Struct):
    """An entry of Locust's report.

    Attributes:
        response_times: in milliseconds, rounded above 100, and how often each was measured.
        start_time, last_request_timestamp: of the first and the last answer, in seconds since the epoch.
    """

    num_requests: int
    num_failures: int
    response_times: dict[float, int]
    start_time: float
    last_request_timestamp: float | None


class LocustLoads(msgspec.Struct, frozen=True, kw_only=True):
    """A `Loads`. `endpoint`: its name."""

    runtime: "SageMakerRuntimeClient"
    endpoint: str

    def refuse_unready(self) -> None:
        _program()

    def send(
        self, version: Version, requests: Sequence[Request], *, rate: float, seconds: int, limit_ms: int
    ) -> Served:
        """Raises RefusedError where Locust cannot be run."""
        signed = [self._signed(invocation(self.endpoint, version, request)) for request in requests]
        callers = min(_MOST_CALLERS, max(1, ceil(rate * limit_ms / 1000)))
        plan = {
            "host": signed[0]["host"],
            "requests": signed,
            "each": rate / callers,
            "timeout": _TIMEOUT,
        }
        with tempfile.TemporaryDirectory(prefix="load-") as folder:
            path = Path(folder) / "plan.json"
            path.touch(mode=0o600)  # signatures are in it
            path.write_text(json.dumps(plan), encoding="utf-8")
            return _served(_run(path, callers, seconds), seconds)

    def _signed(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The request as boto3 would send it; it is not sent."""
        taken: list[Any] = []

        def take(request: Any, **_: Any) -> Any:  # what it returns is taken for the answer
            taken.append(request)
            return AWSResponse(request.url, 200, HTTPHeaders(), _Empty())

        events: Any = self.runtime.meta.events
        events.register_first(_EVENT, take)
        try:
            self.runtime.invoke_endpoint(**parameters)
        finally:
            events.unregister(_EVENT, take)
        (request,) = taken
        url = urlsplit(request.url)
        headers = {name: _text(value) for name, value in request.headers.items()}
        return {
            "host": f"{url.scheme}://{url.netloc}",
            "path": url.path,
            "headers": headers,
            "body": (request.body or b"").decode("latin-1"),
        }


class _Empty:
    """The body of an answer that nobody gave."""

    def stream(self, **_: Any) -> Any:
        return iter(())

    def read(self, *_: Any, **__: Any) -> bytes:
        return b""


def _text(header: Any) -> str:
    return header.decode("latin-1") if isinstance(header, bytes) else str(header)


def _program() -> str:
    """Locust: of the checkout, else on PATH. Raises RefusedError."""
    program = shutil.which(PROGRAM, path=str(_ENVIRONMENT)) or shutil.which(PROGRAM)
    if program is None:
        raise RefusedError(
            "--load sends its requests by Locust, and there is none here",
            hint="`make setup-load` in a checkout, elsewhere `pipx install locust`",
        )
    return program


def _run(plan: Path, callers: int, seconds: int) -> bytes:
    """Locust's report, as JSON."""
    command = (
        *(_program(), "--headless", "--locustfile", str(_LOCUSTFILE), "--json", "--only-summary"),
        *("--users", str(callers), "--spawn-rate", str(callers), "--run-time", f"{seconds}s"),
        *("--stop-timeout", "0", "--exit-code-on-error", "0", "--loglevel", "WARNING"),
    )
    variables = {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")}
    try:
        done = subprocess.run(
            command,
            cwd=plan.parent,  # no locust.conf of whoever calls
            env=variables | {"LOAD_PLAN": str(plan)},
            capture_output=True,
            check=False,
            timeout=seconds + _START,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RefusedError(
            f"{command[0]} cannot be run: {error}", hint="`make setup-load` makes it anew"
        ) from error
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip()[-_SHOWN:]
        raise RefusedError(
            f"{command[0]} ended with {done.returncode}: {words}", hint="`make setup-load` makes it anew"
        )
    return done.stdout


def _served(report: bytes, seconds: int) -> Served:
    """Raises RefusedError where it is none of Locust's reports.

    Locust begins late and ends early by tenths of a second, so the rate is that between the first and the last answer; and never over
    less than half the time, since what comes all at once from a machine that is busy was not sent at a rate.
    """
    try:
        stats = msgspec.json.decode(report, type=list[_Stats], strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RefusedError(
            f"Locust's report cannot be read: {error}",
            hint="`make setup-load` installs the version that is known",
        ) from error
    times: dict[float, int] = {}
    for each in stats:
        for ms, count in each.response_times.items():
            times[ms] = times.get(ms, 0) + count
    failed = sum(each.num_failures for each in stats)
    answered = sum(each.num_requests for each in stats) - failed
    lasted = max((each.last_request_timestamp or each.start_time for each in stats), default=0.0) - min(
        (each.start_time for each in stats), default=0.0
    )
    rate = (answered - 1) / max(lasted, seconds / 2) if answered > 1 else 0.0
    return Served(answered=answered, failed=failed, p99_ms=_p99(times), rate=rate)


def _p99(times: Mapping[float, int]) -> float:
    """0 where nothing was answered: what failed or was never answered is counted elsewhere."""
    wanted, passed = 0.99 * sum(times.values()), 0
    for ms in sorted(times):
        passed += times[ms]
        if passed >= wanted:
            return ms
    return 0.0
