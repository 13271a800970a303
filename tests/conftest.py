"""A real sandbox for the tests that need one: its own folder, its own free ports, fast delays."""

import gc
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import boto3
import botocore.session
import pytest
from botocore.config import Config
from hypothesis import settings

import tests.examples  # noqa: F401 - registers the profiles
from sandbox.environment import process_environment
from sandbox.home import Home
from tests.order import ByFile, turn

CHECKOUT = Path(__file__).resolve().parent.parent
ECHO = CHECKOUT / "tests" / "containers" / "echo"
ACCOUNTS = {"staging": "111111111111", "prod": "222222222222"}
VERSION = "2012-10-17"  # of policies
ROLES = {
    "staging": "arn:aws:iam::111111111111:role/serving",
    "prod": "arn:aws:iam::222222222222:role/serving",
}
settings.load_profile("check")  # `--hypothesis-profile` comes after it
# No retries: a test that counts calls, or loses one on purpose, sees what was sent.
ONCE = Config(retries={"max_attempts": 0}, read_timeout=120)


def pytest_configure():
    """Whoever started the tests may ignore signals (nohup, a job in the background), and programs would inherit that."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Without the collector, and what was imported and collected is never walked again: it stays to the end.

    That is a million objects and more, which the tests of `make check` would walk again and again.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: turn(item.nodeid.partition("::")[0]))


@pytest.hookimpl(optionalhook=True)  # there are runs without workers
def pytest_xdist_make_scheduler(config, log):
    return ByFile(config, log) if config.getvalue("dist") == "loadfile" else None


@dataclass(frozen=True)
class Sandbox:
    """One running sandbox, and what a test may do to it."""

    home: Path
    delays: str = "weights=0.05:0.1,endpoint=0.02:0.05,ping=8,unseen=0,seed=7"

    def run(self, *arguments, check=True):
        """`sandbox ARGUMENTS` as a user types it."""
        environment = {**os.environ, "SANDBOX_HOME": str(self.home), "SANDBOX_DELAYS": self.delays}
        return subprocess.run(
            [sys.executable, "-m", "sandbox", *map(str, arguments)],
            cwd=CHECKOUT,
            env=environment,
            capture_output=True,
            text=True,
            check=check,
            timeout=300,
        )

    def push(self, profile, repository, *context):
        """`sandbox image CONTEXT`, built and pushed to a repository of the account; its URI by digest."""
        options = ("--profile", profile, "--repository", repository)
        return self.run("image", *options, *context).stdout.strip().splitlines()[-1]

    @property
    def env(self):
        """The whole environment of a process that has entered the sandbox: what `sandbox env --json` prints."""
        return process_environment(Home(self.home), {**os.environ, "SANDBOX_HOME": str(self.home)})

    @property
    def daemon(self):
        return json.loads((self.home / "daemon.json").read_text())

    def session(self, profile):
        return _session(self.home, profile)

    def client(self, profile, service):
        return _client(self.home, profile, service)

    def role(self, profile, name, *statements, trusts=None):
        """Make a role with one inline policy, or give it another; its ARN. Its own account may take it on."""
        iam, account = self.client(profile, "iam"), ACCOUNTS[profile]
        trust = trusts or {"AWS": account}
        allowed = {"Effect": "Allow", "Principal": trust, "Action": "sts:AssumeRole"}
        try:
            made = iam.create_role(
                RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": VERSION, "Statement": allowed})
            )
        except iam.exceptions.EntityAlreadyExistsException:
            made = iam.get_role(RoleName=name)
        if statements:
            policy = {"Version": VERSION, "Statement": list(statements)}
            iam.put_role_policy(RoleName=name, PolicyName="its", PolicyDocument=json.dumps(policy))
        return made["Role"]["Arn"]

    def assumed(self, profile, role, session="job"):
        """A boto3 session of a role, entered by the account's own user."""
        keys = self.client(profile, "sts").assume_role(RoleArn=role, RoleSessionName=session)["Credentials"]
        core = _core(self.home, profile)
        core.set_credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        return boto3.Session(botocore_session=core)

    def fault(self, **fault):
        """Ask for a fault; sandbox/faults.py lists them."""
        self._admin("POST", "/sandbox/faults", fault)

    def faults(self):
        """Those that are pending."""
        return self._admin("GET", "/sandbox/faults")

    def clear_faults(self, caller=""):
        """Forget the faults that are pending, of one caller or all, and cut the calls that are held."""
        self._admin("DELETE", f"/sandbox/faults?caller={caller}")

    def held(self, caller, deadline=180.0):
        """The call of a caller that a hold keeps waiting, once there is one; None when there is none in time."""
        return next(iter(self._admin("GET", f"/sandbox/held?caller={caller}&wait={deadline}")), None)

    def release(self, caller):
        """Let a held call go on."""
        self._admin("POST", f"/sandbox/release?caller={caller}")

    def calls(self, since=0):
        """AWS calls made after the `since`-th: `[{n, account, service, action, caller, time}]`."""
        return self._admin("GET", f"/sandbox/calls?since={since}")

    def last_call(self):
        return max((made["n"] for made in self.calls()), default=0)

    def status(self):
        return self._admin("GET", "/sandbox/status")

    def _admin(self, method, path, body=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.daemon['control']}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"X-Sandbox-Token": self.daemon["token"]},
        )
        with urllib.request.urlopen(request, timeout=240) as answer:  # noqa: S310 - http, loopback
            return json.load(answer)


