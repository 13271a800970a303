"""Small changes of what an environment on a cluster is made of, as a pull request might make them."""

from tests.previews.program import Edit, added

ACCESS = "components/kubernetes/access.py"
POLICIES = "components/kubernetes/policies.py"
NAMESPACE = "components/kubernetes/namespace.py"
VERSION = "components/kubernetes/version.py"
SERVING = "components/kubernetes/serving_namespace.py"
ARGOCD = "components/kubernetes/argocd.py"
GIT_DELIVERY = "components/kubernetes/git_delivery.py"

# Who may do what
_DEPLOYMENTS = 'may("apps", ["deployments"], ["get", "list"]),'
ROLE_NEW_VERB = Edit(ACCESS, _DEPLOYMENTS, 'may("apps", ["deployments"], ["get", "list", "delete"]),')
ROLE_WILDCARD = Edit(ACCESS, _DEPLOYMENTS, 'may("apps", ["*"], ["*"]),')
ROLE_NARROWED = Edit(ACCESS, _DEPLOYMENTS, 'may("apps", ["deployments"], ["get"]),')
BINDING_NEW_SUBJECT = Edit(
    ACCESS,
    '{"apiGroup": _ACCESS, "kind": "Group", "name": OPERATORS},',
    '{"apiGroup": _ACCESS, "kind": "Group", "name": OPERATORS},\n'
    '            {"apiGroup": _ACCESS, "kind": "Group", "name": "system:authenticated"},',
)
BINDING_OTHER_ROLE = Edit(
    ACCESS,
    '"roleRef": {"apiGroup": _ACCESS, "kind": "Role", "name": OPERATOR},',
    '"roleRef": {"apiGroup": _ACCESS, "kind": "ClusterRole", "name": "cluster-admin"},',
)

ROLE_ELSEWHERE, BINDING_ELSEWHERE = (
    Edit(
        ACCESS,
        f'"metadata": metadata(OPERATOR, labels, namespace),\n        "{key}"',
        f'"metadata": metadata(OPERATOR, labels, "kube-system"),\n        "{key}"',
    )
    for key in ("rules", "roleRef")
)

# The network
SERVICES_OPENED = Edit(VERSION, '"type": "ClusterIP",', '"type": "LoadBalancer",')
FROM_ANYWHERE = Edit(NAMESPACE, '{"from": [gateway], "ports"', '{"ports"')
TO_ANYTHING = Edit(NAMESPACE, '{"ports": [{"protocol": "TCP", "port": _HTTPS}]},', "{},")
NO_CLOSING_POLICY = Edit(
    NAMESPACE, '        policy("nothing", {"policyTypes": ["Ingress", "Egress"]}),\n', ""
)
NO_POLICIES = Edit(
    SERVING,
    '            *namespace.network_policies(where, labels, args["gateway_namespace"]),\n',
    "",
)

# What the cluster refuses
FAILS_OPEN = Edit(POLICIES, '"failurePolicy": "Fail",', '"failurePolicy": "Ignore",')
ONLY_WARNS = Edit(POLICIES, '"validationActions": ["Deny"],', '"validationActions": ["Warn"],')
NO_MEMBERSHIP = Edit(SERVING, "            *admission.membership(where, labels, route),\n", "")

# Argo CD, and who else may write what it delivers
SELF_HEAL_OFF = Edit(ARGOCD, '"selfHeal": True', '"selfHeal": False')
PRUNE_OFF = Edit(ARGOCD, '"prune": True', '"prune": False')
REPLACES = Edit(ARGOCD, '["ServerSideApply=true", ', '["ServerSideApply=true", "Replace=true", ')
ANY_KIND = Edit(
    ARGOCD,
    '"namespaceResourceWhitelist": [{"group": group, "kind": kind} for group, kind in _DELIVERED],',
    '"namespaceResourceWhitelist": [{"group": "*", "kind": "*"}],',
)
ANYBODY_WRITES = Edit(
    GIT_DELIVERY,
    '                *argocd.only_from_git(where, labels, title, args["foreign"]),\n',
    "",
)
ANYBODY_REPLACES = Edit(ARGOCD, "object.{where}.syncOptions.exists(option, option in {_WHOLE!r})", "false")

# Pods
_CLOSED = '"allowPrivilegeEscalation": False,'
PRIVILEGED = Edit(VERSION, _CLOSED, '"privileged": True,')
WRITABLE_ROOT = Edit(VERSION, '"readOnlyRootFilesystem": True,', '"readOnlyRootFilesystem": False,')
ON_THE_HOST = Edit(
    VERSION, '"enableServiceLinks": False,', '"enableServiceLinks": False,\n        "hostNetwork": True,'
)
OTHER_ACCOUNT = Edit(VERSION, '"serviceAccountName": SERVER,', '"serviceAccountName": "modelctl",')
SIDECAR = Edit(
    VERSION,
    '"containers": [server],',
    '"containers": [server, {**common, "name": "proxy", "args": ["serve"], "env": []}],',
)
IMAGE_BY_TAG = Edit(VERSION, '"image": bits["image"]', '"image": bits["image"].partition("@")[0] + ":latest"')
BASELINE = Edit(NAMESPACE, '"restricted" for what in', '"baseline" for what in')
MORE_PODS = Edit(NAMESPACE, '"pods": str(count),', '"pods": str(10 * count),')
QUOTA_ELSEWHERE = Edit(
    NAMESPACE, 'metadata("quota", labels, name)', 'metadata("quota", labels, "kube-system")'
)
NO_LIMIT_OF_PORTS = Edit(NAMESPACE, '                "services.nodeports": "0",\n', "")
OTHER_SELECTOR = Edit(
    VERSION,
    '"selector": {"matchLabels": chosen},\n            "strategy"',
    '"selector": {"matchLabels": {**chosen, "tier": "model"}},\n            "strategy"',
)

# The route, the namespace, and AWS
NO_ROUTE = Edit("infra/on_kubernetes.py", "if not (release and versions):", "if True:")

# New objects
_MANIFEST = "from components.kubernetes.objects import KubernetesObject\n"
_OPTIONS = 'pulumi.ResourceOptions(provider=__import__("components.kubernetes.cluster", fromlist=["provider"]).provider("more", "edge", "https://kubernetes.edge.example.com"))'


def _object(manifest):
    return added(f"{_MANIFEST}KubernetesObject({manifest!r}, {_OPTIONS})\n")


NEW_KIND = _object(
    {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "once", "namespace": "flights-edge-prod"},
        "spec": {
            "template": {
                "spec": {
                    "restartPolicy": "Never",
                    "containers": [
                        {"name": "once", "image": "busybox:latest", "securityContext": {"privileged": True}}
                    ],
                }
            }
        },
    }
)
