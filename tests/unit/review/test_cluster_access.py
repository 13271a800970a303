"""Who may do what in a cluster that could not before: told for each kind of grant, and silent where nothing is new."""

import copy

import pytest

from components.kubernetes import access
from modeldelivery.catalogue.pods import SERVER_ACCOUNT
from modeldelivery.review.core.document import UNKNOWN
from modeldelivery.review.core.guards import described
from modeldelivery.review.core.permissions import permission_changes
from tests.unit.review.manifests import declared, edited, one, resource

ACCESS = "rbac.authorization.k8s.io/v1"


def role(*rules, kind="Role", **more):
    return {"apiVersion": ACCESS, "kind": kind, "metadata": {"name": "it"}, "rules": list(rules), **more}


def rule(verbs, resources, groups=("apps",), **more):
    return {"apiGroups": list(groups), "resources": resources, "verbs": verbs, **more}


def widened(touched):
    return [(each.kind, each.detail) for change in permission_changes(touched) for each in change.widened]


def between(before, after):
    return widened(resource(role(*before), role(*after)))


READS = rule(["get", "list"], ["deployments"])


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (rule(["get", "list", "delete"], ["deployments"]), [("action", "it may delete deployments.apps")]),
        (
            rule(["get"], ["deployments", "daemonsets"]),
            [("resource", "it may get daemonsets.apps")],
        ),
        (rule(["get"], ["deployments"], ("apps", "")), [("resource", "it may get deployments")]),
        (
            rule(["get", "*"], ["deployments"]),
            [("action", "it may * deployments.apps"), ("wildcard", "it may * deployments.apps")],
        ),
        (rule(["get"], ["*"]), [("resource", "it may get *.apps"), ("wildcard", "it may get *.apps")]),
        (rule(["get"], ["deployments/scale"]), [("resource", "it may get deployments/scale.apps")]),
        (
            {"nonResourceURLs": ["/metrics"], "verbs": ["get"]},
            [("resource", "it may get /metrics")],
        ),
    ],
)
def test_a_rule_that_allows_more_says_what(after, told):
    assert between([READS], [READS, after]) == told


def test_a_rule_that_no_longer_names_its_one_object_is_wider():
    named = rule(["patch"], ["deployments"], resourceNames=["server"])
    assert between([named], [rule(["patch"], ["deployments"])]) == [
        ("resource", "it may patch deployments.apps")
    ]
    assert between([named], [rule(["patch"], ["deployments"], resourceNames=["server", "other"])]) == [
        ("resource", "it may patch deployments.apps other")
    ]


@pytest.mark.parametrize(
    "after",
    [
        [rule(["get"], ["deployments"])],
        [rule(["list"], ["deployments"]), rule(["get"], ["deployments"], resourceNames=["server"])],
    ],
)
def test_a_role_that_allows_less_widens_nothing(after):
    (change,) = permission_changes(resource(role(READS), role(*after)))
    assert (change.widened, change.narrowed) == ((), True)


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        (rule(["*"], ["*"], ("*",)), rule(["delete"], ["deployments/scale"])),
        (rule(["get"], ["*/scale"]), rule(["get"], ["deployments/scale"])),
        (
            {"nonResourceURLs": ["/metrics/*"], "verbs": ["get"]},
            {"nonResourceURLs": ["/metrics/a"], "verbs": ["get"]},
        ),
    ],
)
def test_what_a_wildcard_allowed_is_not_new(wide, narrow):
    assert between([wide], [wide, narrow]) == []


def test_a_rule_said_otherwise_is_no_change_of_permissions():
    apart = [rule(["list"], ["deployments"]), rule(["get"], ["deployments"])]
    assert list(permission_changes(resource(role(READS), role(*apart)))) == []


@pytest.mark.parametrize("kind", ["Role", "ClusterRole"])
def test_a_new_role_says_all_that_it_allows(kind):
    assert widened(resource(None, role(READS, kind=kind))) == [
        ("resource", "it may get, list deployments.apps")
    ]


@pytest.mark.parametrize("change", [{"rules": UNKNOWN}, {"aggregationRule": {"clusterRoleSelectors": [{}]}}])
def test_rules_that_cannot_be_read_cannot_be_told(change):
    (told,) = permission_changes(resource(role(READS), role(READS) | change))
    assert told.unknown


def test_a_subject_that_joins_a_binding_is_named_with_the_role():
    joined = edited(
        "RoleBinding",
        lambda it: it["subjects"].append({"kind": "ServiceAccount", "name": "ci", "namespace": "ci"}),
    )
    assert widened(joined) == [("principal", "ServiceAccount ci/ci has the Role modelctl")]


