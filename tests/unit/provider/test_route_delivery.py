"""The Route resource where Argo CD delivers everything but the route's rules from Git."""

import pytest

from modeldelivery.plugin.protocol import ProviderError
from modeldelivery.release.kubernetes.delivered import REFRESH, application_path
from modeldelivery.release.kubernetes.route_state import OWNER
from modeldelivery.release.naming import ROUTE_LABEL, TRACKING_ANNOTATION
from tests.fakes.kubernetes import NAMESPACE

from .test_route import PATH, RESOURCE, ROUTE, RouteStack, backend
from .test_route import stack as stack  # noqa: PLC0414 - a fixture
from .world import BUCKET, KEY, A, B, C

JOURNAL = f"s3://{BUCKET}/{KEY}"
APPLICATION = application_path("argocd", ROUTE)
DELIVERY = {"delivery": {"application": ROUTE, "namespace": "argocd", "path": "deploy/staging"}}


class Argo:
    """Argo CD as far as a release sees it: an Application, and what it applied."""

    def __init__(self, stack: RouteStack) -> None:
        self.stack, self.cluster = stack, stack.cluster
        self.status(sync={"status": "Synced", "revision": "1a2b3c4d5e"})
        for version in (A, B, C):
            self.track(version)

    def status(self, **status):
        self.cluster._store(APPLICATION, {"metadata": {"name": ROUTE}, "status": status})

    def track(self, version, application=ROUTE):
        """What is there of a version is delivered by an Application; by None it is `pulumi up`'s."""
        annotations = {TRACKING_ANNOTATION: f"{application}:apps/Deployment:x/y"} if application else {}
        self.deployment(version)["metadata"] |= {
            "labels": {ROUTE_LABEL: ROUTE},
            "annotations": annotations,
        }

    def deployment(self, version):
        return self.cluster.objects[f"{NAMESPACE.deployments()}/{backend(version)}"]

    def takes_away(self, version):
        """The folder does not have it yet; what is put back when it has."""
        return self.cluster.objects.pop(f"{NAMESPACE.deployments()}/{backend(version)}")

    def while_waiting(self, *events):
        """What happens at each of the next pauses."""
        left, wait = list(events), self.stack.interrupts.wait

        def waited(timeout=None):
            if left:
                left.pop(0)()
            return wait(timeout)

        self.stack.interrupts.wait = waited


@pytest.fixture
def argo(stack):
    """Everything is delivered, and nothing of it has traffic."""
    stack.cluster.deliver_route(ROUTE, JOURNAL)
    return Argo(stack)


@pytest.fixture
def serving(argo):
    """A serves, B is kept warm."""
    argo.stack.up(A, A, B, **DELIVERY)
    argo.stack.aws.seconds += 1  # also by clocks of whole seconds it has settled
    argo.cluster.requests.clear()
    return argo


def fields(cluster, manager):
    """What a manager owns of the route."""
    (entry,) = [
        each for each in cluster.objects[PATH]["metadata"]["managedFields"] if each["manager"] == manager
    ]
    return {f"{part}.{name}" for part, names in entry["fieldsV1"].items() for name in names}


def told(stack):
    return "\n".join(stack.log.told)


def test_a_delivered_route_without_rules_is_no_endpoint_yet(argo):
    checked = argo.stack.check(argo.stack.config(A, A, B, **DELIVERY))
    assert not checked.failures
    assert checked.inputs["servingAtCheck"] == {}


def test_the_first_up_writes_rules_into_the_route_that_is_delivered_and_nothing_else(serving):
    assert serving.stack.answers == {backend(A): 100}
    assert fields(serving.cluster, "modelctl") == {"f:spec.f:rules", "f:metadata.f:annotations"}
    assert serving.cluster.objects[PATH]["metadata"]["annotations"][OWNER] == JOURNAL


def test_a_change_of_traffic_leaves_gateway_and_labels_to_git(serving):
    serving.cluster.edit(
        PATH,
        {
            "metadata": {"labels": {"team": "ml"}},
            "spec": {"parentRefs": [{"name": "public", "namespace": "gateways"}]},
        },
    )
    serving.stack.up(C, A, C, **DELIVERY, labels={"team": "other"})
    assert serving.cluster.objects[PATH]["metadata"]["labels"] == {"team": "ml"}
    assert serving.stack.answers == {backend(C): 100}


def test_a_preview_right_after_an_up_shows_no_change(serving):
    assert serving.stack.changes(serving.stack.config(A, A, B, **DELIVERY)) == set()


def test_another_stacks_delivered_route_is_not_taken_up(stack):
    stack.cluster.deliver_route(ROUTE, "s3://another/journal.json")
    Argo(stack)
    with pytest.raises(ProviderError, match="names s3://another/journal"):
        stack.up(A, A, **DELIVERY)


def test_a_route_that_leads_somewhere_and_was_not_made_here_is_still_not_touched(argo):
    argo.stack.cluster.edit(PATH, {"spec": {"rules": [{"backendRefs": [{"name": "theirs"}]}]}})
    with pytest.raises(ProviderError, match="was not made by this project"):
        argo.stack.up(A, A, **DELIVERY)


