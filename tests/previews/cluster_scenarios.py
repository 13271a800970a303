"""Changes of an environment on Kubernetes, as `scenarios.py` has SageMaker's: names begin with `edge-` or `drift-edge-`."""

from contextlib import nullcontext
from functools import partial

from tests.previews import cluster_edits as edits
from tests.previews import cluster_foreign as foreign
from tests.previews.scenario import Scenario, State, config, drift, edit, release

NETWORK, ACCESS = "networking.k8s.io/v1", "rbac.authorization.k8s.io/v1"
FIRST, SECOND = release("v1.0.0", "v1.1.0", "v1.0.0"), release("v1.1.0", "v1.1.0", "v1.0.0")


def pods(cpu="500m", memory="512Mi", least=2, most=8, percent=70):
    return {"cpu": cpu, "memory": memory, "min": least, "max": most, "targetCpuPercent": percent}


def registered(world):
    """Versions with bits of their own, of an image that can serve in a pod."""
    world.reach(release={})
    for version in ("v1.0.0", "v1.1.0", "v1.2.0"):
        world.register(version, model=version, data=f"data-{version}", image=world.POD)


def rolled_back(world):
    world.modelctl("rollback", "--reason", "5xx since 02:10", "--actor", "oncall@example.com")


def serving(**changed):
    """Config of where it serves, with other values."""
    kubernetes = {
        "context": "edge",
        "server": "https://kubernetes.edge.example.com",
        "namespace": "flights-edge-prod",
        "gateway": {"name": "public", "namespace": "gateways"},
        "hostname": "flights.edge.example.com",
    }
    return {"target": "kubernetes", "kubernetes": kubernetes | changed}