@cache
def _session(home, profile):
    return boto3.Session(botocore_session=_core(home, profile))


def _core(home, profile):
    core = botocore.session.Session(profile=profile)
    core.set_config_variable("config_file", str(home / "aws" / "config"))
    core.set_config_variable("credentials_file", str(home / "aws" / "credentials"))
    return core


@cache
def _client(home, profile, service):
    return _session(home, profile).client(service, config=ONCE)


@dataclass(frozen=True)
class Hosting:
    """SageMaker hosting of one account, with the echo container as the model server."""

    sandbox: Sandbox
    profile: str
    image: str
    bucket: str

    @property
    def sagemaker(self):
        return self.sandbox.client(self.profile, "sagemaker")

    @property
    def runtime(self):
        return self.sandbox.client(self.profile, "sagemaker-runtime")

    def model(self, name, *, isolated=False, role=None, **behaviour):
        """Create a model that says its name; `behaviour` as tests/containers/echo/serve.py tells."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
            data = json.dumps({"name": name, **behaviour}).encode()
            entry = tarfile.TarInfo("behaviour.json")
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
        key = f"{name}/model.tar.gz"
        self.sandbox.client(self.profile, "s3").put_object(
            Bucket=self.bucket, Key=key, Body=buffer.getvalue()
        )
        self.sagemaker.create_model(
            ModelName=name,
            ExecutionRoleArn=role or ROLES[self.profile],
            PrimaryContainer={"Image": self.image, "ModelDataUrl": f"s3://{self.bucket}/{key}"},
            EnableNetworkIsolation=isolated,
        )
        return name

    def config(self, name, weights, **more):
        """Create an endpoint configuration with one variant per model in `weights`, named after it."""
        variants = [
            {
                "VariantName": model,
                "ModelName": model,
                "InitialInstanceCount": 1,
                "InstanceType": "ml.m5.large",
                "InitialVariantWeight": weight,
            }
            for model, weight in weights.items()
        ]
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants, **more)
        return name

    def endpoint(self, name, config):
        """Create an endpoint and wait until it serves."""
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
        shown = self.settled(name)
        assert shown["EndpointStatus"] == "InService", shown
        return name

    def weigh(self, endpoint, **weights):
        self.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=endpoint,
            DesiredWeightsAndCapacities=[{"VariantName": n, "DesiredWeight": w} for n, w in weights.items()],
        )

    def settled(self, endpoint, deadline=300):
        """DescribeEndpoint's answer once nothing is under way."""
        moving = {"Creating", "Updating", "RollingBack", "Deleting"}
        end = time.monotonic() + deadline
        while (shown := self.sagemaker.describe_endpoint(EndpointName=endpoint))["EndpointStatus"] in moving:
            assert time.monotonic() < end, shown
            time.sleep(0.02)
        return shown

    def weights(self, endpoint):
        shown = self.sagemaker.describe_endpoint(EndpointName=endpoint)
        return {v["VariantName"]: v["CurrentWeight"] for v in shown["ProductionVariants"]}

    def invoke(self, endpoint, body=b"row", **more):
        """The variant that answered, and what its model said."""
        answer = self.runtime.invoke_endpoint(
            EndpointName=endpoint, Body=body, ContentType="text/csv", **more
        )
        return answer["InvokedProductionVariant"], json.loads(answer["Body"].read())


@contextmanager
def started(home):
    """A sandbox that runs until the block ends."""
    sandbox = Sandbox(home)
    sandbox.run("up")
    try:
        yield sandbox
    finally:
        sandbox.run("down", "--purge")


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory):
    """A sandbox of one's own for the whole run."""
    with started(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def module_sandbox(tmp_path_factory):
    """A sandbox that no other module deploys to: whole stacks have names of their own, which two cannot share."""
    with started(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def hosting(sandbox):
    """Hosting in staging, with the echo image pushed."""
    return hosting_in(sandbox, "staging")


@pytest.fixture
def no_sandbox(tmp_path):
    """The commands of a sandbox that does not run."""
    return Sandbox(tmp_path / "sandbox")


@pytest.fixture
def own_sandbox(no_sandbox):
    """A sandbox that this test alone may kill."""
    with started(no_sandbox.home) as sandbox:
        yield sandbox


@pytest.fixture
def own_hosting(own_sandbox):
    return hosting_in(own_sandbox, "staging")


@pytest.fixture(scope="session")
def hosting_again():
    """Makes hosting anew in a sandbox that lost its state: `hosting_again(sandbox)`."""
    return lambda sandbox: hosting_in(sandbox, "staging")


def hosting_in(sandbox, profile):
    """Hosting in a sandbox that has none yet, with the echo image pushed."""
    repository, bucket = "echo", f"echo-{profile}"
    reads = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket", "ecr:*"], "Resource": "*"}
    sandbox.role(profile, "serving", reads, trusts={"Service": "sagemaker.amazonaws.com"})
    sandbox.client(profile, "ecr").create_repository(
        repositoryName=repository, imageTagMutability="IMMUTABLE"
    )
    region = {"LocationConstraint": "eu-west-1"}
    sandbox.client(profile, "s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=region)
    return Hosting(sandbox, profile, sandbox.push(profile, repository, ECHO), bucket)
