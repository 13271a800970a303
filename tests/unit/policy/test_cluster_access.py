"""In a cluster too a permission names what it allows, on what, to whom."""

import copy

import pytest

from modeldelivery.policy.rules.cluster_access import CLUSTER_WILDCARDS
from tests.unit.policy.found import whats
from tests.unit.policy.manifests import as_resource
from tests.unit.review.manifests import declared, one

ACCESS = "rbac.authorization.k8s.io/v1"


def role(kind="Role", **rule):
    usual = {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"]}
    return as_resource(
        {"apiVersion": ACCESS, "kind": kind, "metadata": {"name": "it"}, "rules": [usual | rule]}
    )


def bound(role_kind, name, subject="Group people"):
    kind, _, who = subject.partition(" ")
    binding = {"roleRef": {"kind": role_kind, "name": name}, "subjects": [{"kind": kind, "name": who}]}
    return as_resource(
        {"apiVersion": ACCESS, "kind": "ClusterRoleBinding", "metadata": {"name": "it"}, **binding}
    )


@pytest.mark.parametrize("kind", ["Role", "ClusterRole"])
@pytest.mark.parametrize(
    ("rule", "what"),
    [
        ({"verbs": ["*"]}, "verbs * on deployments"),
        ({"resources": ["*"]}, "resources * on *"),
        ({"resources": ["*/scale"]}, "resources */scale on */scale"),
        ({"apiGroups": ["*"]}, "apiGroups * on deployments"),
        ({"resources": [], "nonResourceURLs": ["/*"]}, "nonResourceURLs /* on "),
        ({"resources": ["roles"], "verbs": ["escalate"]}, "escalate on roles"),
        ({"resources": ["roles"], "verbs": ["bind"]}, "bind on roles"),
        ({"resources": ["users"], "verbs": ["impersonate"]}, "impersonate on users"),
    ],
)
def test_a_rule_that_names_nothing_or_gets_everything_is_found(kind, rule, what):
    assert whats(CLUSTER_WILDCARDS, role(kind, **rule)) == [what]


def test_a_role_that_takes_up_others_rules_is_found():
    aggregated = {"apiVersion": ACCESS, "kind": "ClusterRole", "metadata": {"name": "it"}}
    aggregated["aggregationRule"] = {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}
    assert whats(CLUSTER_WILDCARDS, as_resource(aggregated)) == ["aggregationRule"]


@pytest.mark.parametrize("name", ["cluster-admin", "admin", "edit"])
def test_a_wide_role_of_the_clusters_own_is_found(name):
    assert whats(CLUSTER_WILDCARDS, bound("ClusterRole", name)) == [f"role {name}"]
    assert whats(CLUSTER_WILDCARDS, bound("Role", name)) == []


@pytest.mark.parametrize(
    "name", ["system:anonymous", "system:authenticated", "system:masters", "system:serviceaccounts:ci"]
)
def test_a_subject_that_nobody_chose_is_found(name):
    assert whats(CLUSTER_WILDCARDS, bound("Role", "modelctl", f"Group {name}")) == [f"subject {name}"]


def test_nothing_that_the_program_declares_is_found():
    for manifest in declared().values():
        assert whats(CLUSTER_WILDCARDS, as_resource(manifest)) == []


def test_a_wildcard_in_a_role_of_the_programs_is_found():
    wide = copy.deepcopy(one("Role"))
    wide["rules"][1]["verbs"] = ["*"]
    assert whats(CLUSTER_WILDCARDS, as_resource(wide)) == ["verbs * on deployments"]
