"""Argo CD delivers who is in the fleet, the journal owns traffic: the real Argo CD, a real repository, and rollbacks that stand."""

from contextlib import ExitStack

import pytest

from modeldelivery.release.naming import ROUTE_LABEL
from sandbox.home import SandboxError
from sandbox.kubernetes import argocd
from sandbox.kubernetes.api import MERGE
from tests.conftest import Sandbox
from tests.faults.delivery import A, B, C
from tests.kubernetes import gitops
from tests.kubernetes.cluster import until
from tests.kubernetes.conftest import entered
from tests.kubernetes.delivery import Both, Hosted
from tests.kubernetes.gitops import APPLICATIONS, WAIT
from tests.kubernetes.test_manifests import COLLECTOR, DRY, DRY_DELETE, acting, refused

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]
MIGHTY = ("ada", "system:masters")  # every right, and no deployer
ARGOCDS_API = ("system:serviceaccount:argocd:argocd-server", "system:masters")
SERVERS = ("argocd-application-controller", "argocd-repo-server")


@pytest.fixture(scope="module")
def delivery(sandbox: Sandbox, cluster, echo, tmp_path_factory):
    """v5.0.0 was deployed from Git, and rolled back to v5.1.0, which had served before."""
    try:
        argocd.required()
    except SandboxError as error:
        pytest.skip(str(error))
    cluster.run("up", "--argocd")
    namespace = cluster.namespace()
    with entered(sandbox, cluster):
        hosted = Hosted(Both(sandbox, cluster), namespace)
        made = gitops.delivered(hosted, tmp_path_factory.mktemp("git"), echo, (A, B, C))
        made.rollback()
        yield made
        gitops.remove(made)
    namespace.delete()


@pytest.fixture
def rolled_back(delivery):
    """The folder has both versions, Argo CD has delivered it, and the one that was rolled back has nothing."""
    delivery.synced(delivery.commit(A, B))
    assert stands(delivery)
    return delivery


def stands(delivery):
    """Whether the rollback does, in the rules and in what the gateway answers, and the journal's release alone owns the rules."""
    others = {weight for version, weight in delivery.weights.items() if version != B}
    assert delivery.rules_managers() == {"modelctl"}
    return (delivery.weights[B], others, delivery.answers()) == (100, {0}, {B.replace(".", "-")})


def deployment(delivery, version):
    return delivery.hosting.namespace.path("apps/v1", "deployments", delivery.named(version))


def test_a_version_joins_by_a_commit_at_no_weight_and_a_later_one_takes_it_away(rolled_back):
    rolled_back.release(A, A, B, C)
    commit = rolled_back.commit(A, B, C, message="C joins")
    rolled_back.up()  # has Argo CD look, and waits for the pods
    assert rolled_back.weights[C] == 0
    until(lambda: rolled_back.sync == ("Synced", commit), WAIT, lambda: rolled_back.application["status"])
    assert stands(rolled_back)

    rolled_back.release(A, A, B)
    rolled_back.up()
    assert C not in rolled_back.weights
    rolled_back.synced(rolled_back.commit(A, B, message="C leaves"))
    until(lambda: not rolled_back.hosting.namespace.cluster.there(deployment(rolled_back, C)), WAIT)
    assert stands(rolled_back)


