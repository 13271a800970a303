"""Argo CD in the cluster: what is committed is there within seconds."""

import json
import subprocess

import pytest

from modeldelivery.release.naming import variant_name
from sandbox.home import SandboxError
from sandbox.kubernetes import argocd
from tests.faults.delivery import A
from tests.kubernetes.cluster import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]
APPLICATIONS = f"/apis/argoproj.io/v1alpha1/namespaces/{argocd.NAMESPACE}/applications"


@pytest.fixture(scope="module")
def argo(cluster):
    """It runs in the cluster that all tests share."""
    try:
        argocd.required()
    except SandboxError as error:
        pytest.skip(str(error))
    cluster.run("up", "--argocd")
    return cluster


@pytest.fixture
def checkout(argo, tmp_path):
    """A clone of the repository that Argo CD delivers from."""
    folder = tmp_path / "delivery"
    git(tmp_path, "clone", "--quiet", f"file://{argo.status()['argocd']['repository']}", str(folder))
    git(folder, "checkout", "-q", "-B", argocd.BRANCH)
    return folder


def test_what_is_committed_is_rolled_out_and_what_is_changed_by_hand_is_taken_back(
    argo, namespace, checkout, echo
):
    name = variant_name(A)
    namespace.put("core", "configmaps", "ConfigMap", name, data={"behaviour.json": '{"name": "a"}'})
    deliver(checkout, namespace, name, echo, replicas=1)
    application(argo, namespace)
    status = f"{APPLICATIONS}/{namespace.name}"
    until(lambda: state(argo.api.get(status)) == ("Synced", "Healthy"), 120, lambda: argo.api.get(status))
    assert namespace.get("apps/v1", "deployments", name)["status"]["readyReplicas"] == 1

    deliver(checkout, namespace, name, echo, replicas=2)
    argo.api.patch(status, {"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}})
    namespace.ready(name, 60, count=2)

    path = namespace.path("apps/v1", "deployments", name)
    argo.api.patch(f"{path}/scale", {"spec": {"replicas": 1}})
    until(lambda: argo.api.get(path)["spec"]["replicas"] == 2)
    argo.api.delete(status)


def application(argo, namespace):
    """Of a folder in the repository, named like the namespace; as an environment's is."""
    argo.api.create(
        APPLICATIONS,
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {"name": namespace.name},
            "spec": {
                "project": "default",
                "source": {
                    "repoURL": f"file://{argo.status()['argocd']['repository']}",
                    "targetRevision": argocd.BRANCH,
                    "path": namespace.name,
                },
                "destination": {"server": "https://kubernetes.default.svc", "namespace": namespace.name},
                "syncPolicy": {
                    "automated": {"prune": True, "selfHeal": True},
                    "syncOptions": ["ServerSideApply=true"],
                },
            },
        },
    )


def deliver(checkout, namespace, name, image, replicas):
    """Commit and push a Deployment of the echo container."""
    probe = {"httpGet": {"path": "/ping", "port": 8080}, "periodSeconds": 1, "failureThreshold": 1}
    server = {
        "name": "server",
        "image": image,
        "env": [
            {"name": "SM_MODEL_DIR", "value": "/opt/ml/model"},
            {"name": "SAGEMAKER_BIND_TO_PORT", "value": "8080"},
        ],
        "readinessProbe": probe,
        "volumeMounts": [{"name": "model", "mountPath": "/opt/ml/model"}],
    }
    volumes = [{"name": "model", "configMap": {"name": name}}]
    document = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"version": name}},
            "template": {
                "metadata": {"labels": {"version": name}},
                "spec": {"containers": [server], "volumes": volumes},
            },
        },
    }
    folder = checkout / namespace.name
    folder.mkdir(exist_ok=True)
    (folder / "deployment.yaml").write_text(json.dumps(document))
    git(checkout, "add", ".")
    git(
        checkout, "-c", "user.name=ci", "-c", "user.email=ci@example.com", "commit", "-qm", f"{replicas} pods"
    )
    git(checkout, "push", "-q", "origin", argocd.BRANCH)


def state(application):
    status = application.get("status", {})
    return status.get("sync", {}).get("status"), status.get("health", {}).get("status")


def git(folder, *arguments):
    return subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True, timeout=60
    )
