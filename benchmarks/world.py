"""The world that is measured: what `make up` makes, in a sandbox of its own, so that the user's is left alone."""

import json
import os
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import boto3
import botocore.session
import msgspec
from botocore.credentials import Credentials

from modeldelivery.release.naming import variant_name
from modeldelivery.release.version import Version, parse_version
from sandbox.accounts import ACCOUNTS, ALSO
from sandbox.daemon import TOKEN, Daemon
from tools.demo.run import BIN, ROOT, Demo, StepError

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.client import SageMakerClient

_UP = 900.0  # seconds
_SETTLED = 60.0  # seconds
_POLL = 0.05  # seconds


class World(msgspec.Struct, frozen=True, kw_only=True):
    """Two environments that serve.

    Attributes:
        demo: runs the project's commands in it.
        first_up: seconds that the first `make up` took.
        first_up_said: what it printed.
    """

    demo: Demo
    first_up: float
    first_up_said: str

    @property
    def daemon(self) -> Daemon:
        """The sandbox's process and its ports."""
        return msgspec.json.decode((self.demo.home / "daemon.json").read_bytes(), type=Daemon)

    def make_up(self, *variables: str) -> tuple[float, str]:
        """`make up` again, with variables of make's: seconds, and what it printed. Raises StepError."""
        return _make_up(self.demo.environ, *variables)

    def modelctl(self, command: str, environment: str, *more: str) -> str:
        """Raises StepError."""
        return self.demo.run(f"bench-{command}", "modelctl", command, "--env", environment, *more)

    def status(self, environment: str) -> dict[str, Any]:
        """`modelctl status` as data."""
        return dict(json.loads(self.modelctl("status", environment, "--json")))

    def serving(self, environment: str) -> tuple[Version, Version]:
        """The version that serves, and another one on the endpoint, none of them rejected any more."""
        status = self.status(environment)
        for rejected in (v["version"] for v in status["versions"] if v["rejected"]):
            self.accept(environment, rejected)
        others = [v["version"] for v in status["versions"] if v["version"] != status["serving"]]
        return parse_version(status["serving"]), parse_version(others[0])

    def accept(self, environment: str, version: Version) -> None:
        self.modelctl("accept", environment, version, "--reason", "the benchmark goes on")

    def rollback(self, environment: str) -> None:
        """As an operator types it: to whatever served before."""
        self.modelctl("rollback", environment, "--reason", "benchmark")

    def adopt(self, environment: str) -> None:
        """Weights that were set past `modelctl` are recorded, as soon as an earlier rollback's deadline is over."""
        self.settle(environment)
        self.modelctl("adopt", environment, "--reason", "moved by the benchmark")

    def move(self, environment: str, to: Version, other: Version) -> None:
        """The one call, as the console makes it; returns when SageMaker has carried it out."""
        self.sagemaker(environment).update_endpoint_weights_and_capacities(
            EndpointName=endpoint(environment),
            DesiredWeightsAndCapacities=[
                {"VariantName": variant_name(to), "DesiredWeight": 100},
                {"VariantName": variant_name(other), "DesiredWeight": 0},
            ],
        )
        self.settle(environment)

    def settle(self, environment: str) -> None:
        """Raises StepError."""
        client, end = self.sagemaker(environment), time.monotonic() + _SETTLED
        while True:
            status = client.describe_endpoint(EndpointName=endpoint(environment))["EndpointStatus"]
            if status == "InService":
                return
            if time.monotonic() > end:
                raise StepError(
                    f"endpoint {endpoint(environment)} is {status} and not InService after {_SETTLED:.0f} s"
                )
            time.sleep(_POLL)

    def calls(self, since: int, environment: str) -> list[dict[str, Any]]:
        """Calls of AWS in an environment's account after the one of that number, as the sandbox counts them."""
        url = f"http://127.0.0.1:{self.daemon.control}/sandbox/calls?since={since}"
        request = urllib.request.Request(url, headers={TOKEN: self.daemon.token})
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - http, this machine
            made = list(json.load(answer))
        account = next(a.id for a in ACCOUNTS if environment in {a.profile, *ALSO[a.profile]})
        return [call for call in made if call["account"] == account]

    def last_call(self, environment: str) -> int:
        """Number of the last one so far; 0 before any."""
        return max((call["n"] for call in self.calls(0, environment)), default=0)

    def flight(self) -> bytes:
        """A request's body, as clients send it."""
        output = self.demo.run("bench-sample", "python", "-m", "pipelines.flights.samples", "--count", "1")
        return json.dumps(json.loads(output)[0]).encode()

    def sagemaker(self, environment: str) -> "SageMakerClient":
        return self._session(environment).client("sagemaker")

    def client(self, environment: str, service: Literal["s3", "iam", "codepipeline"]) -> Any:
        """One of another service, in the environment's account."""
        return self._session(environment).client(service)

    def repository(self, environment: str) -> str:
        """Where a tag is pushed to that the environment's pipeline builds."""
        status = json.loads(_sandbox(dict(self.demo.environ), "status", "--json"))
        return str(status["repositories"][status["accounts"][environment]])

    def keys(self, environment: str) -> Credentials:
        """What its calls are signed with."""
        credentials = self._session(environment).get_credentials()
        assert credentials is not None  # the sandbox's own file names both accounts
        return credentials

    def _session(self, environment: str) -> boto3.Session:
        core = botocore.session.Session(profile=environment)
        core.set_config_variable("config_file", self.demo.environ["AWS_CONFIG_FILE"])
        core.set_config_variable("credentials_file", self.demo.environ["AWS_SHARED_CREDENTIALS_FILE"])
        return boto3.Session(botocore_session=core)


def endpoint(environment: str) -> str:
    return f"flights-{environment}"


@contextmanager
def made() -> Iterator[World]:
    """A world, and nothing left of it afterwards. Raises StepError."""
    with tempfile.TemporaryDirectory(prefix="model-delivery-bench-") as folder:
        home = Path(folder) / "sandbox"
        outside = {name: value for name, value in os.environ.items() if not name.startswith("SANDBOX_")}
        outside["SANDBOX_HOME"] = str(home)
        try:
            seconds, output = _make_up(outside)
            inside = json.loads(_sandbox(outside, "env", "--json"))
            yield World(demo=Demo(home=home, environ=inside), first_up=seconds, first_up_said=output)
        finally:
            # Not `make down`, which removes the user's sandbox too.
            _sandbox(outside, "down", "--purge")


def _make_up(environ: dict[str, str], *variables: str) -> tuple[float, str]:
    started = time.monotonic()
    done = subprocess.run(
        ["make", "--no-print-directory", "up", *variables],
        cwd=ROOT, env=environ, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=_UP,
    )  # fmt: skip
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-20:])
        raise StepError(f"`{' '.join(('make up', *variables))}` failed:\n{last}")
    return time.monotonic() - started, done.stdout


def _sandbox(environ: dict[str, str], *command: str) -> str:
    done = subprocess.run(
        [str(BIN / "sandbox"), *command],
        cwd=ROOT, env=environ, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60,
    )  # fmt: skip
    if done.returncode:
        raise StepError(f"`sandbox {' '.join(command)}` failed:\n{done.stdout}{done.stderr}")
    return done.stdout