EDGE_PROD = (
    State(
        "nothing at all",
        nullcontext,
        (
            config(
                "edge-first-up",
                "The first preview of an empty stack: registry and namespace are created",
                release={},
            ),
        ),
    ),
    State(
        "a registry with versions, no release",
        registered,
        (
            config(
                "edge-first-route",
                "The first release: the route and all that serves behind it is created",
                release=release("v1.0.0", "v1.0.0"),
            ),
        ),
    ),
    State(
        "v1.0.0 serves everything, v1.1.0 is a candidate",
        lambda world: world.reach(release=FIRST),
        (
            config("edge-nothing", "No change"),
            config(
                "edge-traffic-only",
                "All traffic moves from v1.0.0 to v1.1.0, both in the fleet",
                release=SECOND,
            ),
            config(
                "edge-add-candidate",
                "v1.2.0 joins the fleet at weight 0",
                release=release("v1.0.0", "v1.2.0", "v1.1.0", "v1.0.0"),
            ),
            config(
                "edge-add-and-live",
                "v1.2.0 joins the fleet and gets all traffic in one change",
                release=release("v1.2.0", "v1.2.0", "v1.1.0", "v1.0.0"),
            ),
            config(
                "edge-drop-candidate",
                "v1.1.0, which has never served, leaves the fleet",
                release=release("v1.0.0", "v1.0.0"),
            ),
            config("edge-more-pods", "Two pods per version become three", instances=pods(least=3)),
            config("edge-owner", "Another owner: labels and tags of everything change", owner="ml-research"),
            config("edge-unprotect", "Protection is taken from registry, namespace and route", protect=False),
            config(
                "edge-hostname",
                "Clients ask another host name",
                serving=serving(hostname="other.edge.example.com"),
            ),
            edit("edge-delete-route", "The program no longer has the protected route", edits.NO_ROUTE),
            edit("edge-role-new-verb", "Operators may delete Deployments too", edits.ROLE_NEW_VERB),
            edit("edge-role-wildcard", "Operators may do anything with what `apps` has", edits.ROLE_WILDCARD),
            edit("edge-role-narrowed", "Operators may no longer list Deployments", edits.ROLE_NARROWED),
            edit(
                "edge-binding-everybody",
                "Whoever is logged in to the cluster is an operator",
                edits.BINDING_NEW_SUBJECT,
            ),
            edit(
                "edge-binding-admin", "Operators are administrators of the cluster", edits.BINDING_OTHER_ROLE
            ),
            edit(
                "edge-other-account",
                "Model servers run as the operators' service account",
                edits.OTHER_ACCOUNT,
            ),
            edit(
                "edge-from-anywhere",
                "Pods may be reached from anywhere, not from the gateway alone",
                edits.FROM_ANYWHERE,
            ),
            edit("edge-to-anything", "Pods may reach anything on any port", edits.TO_ANYTHING),
            edit(
                "edge-no-closing-policy",
                "The policy that closes the namespace is removed; two others still do",
                edits.NO_CLOSING_POLICY,
            ),
            edit("edge-no-network-policies", "All network policies are removed", edits.NO_POLICIES),
            edit("edge-admission-fails-open", "What a policy cannot judge is let through", edits.FAILS_OPEN),
            edit("edge-admission-warns", "Violations are met with a warning", edits.ONLY_WARNS),
            edit("edge-admission-removed", "Versions with traffic may be deleted", edits.NO_MEMBERSHIP),
            edit("edge-privileged", "Containers are privileged", edits.PRIVILEGED),
            edit("edge-writable-root", "Containers may write to their root file system", edits.WRITABLE_ROOT),
            edit("edge-host-network", "Pods share their node's network", edits.ON_THE_HOST),
            edit("edge-baseline", "The namespace enforces a looser standard", edits.BASELINE),
            edit("edge-sidecar", "Another container runs beside the server", edits.SIDECAR),
            edit("edge-image-by-tag", "Pods run whatever a tag names", edits.IMAGE_BY_TAG),
            edit("edge-quota-raised", "Ten times the pods may run in the namespace", edits.MORE_PODS),
            edit(
                "edge-access-elsewhere",
                "Operators may do in kube-system what they may in the environment's namespace",
                edits.ROLE_ELSEWHERE,
                edits.BINDING_ELSEWHERE,
            ),
            edit(
                "edge-quota-elsewhere", "The quota counts what is in another namespace", edits.QUOTA_ELSEWHERE
            ),
            edit(
                "edge-services-opened",
                "Versions are reached from outside of the cluster, past the gateway",
                edits.SERVICES_OPENED,
            ),
            Scenario(
                "edge-add-and-open",
                "v1.2.0 joins the fleet, and Services may take ports of the nodes",
                config={"release": release("v1.0.0", "v1.2.0", "v1.1.0", "v1.0.0")},
                edits=(edits.NO_LIMIT_OF_PORTS,),
            ),
            edit("edge-selector", "Other labels would replace the Deployments", edits.OTHER_SELECTOR),
            edit(
                "edge-new-kind",
                "A privileged Job of an image by tag is new, a kind that nobody has looked at",
                edits.NEW_KIND,
            ),
            drift("drift-edge-none", "Nothing has drifted"),
            drift(
                "drift-edge-traffic",
                "Someone has moved traffic past the journal",
                partial(foreign.traffic, weights={"1.0.0": 60, "1.1.0": 40}),
            ),
            drift(
                "drift-edge-network",
                "Someone has opened a network policy",
                partial(
                    foreign.patched,
                    group=NETWORK,
                    plural="networkpolicies",
                    name="from-gateway",
                    patch={"spec": {"ingress": [{}]}},
                ),
            ),
            drift(
                "drift-edge-role",
                "Someone has given operators everything",
                partial(
                    foreign.patched,
                    group=ACCESS,
                    plural="roles",
                    name="modelctl",
                    patch={"rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]},
                ),
            ),
        ),
    ),
    State(
        "v1.1.0 serves everything, v1.0.0 is the fallback",
        lambda world: world.reach(release=SECOND),
        (
            config(
                "edge-drop-fallback",
                "v1.0.0, which served before, leaves the fleet",
                release=release("v1.1.0", "v1.1.0"),
            ),
        ),
    ),
    State(
        "v1.1.0 was rolled back, v1.0.0 serves everything",
        rolled_back,
        (config("edge-nothing-after-rollback", "No change, and a rollback stands"),),
    ),
)
