"""One endpoint with its journal, as `up` made it and `modelctl` finds it; many of them side by side in one account."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field

import msgspec

from modeldelivery.release.core.journal import Journal, Served
from modeldelivery.release.naming import Place, parse_environment, parse_model, variant_name
from modeldelivery.release.version import parse_version
from tests.conftest import CHECKOUT, Hosting
from tests.faults.update import update

# These files' own: models of an account share their names with those of the other tests.
A, B, C = (parse_version(version) for version in ("v5.0.0", "v5.1.0", "v5.2.0"))
DEADLINE = 180.0  # seconds for any process


@dataclass
class Delivery:
    """Config says what a test told it last; `state` is what the engine remembers of the endpoint."""

    hosting: Hosting
    place: Place
    state: dict | None = None
    news: dict = field(default_factory=dict)

    def release(self, live, *fleet):
        """Write config."""
        self.news = {
            "endpointName": self.place.endpoint,
            "region": self.place.region,
            "allowedAccounts": [self.place.account],
            "profile": self.hosting.profile,
            "release": {"live": live, "fleet": list(fleet)},
            "variants": [
                {
                    "version": version,
                    "digest": f"sha256:{version}",
                    "modelName": variant_name(version),
                    "instanceType": "ml.m5.large",
                    "instanceCount": 1,
                }
                for version in fleet
            ],
            "rules": {"rolloutRequired": False, "separateDrop": False, "bakeSeconds": 0},
            "journal": {"bucket": self.place.registry_bucket, "key": self.place.journal_key},
            "tags": {"owner": "ml-platform"},
        }

    def up(self):
        """An `up` that ends; whether it had anything to do. Raises ProviderError."""
        self.state, changed = update(self.state, self.news)
        return changed

    def up_process(self, caller):
        """The same as a process of its own, which calls itself `caller`."""
        process = self._start(caller, sys.executable, "-m", "tests.faults.update", stdin=subprocess.PIPE)
        process.stdin.write(json.dumps({"olds": self.state, "news": self.news}))
        process.stdin.close()
        process.stdin = None  # communicate() would flush it
        return process

    def modelctl_process(self, caller, *arguments):
        named = ("--env", self.place.environment, "--model", self.place.model)
        return self._start(caller, CHECKOUT / ".venv" / "bin" / "modelctl", *arguments, *named)

    def modelctl(self, *arguments, deadline=DEADLINE):
        """A command that ends: its status, and all it said."""
        process = self.modelctl_process("", *arguments)
        output, complained = process.communicate(timeout=deadline)
        return process.returncode, output + complained

    def rollback(self):
        return self.modelctl("rollback", "--reason", "errors doubled", "--actor", "ada")

    def status(self):
        return json.loads(self.modelctl("status", "--json")[1])

    @property
    def journal(self):
        response = self.hosting.sandbox.client(self.hosting.profile, "s3").get_object(
            Bucket=self.place.registry_bucket, Key=self.place.journal_key
        )
        return msgspec.json.decode(response["Body"].read(), type=Journal)

    def write(self, journal):
        self.hosting.sandbox.client(self.hosting.profile, "s3").put_object(
            Bucket=self.place.registry_bucket, Key=self.place.journal_key, Body=msgspec.json.encode(journal)
        )

    @property
    def weights(self):
        """Current weights, once nothing is under way."""
        shown = self.hosting.settled(self.place.endpoint)
        return {v["VariantName"].replace("-", "."): v["CurrentWeight"] for v in shown["ProductionVariants"]}

    @property
    def config(self):
        return self.hosting.settled(self.place.endpoint)["EndpointConfigName"]

    def configs(self):
        """Names of every endpoint configuration made for this endpoint."""
        result = self.hosting.sagemaker.list_endpoint_configs(NameContains=self.place.endpoint)
        return [config["EndpointConfigName"] for config in result["EndpointConfigs"]]

    def remove(self):
        """Nobody needs it any more."""
        self.hosting.settled(self.place.endpoint)
        self.hosting.sagemaker.delete_endpoint(EndpointName=self.place.endpoint)

    def _start(self, caller, *command, **more):
        return subprocess.Popen(
            list(map(str, command)),
            cwd=CHECKOUT,
            env=_environ() | {"AWS_SDK_UA_APP_ID": caller},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **more,
        )


def _environ():
    """This process's variables, while pytest gives and takes its own in another thread."""
    return {name: value for name in list(os.environ) if (value := os.environ.get(name)) is not None}


def delivered(hosting, model):
    """A new endpoint on which A serves, after B, and B is kept warm."""
    place = Place(
        model=parse_model(model),
        environment=parse_environment(hosting.profile),
        account="111111111111",
        region="eu-west-1",
    )
    hosting.sandbox.client(hosting.profile, "s3").create_bucket(
        Bucket=place.registry_bucket, CreateBucketConfiguration={"LocationConstraint": place.region}
    )
    delivery = Delivery(hosting, place)
    delivery.release(A, A, B)
    delivery.up()
    served = (Served(version=B, since=1.0, whole=1.0), *delivery.journal.served)
    delivery.write(msgspec.structs.replace(delivery.journal, served=served))
    return delivery
