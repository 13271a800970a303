"""A route on a cluster in memory, on which A served before B unless said otherwise, and who acts on it."""

from modeldelivery.release.core import rollback, up
from modeldelivery.release.core.request import Entrance, Release, Request, RouteMember, Rules
from modeldelivery.release.kubernetes.fleet import KubernetesFleet
from modeldelivery.release.kubernetes.traffic import KubernetesTraffic
from modeldelivery.release.naming import variant_name
from modeldelivery.release.runner import Runner
from modeldelivery.release.version import Version
from tests.fakes.journal import FakeJournal
from tests.fakes.kubernetes import NAMESPACE, FakeCluster
from tests.fakes.time import FakeTime

A, B, C = Version("v1.0.0"), Version("v1.1.0"), Version("v1.2.0")
DIGESTS = {A: "sha256:a", B: "sha256:b", C: "sha256:c"}
ROUTE = "flights-prod"
PATH = NAMESPACE.route(ROUTE)
SETTLE = 2.0


def backend(version):
    return f"{ROUTE}-{variant_name(version)}"


class ClusterBench:
    """Each run of a command is a new operation, with a look of its own at the cluster."""

    def __init__(self, fleet=(A, B), live=B, **cluster):
        self.time = FakeTime()
        self.store = FakeJournal(self.time)
        self.cluster = FakeCluster(self.time, **cluster)
        for version in (A, B, C):
            self.cluster.deploy(backend(version), DIGESTS[version])
        self.up("op1", A, fleet)
        if live != A:
            self.up("op2", live, fleet)
        self.time.sleep(60)
        self.store.written.clear()
        self.cluster.requests.clear()

    def traffic(self):
        return KubernetesTraffic(server=self.cluster.server, namespace=NAMESPACE, name=ROUTE)

    def fleet(self, traffic=None, hostname=""):
        return KubernetesFleet(
            traffic=traffic or self.traffic(),
            members={v: RouteMember(version=v, digest=DIGESTS[v], name=backend(v)) for v in (A, B, C)},
            entrance=Entrance(gateway="public", gateway_namespace="gateways", hostname=hostname),
            owner="s3://flights-prod-registry/journal/flights-prod.json",
        )

    def an_up(self, operation, live, fleet=(A, B), config=None, rules=None):
        return up.Up(
            operation=operation,
            actor="ci",
            request=Request(release=Release(live=live, fleet=fleet), digests=DIGESTS, rules=rules or Rules()),
            config=config or self.fleet().name,
            shown=None,
            serving=None,
        )

    def up(self, operation, live, fleet=(A, B), rules=None, **options):
        traffic = self.traffic()
        port = self.fleet(traffic, **options)
        command = self.an_up(operation, live, fleet, port.name, rules)
        return self.runner(traffic, operation, fleet=port).run(lambda view: up.decide(command, view))

    def rollback(self, operation="op3", patience=300.0, **options):
        goal = rollback.Rollback(operation=operation, actor="ada", reason="5xx", **options)
        return self.runner(self.traffic(), operation, patience).run(lambda view: rollback.decide(goal, view))

    def runner(self, traffic, operation, patience=300.0, fleet=None):
        return Runner(
            store=self.store,
            traffic=traffic,
            fleet=fleet,
            clock=self.time,
            progress=self.time,
            patience=patience,
            operation=operation,
        )

    def move(self, weights, operation="op-up"):
        """A call alone, as of an operation whose owner dies after it."""
        traffic = self.traffic()
        traffic.move(weights, token=traffic.describe().token, operation=operation)

    @property
    def endpoint(self):
        return self.traffic().describe()

    @property
    def answers(self):
        """Versions that the gateway's data plane gives requests to."""
        names = {backend(v): v for v in (A, B, C)}
        return {names[name]: weight for name, weight in self.cluster.answers().items() if weight}

    @property
    def route(self):
        return self.cluster.objects[PATH]

    @property
    def rejected(self):
        return [r.version for r in self.store.journal.rejections]
