"""Argo CD in the cluster: its controller and its repo-server, which are the real ones, and a Git repository for them.

They run beside the control plane instead of in Pods, so they come with what the upstream install's manifests give them there:
https://github.com/argoproj/argo-cd/blob/v3.5.7/manifests/namespace-install.yaml
"""

import shutil
import subprocess
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

from sandbox.home import SandboxError, write
from sandbox.kubernetes.api import Api
from sandbox.kubernetes.layout import ADDRESS, Layout, Tools
from sandbox.kubernetes.objects import define
from sandbox.kubernetes.servers import Server
from sandbox.kubernetes.supervisor import Supervisor

NAMESPACE = "argocd"
USER = "argocd"
REPOSITORY = "delivery.git"
BRANCH = "main"
_CACHE = (
    "127.0.0.1"  # of the cluster's network: Redis takes no stranger from another address without a password
)
NAMES = ("redis", "argocd-repo-server", "argocd-application-controller")
_REDIS_PORT, _REPO_PORT, _CONTROLLER_METRICS, _REPO_METRICS = 6379, 8081, 8082, 8084
_KINDS = ("application", "appproject")
_LOOK = 0.1  # seconds
_INSTALL = "`apt-get install redis-server` (Debian, Ubuntu)"
# What Argo CD calls to verify a commit's signature. It says nothing of any here: each counts as unsigned.
_VERIFIER, _UNSIGNED = "git-verify-wrapper.sh", "#!/bin/sh\nexit 0\n"


def required() -> Path:
    """The machine's Redis, Argo CD's cache. Raises SandboxError where there is none."""
    program = shutil.which("redis-server")
    if program is None:
        raise SandboxError(f"Argo CD needs redis-server, which is not on PATH: {_INSTALL}")
    if shutil.which("git") is None:
        raise SandboxError("Argo CD needs git, which is not on PATH")
    return Path(program)


def repository(layout: Layout) -> Path:
    """Of what Argo CD delivers: an Application names it by `file://`."""
    return layout.root / "git" / REPOSITORY


class ArgoCd:
    """Argo CD of one cluster, once it was asked for.

    Args:
        layout: where its files go.
        tools: with its programs, and the definitions of its kinds.
        api: an administrator's.
        supervisor: which starts its servers, and starts them again.
    """

    def __init__(self, layout: Layout, tools: Tools, api: Api, supervisor: Supervisor) -> None:
        self._layout, self._tools, self._api, self._supervisor = layout, tools, api, supervisor
        self._lock = threading.Lock()

    def start(self, redis: Path, seconds: float) -> None:
        """Start it unless it runs, and return once it serves. Raises SandboxError, ApiError."""
        with self._lock:
            if NAMES[0] not in self._supervisor.names():
                _install(self._api, self._tools.definitions)
                _prepare(self._layout)
                for server in servers(self._layout, self._tools, redis):
                    self._supervisor.start(server)
            self._wait(time.monotonic() + seconds)

    def _wait(self, end: float) -> None:
        waiting = [f"http://{ADDRESS}:{port}/healthz" for port in (_REPO_METRICS, _CONTROLLER_METRICS)]
        while waiting := [url for url in waiting if not _healthy(url)]:
            if time.monotonic() > end:
                raise SandboxError(
                    "Argo CD does not serve yet: `sandbox kubernetes logs argocd-application-controller` tells more"
                )
            time.sleep(_LOOK)


