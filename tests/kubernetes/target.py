"""A route on the cluster as the contract's target."""

import itertools
import time

import pytest

from modeldelivery.release.core.request import Entrance, RouteMember
from modeldelivery.release.kubernetes.connection import connect
from modeldelivery.release.kubernetes.fleet import KubernetesFleet
from modeldelivery.release.kubernetes.kubeconfig import read_kubeconfig
from modeldelivery.release.kubernetes.objects import Namespace
from modeldelivery.release.kubernetes.traffic import KubernetesTraffic
from modeldelivery.release.naming import variant_name
from sandbox.kubernetes.layout import GATEWAY, GATEWAY_NAMESPACE
from tests.contract.conftest import A, B, C, Target
from tests.fakes.journal import FakeJournal
from tests.fakes.time import FakeTime
from tests.kubernetes.cluster import until
from tests.kubernetes.delivery import deployed, digest

SETTLE, LONG = 0.2, 2.0  # seconds
_numbers = itertools.count(1)


class Journal(FakeJournal):
    """In memory, by the machine's clock: what is tried here is the route."""

    def __init__(self):
        super().__init__(FakeTime())

    def _stored(self):
        self.started = time.time()
        return super()._stored()


@pytest.fixture(scope="module")
def versions(cluster):
    """A namespace in which A, B and C are served."""
    made = cluster.namespace()
    deployed(made, cluster.image(), A, B, C)
    yield made
    made.delete()


@pytest.fixture
def target(cluster, versions):
    """A route that is not there yet, with a journal that is not there either."""
    name = f"contract-{next(_numbers)}"
    cluster_ = read_kubeconfig([cluster.layout.kubeconfig]).cluster()
    # Patient: what the contract says holds on a slow machine too, and no retry is made of a write.
    server = connect(cluster_, patient=True)
    traffic = KubernetesTraffic(server=server, namespace=Namespace(versions.name), name=name)

    def fleet(port=80, settle=SETTLE):
        return KubernetesFleet(
            traffic=traffic,
            members={
                v: RouteMember(version=v, digest=digest(v), name=variant_name(v), port=port)
                for v in (A, B, C)
            },
            entrance=Entrance(
                gateway=GATEWAY,
                gateway_namespace=GATEWAY_NAMESPACE,
                hostname=f"{name}.{versions.name}.example.com",
                settle_seconds=settle,
            ),
            owner="s3://contract/journal",
        )

    def breaks():
        """To a port that no Service has: the gateway finds no backend."""
        _changed(fleet(port=9999), (A,), {A: 100}, "")

    def stays_busy():
        _changed(fleet(settle=LONG), (A, B), {A: 100, B: 0}, traffic.describe().token)
        traffic.move({A: 50, B: 50}, token=traffic.describe().token, operation="op-long")

    yield Target(
        "Kubernetes", traffic, fleet(), lambda: time.sleep(0.05), lambda _: fleet(port=9000), breaks, stays_busy,
        clock=time, store=Journal(),
    )  # fmt: skip
    if traffic.describe() is not None:
        server.delete(traffic.namespace.route(name))
    _scaled_back(versions)


def _changed(fleet, members, weights, token):
    config = fleet.name(members)
    fleet.prepare(config, members, weights)
    fleet.change(config, token=token, operation="op")


def _scaled_back(namespace):
    """One pod of each version again, and no more that ends."""
    for version in (A, B, C):
        path = namespace.path("apps/v1", "deployments", variant_name(version))
        if namespace.cluster.api.get(path)["spec"]["replicas"] == 1:
            continue
        namespace.cluster.api.patch(f"{path}/scale", {"spec": {"replicas": 1}})
        until(lambda path=path: namespace.cluster.api.get(path)["status"].get("replicas") == 1)