def test_an_up_waits_for_what_git_delivers_and_says_what_holds_it(stack, serving):
    left = serving.takes_away(C)
    refused = {"kind": "Deployment", "name": "x", "status": "SyncFailed", "message": "quota exceeded"}
    serving.while_waiting(
        lambda: serving.status(
            sync={"status": "OutOfSync", "revision": "9f8e7d6c5b"},
            operationState={"phase": "Failed", "message": "failed", "syncResult": {"resources": [refused]}},
        ),
        lambda: serving.status(
            conditions=[{"type": "ComparisonError", "message": "app path does not exist"}]
        ),
        lambda: stack.cluster._store(f"{NAMESPACE.deployments()}/{backend(C)}", left),
    )

    stack.up(A, A, B, C, **DELIVERY)

    for sentence in (
        f"{C}: deployment {backend(C)} is not there yet; Application argocd/{ROUTE}: Synced with commit 1a2b3c4, whose deploy/staging has something else",
        "OutOfSync with commit 9f8e7d6, sync Failed: Deployment x: quota exceeded",
        "ComparisonError: app path does not exist",
    ):
        assert sentence in told(stack)
    refs = stack.cluster.objects[PATH]["spec"]["rules"][0]["backendRefs"]
    assert {ref["name"]: ref["weight"] for ref in refs} == {backend(A): 100, backend(B): 0, backend(C): 0}


def test_an_up_that_waits_has_argo_cd_look_at_git_once(stack, serving):
    left = serving.takes_away(C)
    serving.while_waiting(
        lambda: None, lambda: stack.cluster._store(f"{NAMESPACE.deployments()}/{backend(C)}", left)
    )
    stack.up(A, A, B, C, **DELIVERY)
    assert [path for method, path in stack.cluster.requests if method == "PATCH"].count(APPLICATION) == 1
    assert stack.cluster.objects[APPLICATION]["metadata"]["annotations"] == {REFRESH: "normal"}


def test_an_argo_cd_that_does_not_look_is_told_of(stack, serving):
    left = serving.takes_away(C)

    def much_later():
        stack.aws.seconds += 60

    serving.while_waiting(
        much_later,
        lambda: None,
        lambda: stack.cluster._store(f"{NAMESPACE.deployments()}/{backend(C)}", left),
    )
    stack.up(A, A, B, C, **DELIVERY)
    assert "Argo CD has not looked at it for 60 s: does its application controller run?" in told(stack)


def test_an_up_waits_for_the_gateway_that_config_says(stack, serving):
    wanted = {
        "gateway": "public",
        "gatewayNamespace": "gateways",
        "hostname": "new.example.com",
        "settleSeconds": 2.0,
    }
    serving.while_waiting(lambda: stack.cluster.edit(PATH, {"spec": {"hostnames": ["new.example.com"]}}))
    stack.up(A, A, B, **DELIVERY, entrance=wanted)
    assert (
        f"httproute/{ROUTE} -n {NAMESPACE.name} still takes requests from gateways/public by any name"
        in told(stack)
    )


def test_what_another_team_delivers_is_not_argo_cds_to_explain(stack, serving):
    theirs = {"version": C, "digest": f"sha256:{C}", "name": "theirs", "port": 80}
    news = stack.config(A, A, B, C, **DELIVERY)
    news["variants"] = [each for each in news["variants"] if each["version"] != C] + [theirs]
    serving.while_waiting(lambda: stack.cluster.deploy("theirs", f"sha256:{C}"))
    stack.up(A, A, B, C, **DELIVERY, variants=news["variants"])
    assert f"{C}: deployment theirs is not there yet" in told(stack)
    assert "Application" not in told(stack)


def test_pods_that_are_not_ready_say_why(stack, serving):
    deployment = serving.deployment(C)
    deployment["status"] |= {"availableReplicas": 0, "readyReplicas": 0}
    deployment["spec"]["selector"] = {"matchLabels": {"version": C}}
    container = {
        "name": "model",
        "state": {"terminated": {"exitCode": 1, "message": "sha256:0 is registered"}},
    }
    pods = NAMESPACE.pods({}).partition("?")[0]
    stack.cluster._store(
        f"{pods}/p-1", {"metadata": {"name": "p-1"}, "status": {"initContainerStatuses": [container]}}
    )
    serving.while_waiting(lambda: deployment["status"].update(availableReplicas=1, readyReplicas=1))
    stack.up(A, A, B, C, **DELIVERY)
    assert "0 of 1 pods are ready; pod p-1: model ended with 1: sha256:0 is registered" in told(stack)


@pytest.mark.parametrize(
    ("delivered_by", "config", "sentence"),
    [
        (None, DELIVERY, f"by `pulumi up`, and config says by Argo CD's Application {ROUTE}"),
        (ROUTE, {}, f"by Argo CD's Application {ROUTE}, and config says by `pulumi up`"),
        (
            "another",
            DELIVERY,
            f"by Argo CD's Application another, and config says by Argo CD's Application {ROUTE}",
        ),
    ],
)
def test_who_delivers_is_decided_once(stack, serving, delivered_by, config, sentence):
    serving.track(A, delivered_by)
    (failure,) = stack.check(stack.config(A, A, B, **config)).failures
    assert sentence in failure.reason
    assert "make another environment, and promote into it" in failure.reason


def test_what_another_team_delivers_may_be_anybodys(stack, serving):
    serving.deployment(B)["metadata"] |= {"labels": {}, "annotations": {TRACKING_ANNOTATION: "theirs:x"}}
    assert not stack.check(stack.config(A, A, B, **DELIVERY)).failures


@pytest.mark.usefixtures("serving")
def test_a_destroy_is_done_when_the_route_leads_nowhere_though_git_delivers_it_again(stack):
    delete = stack.cluster._carried_out

    def delivered_again(method, path, *rest):
        answer = delete(method, path, *rest)
        if method == "DELETE":
            stack.cluster.deliver_route(ROUTE, JOURNAL)
        return answer

    stack.cluster._carried_out = delivered_again
    stack.endpoint.delete(RESOURCE, stack.state, timeout=60)
    assert stack.cluster.objects[PATH]["metadata"]["annotations"] == {OWNER: JOURNAL}