def test_what_a_deployer_changes_by_hand_is_taken_back_and_the_rollback_stands(rolled_back):
    api, where = rolled_back.hosting.namespace.cluster.api, deployment(rolled_back, B)
    api.patch(where, {"spec": {"template": {"spec": {"terminationGracePeriodSeconds": 3}}}})
    until(
        lambda: api.get(where)["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] == 2,
        WAIT,
        lambda: rolled_back.application["status"],
    )
    until(lambda: rolled_back.sync[0] == "Synced", WAIT, lambda: rolled_back.application["status"])
    until(
        lambda: stands(rolled_back), WAIT, rolled_back.answers
    )  # once the pods that the change made are gone


def test_a_label_of_the_route_is_gits_and_the_rules_stay_where_they_are(rolled_back):
    rolled_back.synced(rolled_back.commit(A, B, labels={"team": "delays"}, message="a label"))
    assert rolled_back.route["metadata"]["labels"]["team"] == "delays"
    assert stands(rolled_back)


def test_an_up_after_the_rollback_changes_nothing(rolled_back):
    rolled_back.release(A, A, B)
    rolled_back.up()
    assert stands(rolled_back)


def test_a_version_that_has_traffic_is_not_pruned_and_argo_cds_result_says_why(rolled_back):
    rolled_back.commit(A, message="B leaves too early")
    rolled_back.refresh()
    sentence = f"{rolled_back.named(B)} has traffic: move it away first (modelctl rollback)"
    until(lambda: sentence in rolled_back.sync_result(), WAIT, lambda: rolled_back.application["status"])
    assert stands(rolled_back)
    rolled_back.synced(rolled_back.commit(A, B, message="B is back"))


def test_rules_in_git_are_refused_and_the_traffic_stays(rolled_back):
    def rules(files):
        backend = {"name": rolled_back.named(A), "port": 8080, "weight": 100}
        files["route.yaml"][0]["spec"]["rules"] = [{"backendRefs": [backend]}]

    rolled_back.commit(A, B, also=rules, message="traffic by Git")
    rolled_back.refresh()
    sentence = f"traffic of {rolled_back.name} belongs to its journal"
    until(lambda: sentence in rolled_back.sync_result(), WAIT, lambda: rolled_back.application["status"])
    assert stands(rolled_back)
    rolled_back.synced(rolled_back.commit(A, B, message="none"))


def test_nobody_else_writes_what_git_delivers(rolled_back):
    cluster, where = rolled_back.hosting.namespace.cluster, deployment(rolled_back, A)
    mighty = acting(cluster, *MIGHTY)
    label = {"metadata": {"labels": {"by": "hand"}}}
    sentence = f"is delivered from Git by the Application {rolled_back.name} and written by nobody else"
    for call in (
        lambda: mighty.patch(where, label, MERGE),
        lambda: mighty.patch(f"{where}/scale", {"spec": {"replicas": 2}}, MERGE),
        lambda: mighty.delete(where),
        lambda: mighty.patch(
            rolled_back.hosting.namespace.path("core", "services", rolled_back.named(A)), label, MERGE
        ),
        lambda: mighty.patch(
            rolled_back.hosting.namespace.path(
                "autoscaling/v2", "horizontalpodautoscalers", rolled_back.named(A)
            ),
            label,
            MERGE,
        ),
        lambda: mighty.delete(
            rolled_back.hosting.namespace.path("policy/v1", "poddisruptionbudgets", rolled_back.named(A))
        ),
        lambda: mighty.delete(rolled_back.hosting.namespace.path("apps/v1", "deployments"), DRY_DELETE),
        lambda: mighty.delete(rolled_back.hosting.namespace.path("core", "services"), DRY_DELETE),
        lambda: acting(cluster, *COLLECTOR).delete(where),
    ):
        status, why = refused(call)
        assert (status, sentence in why) == (403, True), why


def test_another_application_of_argo_cds_does_not_write_here_either(rolled_back):
    cluster, where = rolled_back.hosting.namespace.cluster, deployment(rolled_back, A)
    controller = acting(cluster, "system:serviceaccount:argocd:argocd-application-controller")
    tracking = {"argocd.argoproj.io/tracking-id": "another:apps/Deployment:x/y"}
    status, why = refused(lambda: controller.patch(where, {"metadata": {"annotations": tracking}}, MERGE))
    assert (status, "written by nobody else" in why) == (403, True), why


def scaler(name, target):
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": target},
            "maxReplicas": 1,
        },
    }