def servers(layout: Layout, tools: Tools, redis: Path) -> tuple[Server, ...]:
    """In the order in which they are started. Polling finds a commit within seconds; a webhook's part is the `refresh` annotation."""
    folder = _folder(layout)
    environment = {
        "PATH": f"{folder / 'bin'}:/usr/local/bin:/usr/bin:/bin",
        "TMPDIR": str(folder / "tmp"),
        "KUBECONFIG": str(layout.inside(USER)),
        # `https://kubernetes.default.svc`, as an Application names the cluster that Argo CD is in, is the kubeconfig's.
        "ARGOCD_FAKE_IN_CLUSTER": "true",
        "ARGOCD_GPG_ENABLED": "false",
        "ARGOCD_GNUPGHOME": str(folder / "gpg"),
        "ARGOCD_GPG_DATA_PATH": str(folder / "gpg-source"),
        "ARGOCD_TLS_DATA_PATH": str(folder / "tls"),
        "ARGOCD_SSH_DATA_PATH": str(folder / "ssh"),
        "ARGOCD_PLUGINSOCKFILEPATH": str(folder / "plugins"),
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    shared = (f"--redis={_CACHE}:{_REDIS_PORT}", "--logformat=text", "--loglevel=info")
    cache, repo, controller = NAMES
    return (
        Server(
            cache,
            (str(redis), "--bind", _CACHE, "--port", str(_REDIS_PORT), "--save", "", "--appendonly", "no"),
        ),
        Server(
            repo,
            (
                str(tools.servers),
                repo,
                f"--address={ADDRESS}",
                f"--port={_REPO_PORT}",
                f"--metrics-address={ADDRESS}",
                f"--metrics-port={_REPO_METRICS}",
                "--disable-tls",
                "--client-ca-path=",
                "--revision-cache-expiration=2s",
                *shared,
            ),
            {**environment, "ARGOCD_BINARY_NAME": repo},
        ),
        Server(
            controller,
            (
                str(tools.servers),
                controller,
                f"--kubeconfig={layout.inside(USER)}",
                f"--namespace={NAMESPACE}",
                f"--repo-server={ADDRESS}:{_REPO_PORT}",
                "--repo-server-plaintext",
                f"--metrics-port={_CONTROLLER_METRICS}",
                "--app-resync=5",
                "--app-resync-jitter=0",
                "--status-processors=4",
                "--operation-processors=2",
                *shared,
            ),
            {
                **environment,
                "ARGOCD_BINARY_NAME": controller,
                "HOSTNAME": f"{controller}-0",
                "ARGOCD_K8S_CLIENT_QPS": "100",
            },
        ),
    )


def _install(api: Api, definitions: Path) -> None:
    """Its kinds, its namespace with the settings that it reads, the project that every Application may be of, and its access."""
    define(api, [definitions / "argo-cd" / f"{kind}-crd.yaml" for kind in _KINDS])
    api.apply(
        f"/api/v1/namespaces/{NAMESPACE}",
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
    )
    for plural, kind, name in (
        ("configmaps", "ConfigMap", "argocd-cm"),
        ("configmaps", "ConfigMap", "argocd-rbac-cm"),
        ("configmaps", "ConfigMap", "argocd-ssh-known-hosts-cm"),
        ("configmaps", "ConfigMap", "argocd-tls-certs-cm"),
        ("secrets", "Secret", "argocd-secret"),
    ):
        labels = {"app.kubernetes.io/part-of": "argocd"}
        api.apply(
            f"/api/v1/namespaces/{NAMESPACE}/{plural}/{name}",
            {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "labels": labels}},
        )
    api.apply(
        f"/apis/argoproj.io/v1alpha1/namespaces/{NAMESPACE}/appprojects/default",
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "AppProject",
            "metadata": {"name": "default"},
            "spec": {
                "sourceRepos": ["*"],
                "destinations": [{"namespace": "*", "server": "*"}],
                "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
            },
        },
    )
    api.apply(
        f"/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/{USER}",
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": USER},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": "cluster-admin",
            },
            "subjects": [
                {"kind": "ServiceAccount", "name": "argocd-application-controller", "namespace": NAMESPACE}
            ],
        },
    )


def _prepare(layout: Layout) -> None:
    """Its folders, as its images have them; and the repository, unless there is one."""
    folder = _folder(layout)
    for name in ("bin", "tmp", "gpg", "gpg-source", "tls", "ssh", "plugins"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "gpg").chmod(0o700)
    (folder / "ssh" / "ssh_known_hosts").touch()
    write(folder / "bin" / _VERIFIER, _UNSIGNED)
    (folder / "bin" / _VERIFIER).chmod(0o755)
    bare = repository(layout)
    if not bare.exists():
        bare.parent.mkdir(exist_ok=True)
        subprocess.run(
            ["git", "init", "--quiet", "--bare", f"--initial-branch={BRANCH}", str(bare)],
            check=True,
            capture_output=True,
            timeout=30,
        )


def _folder(layout: Layout) -> Path:
    return layout.root / "argocd"


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - http, this network
            return bool(answer.status == 200)  # noqa: PLR2004 - OK
    except OSError:
        return False


def show(layout: Layout, supervisor: Supervisor) -> dict[str, Any]:
    """What `status` tells of it; nothing where it does not run."""
    return {"repository": str(repository(layout))} if NAMES[0] in supervisor.names() else {}
