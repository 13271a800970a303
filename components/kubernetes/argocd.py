"""Manifests by which Argo CD delivers an environment's versions from Git, and who else may write what it delivers. Pure.

Sources: https://argo-cd.readthedocs.io/en/stable/user-guide/auto_sync/, .../user-guide/sync-options/, .../user-guide/diffing/.
"""

from collections.abc import Sequence

from components.kubernetes.access import DEPLOYERS, OPERATOR, OPERATORS
from components.kubernetes.admission import CLEANERS
from components.kubernetes.namespace import metadata
from components.kubernetes.objects import Manifest
from components.kubernetes.policies import NAME, WRITTEN, in_groups, policy, rule
from modeldelivery.release.naming import ROUTE_LABEL, TRACKING_ANNOTATION

ARGOCD = "argocd"  # the namespace in which Argo CD is, with its Applications
CONTROLLER = f"system:serviceaccount:{ARGOCD}:argocd-application-controller"
# Argo CD's API, by which people ask it for a sync: it writes the commit that it found, and takes no other revision than the spec's.
_SERVER = f"system:serviceaccount:{ARGOCD}:argocd-server"
_API = "argoproj.io/v1alpha1"
_HERE = "https://kubernetes.default.svc"  # as Argo CD calls the cluster that it is in
_DELIVERED = (
    ("apps", "Deployment"),
    ("", "Service"),
    ("autoscaling", "HorizontalPodAutoscaler"),
    ("policy", "PodDisruptionBudget"),
    ("gateway.networking.k8s.io", "HTTPRoute"),
)
# Who changes what is delivered, as a part of Kubernetes: revisions of Deployments, how many Pods one has, and that what was behind one that is
# deleted is gone.
_CONTROLLERS = [
    f"system:serviceaccount:kube-system:{name}"
    for name in ("deployment-controller", "horizontal-pod-autoscaler", "generic-garbage-collector")
]
# They replace objects whole, and with the route its rules; or delete what is there first.
_WHOLE = ["Replace=true", "Force=true"]


def project(name: str, namespace: str, labels: Manifest, repository: str) -> Manifest:
    """What an Application may be delivered from, where to, and which kinds of objects; none of the whole cluster."""
    return {
        "apiVersion": _API,
        "kind": "AppProject",
        "metadata": metadata(name, labels, ARGOCD),
        "spec": {
            "sourceRepos": [repository],
            "destinations": [{"server": _HERE, "namespace": namespace}],
            "namespaceResourceWhitelist": [{"group": group, "kind": kind} for group, kind in _DELIVERED],
        },
    }


def application(
    name: str, namespace: str, labels: Manifest, *, repository: str, path: str, revision: str
) -> Manifest:
    """The folder, delivered as it is committed: what it has is made, what it no longer has goes, and what others change is taken back.

    Server-side apply alone leaves the route's rules to whoever wrote them. Two fields are not Git's: how many Pods a Deployment has is its
    autoscaler's after its beginning, and the least that a rollback raised stays raised.
    """
    return {
        "apiVersion": _API,
        "kind": "Application",
        "metadata": metadata(name, labels, ARGOCD),
        "spec": {
            "project": name,
            "source": {"repoURL": repository, "path": path, "targetRevision": revision},
            "destination": {"server": _HERE, "namespace": namespace},
            "syncPolicy": {
                "automated": {"prune": True, "selfHeal": True},
                "syncOptions": ["ServerSideApply=true", "RespectIgnoreDifferences=true"],
                # With the newest commit each time: what one breaks the next one mends.
                "retry": {
                    "limit": -1,
                    "refresh": True,
                    "backoff": {"duration": "2s", "factor": 2, "maxDuration": "30s"},
                },
            },
            "ignoreDifferences": [
                {"group": "apps", "kind": "Deployment", "jsonPointers": ["/spec/replicas"]},
                {
                    "group": "autoscaling",
                    "kind": "HorizontalPodAutoscaler",
                    "managedFieldsManagers": [OPERATOR],
                },
            ],
        },
    }


def only_from_git(namespace: str, labels: Manifest, name: str, foreign: Sequence[str]) -> list[Manifest]:
    """Nobody but this Application and deployers writes what serves; operators ask for more Pods.

    Args:
        namespace: where it serves.
        labels: of the policy.
        name: of the Application, and of the route.
        foreign: names of what other teams deliver there.
    """
    operator = (
        f"(request.userInfo.username == 'system:serviceaccount:{namespace}:{OPERATOR}' || {in_groups(OPERATORS)}) && "
        "(request.subResource == 'scale' || request.resource.resource == 'horizontalpodautoscalers')"
    )
    writes = ["CREATE", "UPDATE", "DELETE"]
    return policy(
        f"{namespace}-delivery",
        labels,
        namespace,
        rules=[
            rule("apps", ["deployments"], writes),
            rule("apps", ["deployments/scale"], ["UPDATE"]),
            rule("", ["services"], writes),
            rule("autoscaling", ["horizontalpodautoscalers"], writes),
            rule("policy", ["poddisruptionbudgets"], writes),
        ],
        condition=f"!({NAME} in {list(foreign)!r}) && "
        f"({_delivered(WRITTEN, name)} || (request.operation == 'UPDATE' && {_delivered('oldObject', name)}))",
        validations=[
            {
                "expression": f"{in_groups(DEPLOYERS)} || request.userInfo.username in {CLEANERS!r} || "
                f"(request.operation == 'UPDATE' && request.userInfo.username in {_CONTROLLERS!r}) || "
                f"(request.userInfo.username == '{CONTROLLER}' && {_tracked(WRITTEN, name)}) || ({operator})",
                "message": f"what serves in {namespace} is delivered from Git by the Application {name} and written by nobody else: "
                "change config, `make render`, and commit both",
            }
        ],
    )