def service(name, **selector):
    return {"metadata": {"name": name}, "spec": {"selector": selector, "ports": [{"port": 80}]}}


def budget(name, **selector):
    return {"metadata": {"name": name}, "spec": {"maxUnavailable": 0, "selector": {"matchLabels": selector}}}


def pods(name, **labels):
    labels = {"app": name, **labels}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "it", "image": "none"}]}}
    chosen = {"matchLabels": {"app": name}}
    return {"metadata": {"name": name}, "spec": {"selector": chosen, "template": template}}


def test_what_git_does_not_deliver_is_another_teams_to_write(rolled_back):
    namespace, ours = rolled_back.hosting.namespace, {ROUTE_LABEL: rolled_back.name}
    mighty = acting(namespace.cluster, *MIGHTY)
    theirs = (
        ("autoscaling/v2", "horizontalpodautoscalers", scaler("theirs", "theirs")),
        ("core", "services", service("theirs", app="theirs")),
        ("policy/v1", "poddisruptionbudgets", budget("theirs", app="theirs")),
        ("apps/v1", "deployments", pods("theirs")),
    )
    for group, plural, document in theirs:
        mighty.create(namespace.path(group, plural) + DRY, document)
    for group, plural, document in (
        ("autoscaling/v2", "horizontalpodautoscalers", scaler("theirs", rolled_back.named(A))),
        ("core", "services", service("theirs", **ours)),
        ("core", "services", service(rolled_back.named("v9.9.9"), app="theirs")),
        ("policy/v1", "poddisruptionbudgets", budget("theirs", **ours)),
        ("apps/v1", "deployments", pods("theirs", **ours)),
    ):
        where = namespace.path(group, plural) + DRY
        status, why = refused(lambda where=where, it=document: mighty.create(where, it))
        assert (status, "written by nobody else" in why) == (403, True), why
    unlabelled = {"metadata": {"labels": None, "annotations": None}}
    place = namespace.path("core", "services", rolled_back.named(A)) + DRY
    assert refused(lambda: mighty.patch(place, unlabelled, MERGE))[0] == 403


def test_an_operator_has_more_pods_made_and_argo_cd_leaves_them(rolled_back):
    namespace = rolled_back.hosting.namespace
    name = rolled_back.named(A)
    scaler = namespace.path("autoscaling/v2", "horizontalpodautoscalers", name)
    # With every right by RBAC, so that admission alone speaks.
    operator = acting(namespace.cluster, f"system:serviceaccount:{namespace.name}:modelctl", "system:masters")
    operator.patch(f"{scaler}?fieldManager=modelctl", {"spec": {"minReplicas": 2}}, MERGE)
    rolled_back.looked()  # a sync that begins before it has knows nothing of whose the field is now
    rolled_back.synced(rolled_back.commit(A, B, labels={"again": "yes"}, message="after more pods"))
    assert namespace.cluster.api.get(scaler)["spec"]["minReplicas"] == 2
    namespace.cluster.api.delete(scaler)  # it is delivered anew, with the least that Git has
    until(lambda: namespace.cluster.there(scaler), WAIT)
    assert namespace.cluster.api.get(scaler)["spec"]["minReplicas"] == 1


@pytest.mark.parametrize("option", ["Replace=true", "Force=true"])
def test_nobody_at_all_has_objects_replaced_whole(rolled_back, option):
    api, where = rolled_back.hosting.namespace.cluster.api, f"{APPLICATIONS}/{rolled_back.name}"
    for body in (
        {"spec": {"syncPolicy": {"syncOptions": ["ServerSideApply=true", option]}}},
        {"operation": {"sync": {"syncOptions": [option]}}},
        {"operation": {"sync": {"syncStrategy": {"apply": {"force": True}}}}},
        {"operation": {"sync": {"syncStrategy": {"hook": {"force": True}}}}},
    ):
        status, why = refused(lambda body=body: api.patch(where, body, MERGE))
        assert (status, "would take the route's rules away" in why) == (403, True), why