def test_a_subject_that_is_everybody_is_a_wildcard():
    joined = edited(
        "RoleBinding", lambda it: it["subjects"].append({"kind": "Group", "name": "system:authenticated"})
    )
    assert [kind for kind, _ in widened(joined)] == ["principal", "wildcard"]


def test_every_service_account_of_a_namespace_is_a_wildcard():
    group = {"kind": "Group", "name": "system:serviceaccounts:ci"}
    assert [kind for kind, _ in widened(edited("RoleBinding", lambda it: it["subjects"].append(group)))] == [
        "principal",
        "wildcard",
    ]


def test_another_role_is_new_to_all_that_are_bound_to_it():
    other = edited("RoleBinding", lambda it: it["roleRef"].update(kind="ClusterRole", name="cluster-admin"))
    assert [detail for _, detail in widened(other)] == [
        "ServiceAccount flights-edge-prod/modelctl has the ClusterRole cluster-admin",
        "Group model-delivery:operators has the ClusterRole cluster-admin",
    ]


def test_a_binding_that_goes_narrows():
    (change,) = permission_changes(resource(one("RoleBinding"), None))
    assert (change.widened, change.narrowed) == ((), True)


@pytest.mark.parametrize("key", ["model-delivery/role-arn", "eks.amazonaws.com/role-arn"])
def test_another_role_of_aws_for_pods_is_told(key):
    other = edited(
        "ServiceAccount server", lambda it: it["metadata"]["annotations"].update({key: "arn:other"})
    )
    assert widened(other) == [("principal", "its pods have the role of AWS arn:other")]


def test_a_token_that_pods_get_is_told():
    given = edited("ServiceAccount server", lambda it: it.update(automountServiceAccountToken=True))
    assert widened(given) == [("action", "its pods get a token of the cluster's")]


def test_pods_that_become_another_service_account_are_told():
    other = edited(
        "Deployment", lambda it: it["spec"]["template"]["spec"].update(serviceAccountName="modelctl")
    )
    assert widened(other) == [("principal", "its pods may do what the service account modelctl may")]


def test_pods_that_are_new_are_held_to_a_model_servers_account():
    new = copy.deepcopy(one("Deployment"))
    assert widened(resource(None, new)) == []
    new["spec"]["template"]["spec"] |= {
        "serviceAccountName": "modelctl",
        "automountServiceAccountToken": True,
    }
    assert [detail for _, detail in widened(resource(None, new))] == [
        "its pods may do what the service account modelctl may",
        "its pods get a token of the cluster's",
    ]
    del new["spec"]["template"]["spec"]["serviceAccountName"]
    assert "its pods may do what the service account default may" in [
        detail for _, detail in widened(resource(None, new))
    ]


def test_an_account_by_its_old_name_and_a_token_in_a_volume_are_told_too():
    volume = {"name": "token", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}}

    def other(it):
        pod = it["spec"]["template"]["spec"]
        del pod["serviceAccountName"]
        pod |= {"serviceAccount": "modelctl", "volumes": [*pod["volumes"], volume]}

    assert [detail for _, detail in widened(edited("Deployment", other))] == [
        "its pods may do what the service account modelctl may",
        "its pods get a token of the cluster's",
    ]


def test_a_model_servers_account_is_the_one_that_components_make():
    assert SERVER_ACCOUNT == access.SERVER


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("Role", "it may patch deployments/scale.apps, as kube-system/modelctl"),
        ("RoleBinding", "Group model-delivery:operators has the Role modelctl, as kube-system/modelctl"),
        ("ServiceAccount server", "as kube-system/server"),
    ],
)
def test_what_moves_to_another_namespace_grants_anew_there(kind, told):
    moved = edited(kind, lambda it: it["metadata"].update(namespace="kube-system"))
    assert told in "\n".join(detail for _, detail in widened(moved))
    assert "metadata" not in described(moved)


def test_labels_of_access_grant_nothing():
    for kind in ("Role", "RoleBinding", "ServiceAccount server"):
        assert (
            list(permission_changes(edited(kind, lambda it: it["metadata"]["labels"].update(owner="x"))))
            == []
        )


@pytest.mark.parametrize(
    "kind",
    ["DaemonSet", "RolePatch"],
)
def test_a_kind_that_nobody_has_looked_at_cannot_be_told(kind):
    (told,) = permission_changes(
        resource(None, {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "it"}})
    )
    assert (told.unknown, told.why) == (True, "this type of object of a cluster is not understood here")


def test_nothing_that_the_program_declares_is_a_kind_that_nobody_has_looked_at():
    touched = [resource(None, each) for each in declared().values()]
    assert [each.type for each in touched if not each.kind.is_known] == []
