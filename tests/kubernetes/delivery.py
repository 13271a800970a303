"""One route with its journal, as `up` made it and `modelctl` finds it: the journal on AWS' sandbox, the route on the cluster.

Many of them lead to the same Deployments; each has a host name of its own.
"""

import time
from dataclasses import dataclass

import msgspec

from modeldelivery.release.core.journal import Served
from modeldelivery.release.naming import Place, parse_environment, parse_model, variant_name
from sandbox.kubernetes.layout import GATEWAY, GATEWAY_NAMESPACE
from tests.conftest import Sandbox
from tests.faults.delivery import A, B, C, Delivery
from tests.kubernetes.cluster import Cluster, Namespace, invoke, until

PROFILE, REGION, ACCOUNT = "staging", "eu-west-1", "111111111111"
SETTLE = 2.0  # seconds; this gateway's throttle is a tenth, and beside other tests it took over half a one
ROUTES = "gateway.networking.k8s.io/v1"


@dataclass(frozen=True)
class Both:
    """AWS and a cluster as one to whoever stops calls: Kubernetes' are a verb and a resource, AWS' a single word."""

    aws: Sandbox
    cluster: Cluster

    def client(self, profile, service):
        return self.aws.client(profile, service)

    def fault(self, **fault):
        (self.cluster if " " in fault["action"] else self.aws).fault(**fault)

    def held(self, caller, deadline=60.0):
        """The call of a caller that a hold keeps waiting, wherever, once there is one."""
        end = time.monotonic() + deadline
        while time.monotonic() < end:
            if held := self.aws.held(caller, 0.1) or self.cluster.held(caller, 0.1):
                return held
        return None

    def release(self, caller):
        self.aws.release(caller)
        self.cluster.release(caller)

    def clear_faults(self, caller):
        self.aws.clear_faults(caller)
        self.cluster.clear_faults(caller)

    def calls(self, caller):
        """Calls of one caller in their order: `{action, time, status}`; AWS' statuses are not recorded."""
        ours = [
            {"action": f"{call['verb']} {call['resource']}", "time": call["time"], "status": call["status"]}
            for call in self.cluster.calls()
            if call["caller"] == caller
        ]
        theirs = [
            {"action": call["action"], "time": call["time"], "status": None}
            for call in self.aws.calls()
            if call["caller"] == caller
        ]
        return sorted(ours + theirs, key=lambda call: call["time"])


@dataclass(frozen=True)
class Hosted:
    """Where deliveries are."""

    sandbox: Both
    namespace: Namespace
    profile: str = PROFILE


@dataclass
class RouteDelivery(Delivery):
    """`release`, `weights` and `remove` of a route; all else is as on SageMaker."""

    settle: float = SETTLE

    def release(self, live, *fleet):
        """Write config."""
        self.news = {
            "routeName": self.place.endpoint,
            "namespace": self.hosting.namespace.name,
            "server": self.hosting.sandbox.cluster.status()["api"],
            "entrance": {
                "gateway": GATEWAY,
                "gatewayNamespace": GATEWAY_NAMESPACE,
                "hostname": self.host,
                "settleSeconds": self.settle,
            },
            "region": self.place.region,
            "allowedAccounts": [self.place.account],
            "profile": self.hosting.profile,
            "release": {"live": live, "fleet": list(fleet)},
            "variants": [
                {"version": v, "digest": digest(v), "name": variant_name(v), "port": 80} for v in fleet
            ],
            "rules": {"rolloutRequired": False, "separateDrop": False, "bakeSeconds": 0},
            "journal": {"bucket": self.place.registry_bucket, "key": self.place.journal_key},
            "labels": {"owner": "ml-platform"},
        }

    @property
    def host(self):
        """Its own on the whole cluster: other workers' routes have the same names, in namespaces of theirs."""
        return f"{self.place.endpoint}.{self.hosting.namespace.name}.example.com"

    @property
    def route(self):
        return self.hosting.namespace.get(ROUTES, "httproutes", self.place.endpoint)

    @property
    def weights(self):
        """What the rules request."""
        refs = self.route["spec"]["rules"][0]["backendRefs"]
        return {each["name"].replace("-", "."): each["weight"] for each in refs}

    @property
    def seal(self):
        return self.route["metadata"]["annotations"]["model-delivery/operation"]

    def answers(self, count=5):
        """Versions that answer so many requests through the gateway, statuses of those that it does not get through."""
        host, port = self.gateway
        given = [invoke(host, port, self.host) for _ in range(count)]
        return {msgspec.json.decode(body)["name"] if status == 200 else status for status, body in given}

    @property
    def gateway(self):
        host, _, port = self.hosting.sandbox.cluster.status()["gateway"].rpartition("/")[2].partition(":")
        return host, int(port)

    def remove(self):
        """Nobody needs it any more."""
        namespace = self.hosting.namespace
        namespace.cluster.api.delete(namespace.path(ROUTES, "httproutes", self.place.endpoint))


def digest(version):
    """Of what serves a version here."""
    return f"sha256:{version}"


def deployed(namespace, image, *versions):
    """A Deployment and a Service of each version, and their pods ready behind it."""
    for version in versions:
        namespace.version(variant_name(version), image, digest=digest(version))
    for version in versions:
        namespace.ready(variant_name(version), seconds=240)
        namespace.reachable(variant_name(version))


def delivered(hosted, model, settle=SETTLE):
    """A new route on which A serves, after B, and B is kept warm."""
    place = Place(
        model=parse_model(model),
        environment=parse_environment(PROFILE),
        account=ACCOUNT,
        region=REGION,
    )
    hosted.sandbox.client(PROFILE, "s3").create_bucket(
        Bucket=place.registry_bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    delivery = RouteDelivery(hosted, place, settle=settle)
    delivery.release(A, A, B)
    delivery.up()
    served = (Served(version=B, since=1.0, whole=1.0), *delivery.journal.served)
    delivery.write(msgspec.structs.replace(delivery.journal, served=served))
    until(lambda: delivery.answers() == {variant_name(A)})
    return delivery


VERSIONS = (A, B, C)
