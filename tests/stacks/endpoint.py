"""An endpoint with a journal, made without the Pulumi engine: what `modelctl` needs to find."""

import subprocess
import sys

import msgspec

from modeldelivery.release.core.endpoint import Incarnation
from modeldelivery.release.core.journal import Event, EventKind, Journal, Served
from modeldelivery.release.naming import Place, parse_environment, parse_model
from modeldelivery.release.version import parse_version
from tests.conftest import CHECKOUT

V1, V2 = parse_version("v1.0.0"), parse_version("v2.0.0")
BOTH = {V1: 0, V2: 100}


class LiveEndpoint:
    """One environment with an endpoint on which v2.0.0 serves and v1.0.0 did before."""

    def __init__(self, hosting, model, **config):
        """`config`: members of the endpoint's configuration beside its variants."""
        self.sandbox, self._hosting = hosting.sandbox, hosting
        self.place = Place(
            model=parse_model(model),
            environment=parse_environment("staging"),
            account="111111111111",
            region="eu-west-1",
        )
        self.s3 = self.sandbox.client("staging", "s3")
        self.s3.create_bucket(
            Bucket=self.place.registry_bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        variants = {"v1-0-0": 0, "v2-0-0": 100}
        hosting.sagemaker.create_endpoint_config(
            EndpointConfigName=self.place.endpoint,
            ProductionVariants=[
                {
                    "VariantName": variant,
                    "ModelName": self._model(f"{model}-{variant}"),
                    "InitialInstanceCount": 1,
                    "InstanceType": "ml.m5.large",
                    "InitialVariantWeight": weight,
                }
                for variant, weight in variants.items()
            ],
            **config,
        )
        hosting.endpoint(self.place.endpoint, self.place.endpoint)
        self.start()

    def _model(self, name):
        return self._hosting.model(name)

    def start(self):
        """v2.0.0 has all traffic, and the journal says that `up` decided so."""
        self._hosting.weigh(self.place.endpoint, **{"v1-0-0": 0, "v2-0-0": 100})
        shown = self._hosting.settled(self.place.endpoint)
        self._hosting.sagemaker.delete_tags(
            ResourceArn=shown["EndpointArn"], TagKeys=["model-delivery:unrecorded"]
        )
        self.write(
            Journal(
                incarnation=Incarnation(shown["EndpointArn"], shown["CreationTime"].timestamp()),
                live=V2,
                fleet=(V2, V1),
                weights=BOTH,
                digests={V1: "sha256:1", V2: "sha256:2"},
                served=(Served(version=V1, since=1.0, whole=1.0), Served(version=V2, since=2.0, whole=2.0)),
                decision=Event(
                    operation="up-1",
                    kind=EventKind.UP,
                    at=2.0,
                    actor="ci",
                    reason="live",
                    source={V1: 100},
                    target=BOTH,
                ),
            )
        )

    def write(self, journal):
        self.s3.put_object(
            Bucket=self.place.registry_bucket, Key=self.place.journal_key, Body=msgspec.json.encode(journal)
        )

    @property
    def journal(self):
        response = self.s3.get_object(Bucket=self.place.registry_bucket, Key=self.place.journal_key)
        return msgspec.json.decode(response["Body"].read(), type=Journal)

    @property
    def weights(self):
        return self._hosting.weights(self.place.endpoint)

    def weigh(self, **weights):
        self._hosting.weigh(self.place.endpoint, **weights)
        self._hosting.settled(self.place.endpoint)

    def run(self, command, *arguments, env=None):
        return subprocess.run(
            [
                sys.executable,
                "-m",
                "modeldelivery.release.cli",
                command,
                "--env",
                "staging",
                "--model",
                self.place.model,
                *arguments,
            ],
            cwd=CHECKOUT,
            env={**self.sandbox.env, **(env or {})},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
