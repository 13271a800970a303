"""The resource's life on AWS in memory: config's inputs, and what the engine does with them."""

import threading
from dataclasses import dataclass, field

from modeldelivery.plugin.protocol import Resource
from modeldelivery.provider.endpoint import EndpointResource
from modeldelivery.release.core.journal import Journal, decode, encode
from modeldelivery.release.naming import variant_name
from tests.fakes.aws import FakeAws

A, B, C = "v1.0.0", "v1.1.0", "v1.2.0"
NAME, KEY = "flights-staging", "journal/flights-staging.json"
BUCKET = "flights-staging-registry-111111111111-eu-west-1"
RESOURCE = Resource(urn="urn:endpoint", type=EndpointResource.TYPE, name="flights")


class Interrupts(threading.Event):
    """The user's; until then a pause takes no time but the account's own."""

    def __init__(self, aws):
        super().__init__()
        self._aws = aws

    def wait(self, timeout=None):
        self._aws.seconds += timeout
        return self.is_set()


@dataclass
class EngineLog:
    told: list = field(default_factory=list)
    warnings: list = field(default_factory=list)

    def info(self, message, urn=""):  # noqa: ARG002
        self.told.append(message)

    status = debug = info

    def warning(self, message, urn=""):  # noqa: ARG002
        self.warnings.append(message)


class Stack:
    """One stack with the endpoint as its only resource; `state` is what the engine remembers of it."""

    resource = RESOURCE

    def __init__(self, aws=None):
        self.aws = aws or FakeAws(buckets={BUCKET})
        self.interrupts, self.log = Interrupts(self.aws), EngineLog()
        self.opened = []
        self.endpoint = EndpointResource(self.log, self.interrupts, self._open)
        self.state = None

    def _open(self, profile, region):
        self.opened.append((profile, region))
        return self.aws.account

    def config(self, live, *fleet, counts=None, instance_type="ml.m5.large", **more):
        """The resource's inputs."""
        return {
            "endpointName": NAME,
            "region": "eu-west-1",
            "allowedAccounts": ["111111111111"],
            "profile": "staging",
            "release": {"live": live, "fleet": list(fleet)},
            "variants": [
                {
                    "version": version,
                    "digest": f"sha256:{version}",
                    "modelName": variant_name(version),
                    "instanceType": instance_type,
                    "instanceCount": (counts or {}).get(version, 1),
                }
                for version in fleet
            ],
            "rules": {"rolloutRequired": False, "separateDrop": False, "bakeSeconds": 0},
            "journal": {"bucket": BUCKET, "key": KEY},
            "tags": {"owner": "ml"},
        } | more

    def check(self, news):
        return self.endpoint.check(self.resource, news)

    def changes(self, news):
        """Properties that an update would change, as a preview shows them."""
        checked = self.check(news)
        assert not checked.failures, checked.failures
        return set(self.endpoint.diff(self.resource, self.state or {}, dict(checked.inputs)).changes)

    def up(self, live, *fleet, timeout=600, **more):
        """Check, then create or update; the outputs."""
        news = dict(self.check(self.config(live, *fleet, **more)).inputs)
        if self.state is None:
            outputs = self.endpoint.create(self.resource, news, timeout=timeout, preview=False).outputs
        else:
            outputs = self.endpoint.update(self.resource, self.state, news, timeout=timeout, preview=False)
        self.state = news
        return outputs

    @property
    def arn(self):
        return self.aws.arn("endpoint", NAME)

    @property
    def weights(self):
        shown = self.aws.endpoints[NAME]["ProductionVariants"]
        return {v["VariantName"].replace("-", "."): v["CurrentWeight"] for v in shown}

    @property
    def journal(self):
        return decode(self.aws.objects[KEY][0], "the journal")

    def write(self, journal: Journal):
        self.aws.objects[KEY] = encode(journal), self.aws.objects[KEY][1]
