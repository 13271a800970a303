"""An environment on Kubernetes with the real engine and the official provider, as a test uses it."""

import copy
import json

import pytest

from sandbox.environment import KUBERNETES_PROVIDER
from tests.conftest import CHECKOUT
from tests.faults.kill import killed_pulumi
from tests.kubernetes.cluster import invoke
from tests.kubernetes.delivery import Both
from tests.models import iris
from tests.stacks.conftest import push
from tests.stacks.stack import Stack

OFFICIAL = "pulumi-resource-kubernetes"  # what the official provider calls itself


class Edge(Stack):
    """A stack whose route is in a cluster; its name is also what AWS_SDK_UA_APP_ID calls its programs."""

    cluster = None

    @property
    def place(self):
        """Name of the namespace and of the route."""
        return f"flights-{self.name}"

    @property
    def route(self):
        """Path of the route."""
        return f"/apis/gateway.networking.k8s.io/v1/namespaces/{self.place}/httproutes/{self.place}"

    def weights(self):
        """By variant, as the rules request them."""
        rules = self.cluster.api.get(self.route)["spec"]["rules"]
        return {ref["name"].removeprefix(f"{self.place}-"): ref["weight"] for ref in rules[0]["backendRefs"]}

    def answers(self):
        """The version that answers a request through the gateway; its status where that is not 200."""
        address, _, port = self.cluster.status()["gateway"].rpartition("/")[2].partition(":")
        hostname = self.config["config"]["model-delivery:serving"]["kubernetes"]["hostname"]
        status, body = invoke(address, int(port), hostname, json.dumps(iris.instances(1)[0]).encode())
        return json.loads(body)["model_version"] if status == 200 else status

    def killed_up(self, point):
        """SIGKILL of a real `pulumi up` at a call of AWS or of Kubernetes; what it had started and still runs."""
        return killed_pulumi(self, Both(self.sandbox, self.cluster), point, late=(OFFICIAL,))

    def calls(self):
        """Requests to the cluster of `modelctl`, of this project's provider and of the official one."""
        return [call for call in self.cluster.calls() if call["caller"] in {self.name, OFFICIAL}]

    def serving_at(self, **changes):
        """Change where config says that it serves; what it said before."""
        before = self.config["config"]["model-delivery:serving"]
        after = copy.deepcopy(before)
        after["kubernetes"].update(changes)
        self.set("serving", after)
        return before

    def register(self, *versions):
        """Build the model server's image and register models that differ, each approved."""
        image = push(self, CHECKOUT, "--file", "pipelines/server/Dockerfile")
        for number, version in enumerate(versions, 1):
            path = self.folder / f"{version}.tar.gz"
            path.write_bytes(iris.train(0.1 * number))
            self.register_approved(version, image, path, f"irises-{version}")


def edge(name, cluster, aws, folder, kind=Edge):
    """The stack of a committed environment, of a kind of Edge, with nothing made yet; skipped aloud without the official provider."""
    if not KUBERNETES_PROVIDER.exists():
        pytest.skip("the Kubernetes provider is not there: `make setup-kubernetes` makes it")
    folder.mkdir(exist_ok=True)
    stack = kind(name, aws, folder, {"AWS_SDK_UA_APP_ID": name})
    stack.cluster = cluster
    stack.no_release()
    return stack
