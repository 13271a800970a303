"""What Argo CD may deliver after a change, and past what."""

import copy

import pytest

from modeldelivery.review.core.document import UNKNOWN
from modeldelivery.review.core.guards import weakened
from tests.unit.review.documents import change
from tests.unit.review.manifests import resource

SOURCE = {
    "repoURL": "https://git.example.com/team/model-delivery",
    "path": "deploy/edge-prod",
    "targetRevision": "main",
}
APPLICATION = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Application",
    "metadata": {"name": "flights-edge-prod", "namespace": "argocd"},
    "spec": {
        "project": "flights-edge-prod",
        "source": SOURCE,
        "destination": {"server": "https://kubernetes.default.svc", "namespace": "flights-edge-prod"},
        "syncPolicy": {
            "automated": {"prune": True, "selfHeal": True},
            "syncOptions": ["ServerSideApply=true"],
        },
    },
}
PROJECT = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "AppProject",
    "metadata": {"name": "flights-edge-prod", "namespace": "argocd"},
    "spec": {
        "sourceRepos": [SOURCE["repoURL"]],
        "destinations": [{"server": "https://kubernetes.default.svc", "namespace": "flights-edge-prod"}],
        "clusterResourceWhitelist": [],
        "namespaceResourceWhitelist": [{"group": "apps", "kind": "Deployment"}],
        "namespaceResourceBlacklist": [{"group": "", "kind": "Secret"}],
    },
}
EVERY = {"group": "*", "kind": "*"}


def changed(manifest, edit):
    after = copy.deepcopy(manifest)
    edit(after["spec"])
    return weakened(resource(manifest, after))


def automated(**flags):
    return lambda it: it["syncPolicy"]["automated"].update(flags)


def syncs(*options):
    return lambda it: it["syncPolicy"].update(syncOptions=list(options))


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (automated(selfHeal=False), "selfHeal is off: what somebody else changes stays"),
        (automated(prune=False), "prune is off: what leaves Git stays in the cluster"),
        (lambda it: it["syncPolicy"].pop("automated"), "it delivers nothing by itself any more"),
        (
            syncs("ServerSideApply=true", "Replace=true"),
            "Replace=true: it writes past what others own or refuse",
        ),
        (syncs("ServerSideApply=true", "Force=true"), "Force=true: it writes past what others own or refuse"),
        (syncs(), "without ServerSideApply=true it takes over fields that others own"),
        (lambda it: it.update(project="default"), "project: flights-edge-prod → default"),
        (lambda it: it["source"].update(targetRevision="play"), "source: "),
        (lambda it: it["destination"].update(namespace="kube-system"), "destination: "),
        (
            lambda it: it.update(ignoreDifferences=[{"kind": "Deployment", "jsonPointers": ["/spec"]}]),
            "it takes no notice of differences: kind Deployment, ",
        ),
        (lambda it: it.update(source=UNKNOWN), "what it may deliver is known only after the update"),
    ],
)
def test_an_application_that_is_less_honest_is_told(edit, told):
    assert told in "\n".join(changed(APPLICATION, edit))


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda it: it.update(sourceRepos=["*"]), "it may deliver from *"),
        (
            lambda it: it["destinations"].append({"server": "*", "namespace": "*"}),
            "it may deliver to server *, namespace *",
        ),
        (
            lambda it: it.update(clusterResourceWhitelist=[EVERY]),
            "it may make objects of the whole cluster: group *, kind *",
        ),
        (lambda it: it["namespaceResourceWhitelist"].append(EVERY), "it may make group *, kind *"),
        (lambda it: it.pop("namespaceResourceWhitelist"), "it may make anything in its namespaces"),
        (
            lambda it: it.pop("namespaceResourceBlacklist"),
            "it may make what was refused: group , kind Secret",
        ),
        (lambda it: it.update(roles=[{"name": "x"}]), "others may use it: name x"),
        (
            lambda it: it.update(sourceNamespaces=["theirs"]),
            "applications of the namespace theirs may be of it",
        ),
    ],
)
def test_a_project_that_may_more_is_told(edit, told):
    assert changed(PROJECT, edit) == (told,)


def test_a_project_that_may_less_is_not():
    assert changed(PROJECT, lambda it: it.update(sourceRepos=[])) == ()
    assert changed(PROJECT, lambda it: it["namespaceResourceBlacklist"].append(EVERY)) == ()


def test_an_application_that_is_new_is_judged_by_how_it_delivers():
    loose = copy.deepcopy(APPLICATION)
    loose["spec"]["syncPolicy"]["syncOptions"] = ["Replace=true"]
    assert weakened(resource(None, loose)) == ("Replace=true: it writes past what others own or refuse",)
    assert weakened(resource(None, APPLICATION)) == ()


def test_a_project_that_is_new_is_told_by_what_it_does_not_name():
    assert weakened(resource(None, PROJECT)) == ()
    wide = copy.deepcopy(PROJECT)
    wide["spec"] |= {"sourceRepos": ["*"], "clusterResourceWhitelist": [EVERY]}
    wide["spec"]["destinations"][0]["namespace"] = "*"
    del wide["spec"]["namespaceResourceWhitelist"]
    assert weakened(resource(None, wide)) == (
        "it may deliver from *",
        "it may deliver to server https://kubernetes.default.svc, namespace *",
        "it may make objects of the whole cluster: group *, kind *",
        "it may make anything in its namespaces",
    )


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("edge-git-self-heal-off", "selfHeal is off: what somebody else changes stays"),
        ("edge-git-prune-off", "prune is off: what leaves Git stays in the cluster"),
        ("edge-git-replaces", "Replace=true: it writes past what others own or refuse"),
        ("edge-git-any-kind", "it may make group *, kind *"),
        ("edge-git-another-branch", "source: "),
        ("edge-git-anybody-writes", "it is removed"),
        ("edge-git-anybody-replaces", "a validation is dropped or changed: "),
    ],
)
def test_each_recorded_change_of_what_git_delivers_is_told(name, told):
    """As the engine, the official provider and this program make it."""
    assert told in "\n".join(line for each in change(name).weakened for line in each.why)


def test_an_application_that_is_new_takes_no_notice_of_what_it_never_did():
    """Two fields are not Git's from the beginning (docs/adr/0055)."""
    assert change("edge-git-first-route").weakened == ()