def test_from_where_an_environment_is_delivered_is_changed_by_deployers_alone(rolled_back):
    cluster = rolled_back.hosting.namespace.cluster
    mighty = acting(cluster, *MIGHTY)
    project = APPLICATIONS.replace("applications", "appprojects")
    other = {"repoURL": "https://git.example.com/other.git", "path": "x"}
    stranger = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": f"{rolled_back.name}-too"},
        "spec": rolled_back.application["spec"] | {"project": "default"},
    }
    for call in (
        lambda: mighty.patch(f"{APPLICATIONS}/{rolled_back.name}", {"spec": {"source": other}}, MERGE),
        lambda: mighty.delete(f"{APPLICATIONS}/{rolled_back.name}"),
        lambda: mighty.patch(f"{project}/{rolled_back.name}", {"spec": {"sourceRepos": ["*"]}}, MERGE),
        lambda: mighty.delete(f"{project}/{rolled_back.name}"),
        lambda: mighty.create(APPLICATIONS, stranger),
    ):
        status, why = refused(call)
        assert (status, "is config (serving.kubernetes.deliver): pulumi up changes it" in why) == (
            403,
            True,
        ), why
    status, why = refused(
        lambda: mighty.patch(
            f"{APPLICATIONS}/{rolled_back.name}", {"operation": {"sync": {"source": other}}}, MERGE
        )
    )
    assert (status, "from nowhere else even once" in why) == (403, True), why


def test_a_commit_that_was_not_merged_is_delivered_by_nobody(rolled_back):
    cluster, where = rolled_back.hosting.namespace.cluster, f"{APPLICATIONS}/{rolled_back.name}{DRY}"
    commit = rolled_back.sync[1]
    mighty, server = acting(cluster, *MIGHTY), acting(cluster, *ARGOCDS_API)
    for sync in ({"revision": "play"}, {"revision": commit}, {"revisions": ["main", "play"]}):
        status, why = refused(lambda sync=sync: mighty.patch(where, {"operation": {"sync": sync}}, MERGE))
        assert (status, "at no other even once" in why) == (403, True), why
    taken_up = {"operationState": {"phase": "Running", "operation": {"sync": {"revision": "play"}}}}
    status, why = refused(lambda: mighty.patch(where, {"status": taken_up}, MERGE))
    assert (status, "is Argo CD's to say" in why) == (403, True), why
    for client, sync in ((mighty, {}), (mighty, {"revision": "main"}), (server, {"revision": commit})):
        client.patch(where, {"operation": {"sync": sync}}, MERGE)


@pytest.mark.soak
def test_ten_commits_that_concern_nothing_leave_the_rollback(rolled_back):
    for number in range(10):
        (rolled_back.repository.checkout / "README.md").write_text(f"{number}\n")
        rolled_back.synced(rolled_back.repository.push(f"unrelated {number}"))
        assert stands(rolled_back)


@pytest.mark.soak
@pytest.mark.parametrize("down", ["Git", "Argo CD", "both"])
def test_a_rollback_needs_neither_git_nor_argo_cd(rolled_back, down):
    cluster = rolled_back.hosting.namespace.cluster
    rolled_back.modelctl("accept", A, "--reason", "to roll back to it")
    with ExitStack() as outage:
        if down != "Argo CD":
            outage.enter_context(rolled_back.repository.down())
        if down != "Git":
            for server in SERVERS:
                cluster.disturb(server, "pause")
                outage.callback(cluster.disturb, server, "resume")
        for target, other in ((A, B), (B, A)):
            status, output = rolled_back.modelctl(
                "rollback", "--to", target, "--keep", "--reason", f"{down} is down"
            )
            assert status == 0, output
            assert (rolled_back.weights[target], rolled_back.weights[other]) == (100, 0)
    rolled_back.synced(rolled_back.commit(A, B, message=f"after {down}"))
    assert stands(rolled_back)
