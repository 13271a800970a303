"""An environment on a cluster as whoever changes it by Git waits for it: a preview, and a commit that Argo CD delivers."""

import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.edge import ENVIRONMENT, Cluster, edges
from benchmarks.git import git
from benchmarks.measurements.preview_cpu import unchanged
from benchmarks.row import Row, SkippedError
from benchmarks.world import World, endpoint
from components.kubernetes.argocd import ARGOCD, application, project
from modeldelivery.release.naming import ROUTE_LABEL, VERSION_LABEL
from sandbox.home import SandboxError
from sandbox.kubernetes import argocd
from sandbox.kubernetes.api import ApiError
from tools.demo.run import StepError

_COMMITS = 3
_NAME = "bench"  # of project, Application, folder, and of what is delivered
_ROLLED_OUT = 120.0  # seconds
_POLL = 0.05  # seconds
_MISSING = 404
_ARGOCD = f"/apis/argoproj.io/v1alpha1/namespaces/{ARGOCD}"
_DEPLOYMENTS = f"/apis/apps/v1/namespaces/{endpoint(ENVIRONMENT)}/deployments"


def measure(world: World) -> list[Row]:
    try:
        argocd.required()
    except SandboxError as error:
        raise SkippedError(str(error)) from error
    cluster = edges(world)
    preview = unchanged(world, ENVIRONMENT, bar=4)
    world.demo.run("bench-argocd", "sandbox", "kubernetes", "up", "--argocd")
    taken = _commits(cluster)
    return [
        preview,
        Row(
            what="a commit until Argo CD has rolled out the version that it adds",
            measured=max(taken),
            bar=10,
            unit="s",
            made_of=f"the longest of {_COMMITS}, median {statistics.median(taken):.2f} s, from commit and push, of which Argo CD is told, "
            f"until the version's Pod has fetched and checked its model and is ready",
        ),
    ]


def _commits(cluster: Cluster) -> list[float]:
    """Seconds of each commit. A first one, which is not counted, waits for Argo CD to know the repository."""
    repository, api = Path(cluster.status()["argocd"]["repository"]), cluster.api
    serving = api.get(_DEPLOYMENTS)["items"][0]
    where = endpoint(ENVIRONMENT)
    manifests = {
        "appprojects": project(_NAME, where, {}, f"file://{repository}"),
        "applications": application(
            _NAME, where, {}, repository=f"file://{repository}", path=_NAME, revision=argocd.BRANCH
        ),
    }
    with tempfile.TemporaryDirectory(prefix="model-delivery-commits-") as folder:
        clone = Path(folder) / "clone"
        git(Path(folder), "clone", "--quiet", str(repository), str(clone))
        git(clone, "checkout", "--quiet", "-B", argocd.BRANCH)
        _commit(clone, 0, serving)
        for plural, manifest in manifests.items():
            api.apply(f"{_ARGOCD}/{plural}/{_NAME}", dict(manifest))
        _wait(cluster, 0)
        taken = []
        for number in range(1, 1 + _COMMITS):
            started = time.monotonic()
            _commit(clone, number, serving)
            # As a webhook does.
            api.patch(
                f"{_ARGOCD}/applications/{_NAME}",
                {"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}},
            )
            _wait(cluster, number)
            taken.append(time.monotonic() - started)
    for plural in reversed(manifests):
        api.delete(f"{_ARGOCD}/{plural}/{_NAME}")
    for number in range(1 + _COMMITS):
        api.delete(f"{_DEPLOYMENTS}/{_NAME}-{number}")
    return taken


def _commit(clone: Path, number: int, serving: dict[str, Any]) -> None:
    """Add a version with the Pods of one that serves."""
    labels = {ROUTE_LABEL: _NAME, VERSION_LABEL: str(number)}
    template = serving["spec"]["template"]
    manifest = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": f"{_NAME}-{number}", "labels": labels},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {
                    "labels": template["metadata"]["labels"] | labels,
                    "annotations": template["metadata"]["annotations"],
                },
                "spec": template["spec"],
            },
        },
    }
    file = clone / _NAME / f"{number}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(manifest))
    git(clone, "add", "--all", ".")
    git(clone, "commit", "--quiet", "--allow-empty", "--message", f"version {number}")
    git(clone, "push", "--quiet", "origin", argocd.BRANCH)


def _wait(cluster: Cluster, number: int) -> None:
    """Until its Pod is ready. Raises StepError."""
    end = time.monotonic() + _ROLLED_OUT
    while not _ready(cluster, f"{_NAME}-{number}"):
        if time.monotonic() > end:
            conditions = cluster.api.get(f"{_ARGOCD}/applications/{_NAME}").get("status")
            raise StepError(
                f"what was committed was not rolled out within {_ROLLED_OUT:.0f} s: {json.dumps(conditions)}"
            )
        time.sleep(_POLL)


def _ready(cluster: Cluster, name: str) -> bool:
    try:
        deployment = cluster.api.get(f"{_DEPLOYMENTS}/{name}")
    except ApiError as error:
        if error.status == _MISSING:
            return False
        raise
    return bool(deployment["status"].get("readyReplicas"))
