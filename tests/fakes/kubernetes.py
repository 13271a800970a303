"""An API server of Kubernetes in memory, as far as a release speaks to it, with the controllers that a release waits for.

What a release relies on is as the real one has it: resourceVersion compared on a write, kept by one that changes nothing, and
raised by anyone's; generation raised by a changed spec alone; the time of each manager's fields; clocks of whole seconds.
"""

import copy
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from itertools import count
from urllib.parse import parse_qs, urlsplit

from urllib3.exceptions import ReadTimeoutError

from modeldelivery.release.kubernetes.bearer import Bearer
from modeldelivery.release.kubernetes.objects import DIGEST, Namespace
from modeldelivery.release.kubernetes.server import ApiServer
from tests.fakes.journal import START
from tests.fakes.time import FakeTime

NAMESPACE = Namespace("flights-prod")
ADDRESS = "https://prod.example.com"
GATEWAY = "gateway"  # field manager of a route's status
PUBLIC = "public"  # the gateway that there is


@dataclass
class Answer:
    status: int
    data: bytes
    headers: dict[str, str]


@dataclass
class FakeCluster:
    """A Pool.

    Attributes:
        looks_after: seconds until the gateway has looked at a changed route, and says so.
        lag: seconds for which its data plane goes on as before after that.
        runs_since: in seconds of `time`, the gateway; infinite while it does not (`gateway_ends`, `gateway_begins`).
        scales_at: in seconds of `time`, from when on autoscalers have pods started; infinite where they never do.
        refuses: what the gateway says of a route that it does not take, by the condition's type.
        faults: what happens to the next requests: a status to answer, an exception to raise, or "lost" (carried out, no answer).
        token: that lets somebody in.
        requests: method and path of each.
    """

    time: FakeTime
    looks_after: float = 0.0
    lag: float = 0.0
    runs_since: float = 0.0
    scales_at: float = 0.0
    refuses: dict[str, str] = field(default_factory=dict)
    faults: list[int | str | Exception | Callable[[], object]] = field(default_factory=list)
    token: str = "token"
    requests: list[tuple[str, str]] = field(default_factory=list)
    objects: dict[str, dict] = field(default_factory=dict)
    _landed: dict[str, float] = field(default_factory=dict)
    _looked: dict[str, int] = field(default_factory=dict)
    _served: list[tuple[float, dict[str, int]]] = field(default_factory=list)
    _versions: count = field(default_factory=lambda: count(1))

    @property
    def server(self) -> ApiServer:
        bearer = Bearer(makes=lambda: self.token)
        return ApiServer(pool=self, address=ADDRESS, bearer=bearer, clock=lambda: self.time.seconds)

    @property
    def now(self) -> float:
        return START + self.time.seconds

    def deploy(self, name, digest="", replicas=1, ready=None, *, service=True, autoscaler=None):
        """A Deployment that runs, its Service, and an autoscaler between two bounds."""
        ready = replicas if ready is None else ready
        self._store(
            f"{NAMESPACE.deployments()}/{name}",
            {
                "metadata": {"name": name},
                "spec": {
                    "replicas": replicas,
                    "template": {"metadata": {"annotations": {DIGEST: digest}}},
                },
                "status": {"replicas": replicas, "updatedReplicas": replicas}
                | {"availableReplicas": ready, "readyReplicas": ready, "observedGeneration": 1},
            },
        )
        if service:
            self._store(f"{NAMESPACE.services()}/{name}", {"metadata": {"name": name}})
        if autoscaler:
            least, most = autoscaler
            self._store(
                NAMESPACE.autoscaler(name),
                {
                    "metadata": {"name": name},
                    "spec": {
                        "scaleTargetRef": {"kind": "Deployment", "name": name},
                        "minReplicas": least,
                        "maxReplicas": most,
                    },
                },
            )

    def deliver_route(self, name, journal, hostname=""):
        """An HTTPRoute without rules, as Argo CD applies it."""
        spec = {"parentRefs": [{"name": "public", "namespace": "gateways"}]} | (
            {"hostnames": [hostname]} if hostname else {}
        )
        metadata = {"name": name, "annotations": {"model-delivery/journal": journal}}
        rules = [{"matches": [{"path": {"type": "PathPrefix", "value": "/"}}]}]  # the schema's own
        body = {"metadata": metadata, "spec": spec | {"rules": rules}}
        self._patch(NAMESPACE.route(name), body, "argocd-controller", made=True)

    def gateway_ends(self):
        """It looks at nothing any more; what it had told its data plane stays in force."""
        self._control()
        self.runs_since = math.inf

    def gateway_begins(self):
        """It looks at all that was written while it was away."""
        self.runs_since = self.time.seconds

    def lose_service(self, name, route):
        """A Service is deleted. Its gateway says of the route that leads there, whatever the weight, that it does not resolve."""
        self._control()
        del self.objects[f"{NAMESPACE.services()}/{name}"]
        self._say(route, self._judged(self.objects[route]), self.now)

    def gateway_says_more(self, path):
        """It gives its conditions of a route another message: of what it has taken there is nothing new."""
        self._control()
        parents = self.objects[path]["status"]["parents"]
        told = {"message": f"said at {self.now}"}
        self._say(
            path,
            [{**each, "conditions": [{**one, **told} for one in each["conditions"]]} for each in parents],
            self.now,
        )

    def edit(self, path, body, manager="kubectl-edit"):
        """Somebody's own write."""
        return self._patch(path, body, manager)

    def answers(self, instant=None):
        """What the data plane gives each backend at an instant, by the rules that it has by then."""
        self._control()
        instant = self.now if instant is None else instant
        due = [weights for at, weights in self._served if at <= instant]
        return due[-1] if due else {}

    def request(self, method, url, *, body=None, headers=None):
        path, query = urlsplit(url).path, parse_qs(urlsplit(url).query)
        self.requests.append((method, path))
        fault = self.faults.pop(0) if self.faults else None
        if callable(fault):
            fault()
            fault = None
        if isinstance(fault, Exception):
            raise fault
        if isinstance(fault, int):
            return self._status(fault, "Fault", "as the test wants")
        if (headers or {}).get("Authorization") != f"Bearer {self.token}":
            return self._status(401, "Unauthorized", "Unauthorized")
        self._control()
        answer = self._carried_out(method, path, query, json.loads(body) if body else None, headers or {})
        if fault == "lost":
            raise ReadTimeoutError(self, path, "Read timed out.")
        return answer

    def _carried_out(self, method, path, query, body, headers):
        existing = self.objects.get(path)
        if method == "GET" and existing is None and path.rsplit("/", 1)[1] in KINDS:
            items = [each for at, each in self.objects.items() if at.rsplit("/", 1)[0] == path]
            return self._ok({"kind": "List", "items": items})
        if method == "POST":
            name = f"{path}/{body['metadata']['name']}"
            if name in self.objects:
                return self._status(409, "AlreadyExists", f"{name} already exists")
            return self._ok(self._patch(name, body, query["fieldManager"][0], made=True), 201)
        if path.endswith("/scale"):
            return self._scaled(path.removesuffix("/scale"), body)
        if existing is None:
            kind, name = path.rsplit("/", 2)[1:]
            return self._status(404, "NotFound", f'{kind} "{name}" not found', name)
        if method == "DELETE":
            del self.objects[path]
            return self._ok({"kind": "Status", "status": "Success"})
        if method == "PATCH":
            assert headers["Content-Type"] == "application/merge-patch+json"
            wanted = body["metadata"].pop("resourceVersion", None) if "metadata" in body else None
            if wanted not in {None, existing["metadata"]["resourceVersion"]}:
                return self._status(409, "Conflict", "the object has been modified")
            return self._ok(self._patch(path, body, query["fieldManager"][0]))
        return self._ok(existing)

    def _patch(self, path, body, manager, *, made=False):
        before = self.objects.get(path, {"metadata": {}})
        after = _defaulted(_merged(copy.deepcopy(before), body))
        changed = _changed(before, after)
        if not changed:
            return before  # a write that changes nothing keeps the version
        metadata = after["metadata"]
        if made:
            metadata |= {"uid": f"uid-{next(self._versions)}", "creationTimestamp": self._stamp()}
        if after.get("spec") != before.get("spec"):
            metadata["generation"] = before["metadata"].get("generation", 0) + 1
            self._landed[path] = self.time.seconds
        metadata["managedFields"] = self._managed(before, changed, manager)
        return self._store(path, after)

    def _managed(self, before, changed, manager):
        """Fields that changed are the manager's from now on, and its time is that of the last one."""
        entries = copy.deepcopy(before["metadata"].get("managedFields", []))
        mine = next((each for each in entries if each["manager"] == manager), None)
        if mine is None:
            mine = {"manager": manager, "operation": "Update", "fieldsV1": {}}
            entries.append(mine)
        mine["time"] = self._stamp()
        for part, name in changed:
            for each in entries:
                each["fieldsV1"].get(f"f:{part}", {}).pop(f"f:{name}", None)
            mine["fieldsV1"].setdefault(f"f:{part}", {})[f"f:{name}"] = {}
        return entries

    def _store(self, path, body):
        body["metadata"]["resourceVersion"] = str(next(self._versions))
        body["metadata"].setdefault("generation", 1)
        self.objects[path] = body
        return body

    def _control(self):
        """The gateway looks at changed routes, autoscalers raise what is below their least, and pods become ready."""
        for path, each in list(self.objects.items()):
            if "/httproutes/" in path:
                self._look_at(path, each)
            if "/horizontalpodautoscalers/" in path and self.time.seconds >= self.scales_at:
                name = each["spec"]["scaleTargetRef"]["name"]
                spec = self.objects[f"{NAMESPACE.deployments()}/{name}"]["spec"]
                spec["replicas"] = max(spec["replicas"], each["spec"]["minReplicas"])
                self._run(f"{NAMESPACE.deployments()}/{name}")

    def _look_at(self, path, route):
        landed, generation = self._landed[path], route["metadata"]["generation"]
        if "status" in route and self._looked.get(path) == generation:
            return
        looked = max(landed, self.runs_since) + self.looks_after
        if self.time.seconds < looked:
            return
        self._looked[path] = generation
        parents = self._judged(route)
        self._say(path, parents, START + looked)
        if not self.refuses:
            refs = route["spec"]["rules"][0].get("backendRefs", []) if parents else []
            weights = {ref["name"]: ref["weight"] for ref in refs}
            self._served.append((START + looked + self.lag, weights))

    def _judged(self, route):
        """What the gateway says of a route, if that names it; of another gateway's nobody says anything."""
        refs = [ref["name"] for rule in route["spec"]["rules"] for ref in rule.get("backendRefs", [])]
        lacking = [name for name in refs if f"{NAMESPACE.services()}/{name}" not in self.objects]
        refused = ({"ResolvedRefs": f"no service {lacking[0]}"} if lacking else {}) | self.refuses
        conditions = [
            {
                "type": kind,
                "status": "False" if kind in refused else "True",
                "reason": kind,
                "message": refused.get(kind, ""),
                "observedGeneration": route["metadata"]["generation"],
            }
            for kind in ("Accepted", "ResolvedRefs")
        ]
        parents = [ref for ref in route["spec"].get("parentRefs", []) if ref["name"] == PUBLIC]
        return [{"parentRef": ref, "conditions": conditions} for ref in parents]

    def _say(self, path, parents, instant):
        """The gateway writes a route's status."""
        route = self.objects[path]
        others = [each for each in route["metadata"]["managedFields"] if each["manager"] != GATEWAY]
        mine = {
            "manager": GATEWAY,
            "operation": "Update",
            "subresource": "status",
            "time": self._stamp(instant),
            "fieldsV1": {"f:status": {"f:parents": {}}},
        }
        metadata = {**route["metadata"], "managedFields": [*others, mine]}
        self._store(path, {**route, "metadata": metadata, "status": {"parents": parents}})

    def _scaled(self, path, body):
        self.objects[path]["spec"]["replicas"] = body["spec"]["replicas"]
        self._run(path)
        return self._ok({"kind": "Scale"})

    def _run(self, path):
        deployment = self.objects[path]
        replicas = deployment["spec"]["replicas"]
        counts = ("replicas", "updatedReplicas", "availableReplicas", "readyReplicas")
        deployment["status"] |= dict.fromkeys(counts, replicas)

    def _stamp(self, instant=None):
        whole = int(self.now if instant is None else instant)
        return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%SZ}"

    def _ok(self, body, status=200):
        return self._answered(status, body)

    def _status(self, code, reason, message, name=""):
        body = {"kind": "Status", "status": "Failure", "reason": reason, "message": message, "code": code}
        return self._answered(code, body | {"details": {"name": name} if name else {}})

    def _answered(self, status, body):
        return Answer(status, json.dumps(body).encode(), {"Date": formatdate(self.now, usegmt=True)})


KINDS = {"httproutes", "deployments", "services", "horizontalpodautoscalers", "pods"}


def _merged(target, patch):
    """RFC 7396."""
    for key, value in patch.items():
        if value is None:
            target.pop(key, None)
        elif isinstance(value, dict):
            target[key] = _merged(target.get(key) if isinstance(target.get(key), dict) else {}, value)
        else:
            target[key] = value
    return target


def _defaulted(body):
    """What the Gateway API's schema fills in."""
    for rule in body.get("spec", {}).get("rules", []):
        for ref in rule.get("backendRefs", []):
            ref.setdefault("weight", 1)
            ref.setdefault("kind", "Service")
    return body


def _changed(before, after):
    """Part and name of each field that differs."""
    fields = [("spec", name) for name in {*before.get("spec", {}), *after.get("spec", {})}]
    differing = [
        (part, name)
        for part, name in fields
        if before.get(part, {}).get(name) != after.get(part, {}).get(name)
    ]
    metadata = ("annotations", "labels")
    return sorted(
        differing
        + [
            ("metadata", name)
            for name in metadata
            if before["metadata"].get(name) != after["metadata"].get(name)
        ]
    )