def _tracked(it: str, name: str) -> str:
    """Whether an object says that it is of this Application."""
    return f"{it}.metadata.?annotations[?'{TRACKING_ANNOTATION}'].orValue('').startsWith('{name}:')"


def _delivered(it: str, name: str) -> str:
    """Whether an object is of what this Application delivers, or has to do with that: it says so, bears the route's label or leads to pods that do, or has a version's name or scales what has."""
    labelled = ", ".join(
        f"{it}.{where}[?'{ROUTE_LABEL}'].orValue('')"
        for where in (
            "metadata.?labels",
            "?spec.?selector",
            "?spec.?selector.?matchLabels",
            "?spec.?template.?metadata.?labels",
        )
    )
    named = f"[{it}.metadata.name, {it}.?spec.?scaleTargetRef.?name.orValue('')]"
    return (
        f"({_tracked(it, name)} || '{name}' in [{labelled}] || "
        f"{named}.exists(each, each.matches('^{name}-v[0-9]+-[0-9]+-[0-9]+$')))"
    )


def only_by_config(namespace: str, labels: Manifest, name: str) -> list[Manifest]:
    """Nobody but deployers says from where this namespace is delivered, and nobody at all has objects replaced whole."""
    delivers = (
        f"has({WRITTEN}.spec.destination) && has({WRITTEN}.spec.destination.namespace) && "
        f"{WRITTEN}.spec.destination.namespace == '{namespace}'"
    )
    unchanged = "request.operation == 'UPDATE' && object.spec == oldObject.spec"
    sync = "object.operation.sync"
    begun = (
        "request.operation == 'UPDATE' && has(oldObject.operation) && object.operation == oldObject.operation"
    )
    syncs = f"request.operation != 'DELETE' && has(object.operation) && has({sync})"
    other = " || ".join(f"has({sync}.{what})" for what in ("source", "sources", "manifests"))
    revision = "object.spec.?source.?targetRevision.orValue('')"
    another = f"({sync}.?revisions.orValue([]) + [{sync}.?revision.orValue('')]).exists(each, each != '' && each != {revision})"
    return policy(
        f"{namespace}-application",
        labels,
        ARGOCD,
        rules=[rule("argoproj.io", ["applications", "appprojects"], ["CREATE", "UPDATE", "DELETE"])],
        condition=f"{NAME} == '{name}' || ({delivers})",
        validations=[
            {
                "expression": f"{in_groups(DEPLOYERS)} || request.userInfo.username in {CLEANERS!r} || ({unchanged})",
                "message": f"from where {namespace} is delivered is config (serving.kubernetes.deliver): pulumi up changes it, nobody else",
            },
            {
                "expression": "request.operation == 'DELETE' || !("
                + " || ".join(
                    [
                        *(_replaces(where) for where in ("spec.syncPolicy", "operation.sync")),
                        *map(_forces, ("apply", "hook")),
                    ]
                )
                + ")",
                "message": f"{' and '.join(_WHOLE)} would take the route's rules away with whatever traffic they give, as a strategy with `force` would: leave them out",
            },
            {
                "expression": f"!({syncs}) || !({other}) || ({begun}) || "
                f"{in_groups(DEPLOYERS)} || request.userInfo.username == '{CONTROLLER}'",
                "message": f"{namespace} is delivered from its own folder in Git, and from nowhere else even once",
            },
            {
                "expression": f"!({syncs}) || !({another}) || ({begun}) || "
                f"{in_groups(DEPLOYERS)} || request.userInfo.username in {[CONTROLLER, _SERVER]!r}",
                "message": f"{namespace} is delivered at the revision that its Application follows, and at no other even once",
            },
            {
                # From it a sync that is under way is taken up again, whatever it is of.
                "expression": "request.operation != 'UPDATE' || object.?status.orValue({}) == oldObject.?status.orValue({}) || "
                f"{in_groups(DEPLOYERS)} || request.userInfo.username in {[CONTROLLER, _SERVER]!r}",
                "message": f"what became of a delivery to {namespace} is Argo CD's to say, and nobody else's",
            },
        ],
    )


def _replaces(where: str) -> str:
    """Whether the options of a sync, two fields below an Application, replace objects whole."""
    there = f"has(object.{where.partition('.')[0]}) && has(object.{where}) && has(object.{where}.syncOptions)"
    return f"({there} && object.{where}.syncOptions.exists(option, option in {_WHOLE!r}))"


def _forces(strategy: str) -> str:
    """Whether a sync that is asked for deletes what it cannot change."""
    return f"object.?operation.?sync.?syncStrategy.?{strategy}.?force.orValue(false)"
