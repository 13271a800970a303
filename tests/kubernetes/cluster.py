"""A running cluster, and what a test may do to it."""

import http.client
import itertools
import json
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from modeldelivery.release.kubernetes.objects import DIGEST
from sandbox.daemon import running
from sandbox.home import Home
from sandbox.image.build import Blobs, build
from sandbox.image.dockerfile import parse
from sandbox.kubernetes.api import Api, ApiError
from sandbox.kubernetes.cli import ask
from sandbox.kubernetes.layout import GATEWAY, GATEWAY_NAMESPACE, Layout
from tests.conftest import CHECKOUT, ECHO

REGISTRY = "111111111111.dkr.ecr.eu-west-1.amazonaws.com"
PORT = 8080
_NAMES = itertools.count()


@dataclass(frozen=True)
class Cluster:
    """The cluster beside the AWS sandbox in a folder."""

    home: Path

    def run(self, *arguments, check=True):
        """`sandbox kubernetes ARGUMENTS` as a user types it."""
        completed = subprocess.run(
            [sys.executable, "-m", "sandbox", "kubernetes", *map(str, arguments)],
            cwd=CHECKOUT,
            env={**os.environ, "SANDBOX_HOME": str(self.home)},
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        assert not (check and completed.returncode), completed.stderr
        return completed

    @property
    def layout(self):
        return Layout(Home(self.home / "kubernetes"))

    @cached_property
    def api(self):
        """An administrator's view, from outside the cluster's network."""
        return Api(self.layout.kubeconfig, "tests")

    def ask(self, path, body=None, **options):
        return ask(running(self.layout.home), self.layout, path, body, **options)

    def fault(self, **fault):
        self.ask("/sandbox/faults", fault)

    def clear_faults(self, caller):
        """Forget a caller's faults that are pending, and cut its requests that are held."""
        self.ask(f"/sandbox/faults?caller={caller}", method="DELETE")

    def held(self, caller, seconds):
        """The request of a caller that a hold keeps waiting, once there is one; None when there is none in time."""
        path = f"/sandbox/held?caller={caller}&wait={seconds}"
        return next(iter(self.ask(path, seconds=seconds + 10)), None)

    def release(self, caller):
        self.ask("/sandbox/release", {"caller": caller})

    def disturb(self, server, what):
        """Pause, resume or kill a server."""
        self.ask("/sandbox/servers", {"name": server, "what": what})

    def status(self):
        return self.ask("/sandbox/status")

    def calls(self, since=0):
        return self.ask(f"/sandbox/calls?since={since}")

    def image(self, dockerfile=ECHO / "Dockerfile", context=ECHO):
        """Build an image; its name by digest, which this node can run from then on."""
        blobs = Blobs(Home(self.home).blobs)
        return f"{REGISTRY}/test@{build(parse(dockerfile.read_text()), context, blobs).digest}"

    def namespace(self):
        name = f"test-{os.getpid()}-{next(_NAMES)}"
        self.api.create("/api/v1/namespaces", {"metadata": {"name": name}})
        until(lambda: self.there(f"/api/v1/namespaces/{name}/serviceaccounts/default"))
        return Namespace(self, name)

    def there(self, path):
        try:
            return self.api.get(path)
        except ApiError as error:
            if error.status == 404:
                return None
            raise


@dataclass(frozen=True)
class Namespace:
    """One namespace, with what a test puts in it."""

    cluster: Cluster
    name: str

    @property
    def host(self):
        return f"{self.name}.example.com"

    def path(self, group, plural, name=""):
        api = "api/v1" if group == "core" else f"apis/{group}"
        return f"/{api}/namespaces/{self.name}/{plural}{f'/{name}' if name else ''}"

    def get(self, group, plural, name):
        return self.cluster.api.get(self.path(group, plural, name))

    def put(self, group, plural, kind, name, **document):
        """Apply an object; as the API server has it then."""
        version = "v1" if group == "core" else group
        whole = {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **document}
        return self.cluster.api.apply(self.path(group, plural, name), whole)

    def version(
        self, name, image, *, behaviour=None, replicas=1, volumes=(), first=(), digest="", **container
    ):
        """A Deployment and its Service: the echo container, which says `name`, unless `first` lays a model down."""
        model = [{"name": "model", "configMap": {"name": name}}] if not first else list(volumes)
        if not first:
            behaviour = json.dumps({"name": name, **(behaviour or {})})
            self.put("core", "configmaps", "ConfigMap", name, data={"behaviour.json": behaviour})
        probe = {"httpGet": {"path": "/ping", "port": PORT}, "periodSeconds": 1, "failureThreshold": 1}
        server = {
            "name": "server",
            "image": image,
            "env": [
                {"name": "SM_MODEL_DIR", "value": "/opt/ml/model"},
                {"name": "SAGEMAKER_BIND_TO_PORT", "value": str(PORT)},
            ],
            "readinessProbe": probe,
            "volumeMounts": [{"name": "model", "mountPath": "/opt/ml/model"}],
            **container,
        }
        template = {
            "metadata": {"labels": {"version": name}, "annotations": {DIGEST: digest}},
            "spec": {
                "terminationGracePeriodSeconds": 5,
                "initContainers": list(first),
                "containers": [server],
                "volumes": model,
            },
        }
        chosen = {"replicas": replicas, "selector": {"matchLabels": {"version": name}}, "template": template}
        self.put("apps/v1", "deployments", "Deployment", name, spec=chosen)
        ports = [{"port": 80, "targetPort": PORT}]
        self.put("core", "services", "Service", name, spec={"selector": {"version": name}, "ports": ports})
        return name

    def ready(self, name, seconds=180, count=1):
        """Wait until so many Pods of a version are ready."""
        until(
            lambda: self.get("apps/v1", "deployments", name)["status"].get("readyReplicas", 0) >= count,
            seconds,
            lambda: self.pods(name),
        )

    def reachable(self, name, seconds=180):
        """Wait until a version's Service has a Pod behind it, without which a gateway takes no route to it."""
        path = self.path("discovery.k8s.io/v1", "endpointslices")
        listed = f"{path}?labelSelector=kubernetes.io%2Fservice-name%3D{name}"
        until(
            lambda: [
                each
                for piece in self.cluster.api.get(listed)["items"]
                for each in piece["endpoints"] or ()
                if each["conditions"].get("ready")
            ],
            seconds,
        )

    def pods(self, version):
        path = self.path("core", "pods")
        listed = self.cluster.api.get(f"{path}?labelSelector=version%3D{version}")["items"]
        return [pod for pod in listed if "deletionTimestamp" not in pod["metadata"]]

    def container(self, version):
        """The status of a version's one container, once there is one."""
        return until(
            lambda: [c for pod in self.pods(version) for c in pod["status"].get("containerStatuses", ())]
        )[0]

    def route(self, **weights):
        """Write the HTTPRoute with these weights, and wait until the gateway says that it has it."""
        rules = [{"backendRefs": [{"name": name, "port": 80, "weight": w} for name, w in weights.items()]}]
        written = self.put(
            "gateway.networking.k8s.io/v1",
            "httproutes",
            "HTTPRoute",
            "route",
            spec={
                "parentRefs": [{"name": GATEWAY, "namespace": GATEWAY_NAMESPACE}],
                "hostnames": [self.host],
                "rules": rules,
            },
        )
        path = self.path("gateway.networking.k8s.io/v1", "httproutes", "route")
        generation = written["metadata"]["generation"]
        until(lambda: _accepted(self.cluster.api.get(path), generation))

    def invoke(self, body=b"[]", content_type="application/json"):
        """Status and body of a request through the gateway."""
        address = urlsplit(self.cluster.status()["gateway"])
        return invoke(address.hostname, address.port, self.host, body, content_type)

    def shares(self, count):
        """How many of so many requests each version answers."""
        address = urlsplit(self.cluster.status()["gateway"])
        answers = Counter()
        for _ in range(count):
            status, body = invoke(address.hostname, address.port, self.host)
            answers[json.loads(body)["name"] if status == 200 else status] += 1
        return answers

    def delete(self):
        self.cluster.api.delete(f"/api/v1/namespaces/{self.name}")


def invoke(host, port, name, body=b"[]", content_type="application/json"):
    connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        connection.request("POST", "/invocations", body, {"Host": name, "Content-Type": content_type})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def _accepted(route, generation):
    return any(
        condition["observedGeneration"] >= generation
        and (condition["type"], condition["status"]) == ("Accepted", "True")
        for parent in route.get("status", {}).get("parents", ())
        for condition in parent["conditions"]
    )


def until(result, seconds=180.0, told=lambda: ""):
    """What `result` returns, as soon as that is true; else the test fails with what `told` returns."""
    end = time.monotonic() + seconds
    while not (value := result()):
        assert time.monotonic() < end, f"not within {seconds} s: {told()}"
        time.sleep(0.05)
    return value
