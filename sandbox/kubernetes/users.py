"""Who may call the API server, apart from service accounts: a token each, and the kubeconfig that holds it."""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from sandbox.home import write
from sandbox.kubernetes.layout import ADDRESS, API_PORT, CONTEXT, NAME, NODE, Layout

INSIDE = f"https://{ADDRESS}:{API_PORT}"
ADMIN = "admin"


@dataclass(frozen=True)
class _User:
    name: str  # as Kubernetes' own rules of access have it
    groups: tuple[str, ...] = ()


_MASTERS = "system:masters"
USERS: Mapping[str, _User] = {
    ADMIN: _User("admin", (_MASTERS, "model-delivery:deployers")),
    "kube-controller-manager": _User("system:kube-controller-manager"),
    "kube-scheduler": _User("system:kube-scheduler"),
    "node": _User(f"system:node:{NODE}", ("system:nodes",)),
    "traefik": _User("traefik"),
    # As upstream's install has it, where the controller is in a Pod: by this name admission policies let it write.
    "argocd": _User(
        "system:serviceaccount:argocd:argocd-application-controller",
        ("system:serviceaccounts", "system:serviceaccounts:argocd"),
    ),
    "sandbox": _User("sandbox", (_MASTERS,)),  # what `up` itself makes in the cluster
}


def tokens(layout: Layout) -> dict[str, str]:
    """Each user's token: made once, since kubeconfigs that somebody copied shall stay good."""
    path = layout.secrets / "tokens.json"
    kept = msgspec.json.decode(path.read_bytes(), type=dict[str, str]) if path.exists() else {}
    if kept.keys() != USERS.keys():
        kept = {user: kept.get(user) or secrets.token_urlsafe(32) for user in USERS}
        write(path, msgspec.json.encode(kept))
    return kept


def write_token_file(path: Path, all_tokens: Mapping[str, str]) -> None:
    """The file that `kube-apiserver --token-auth-file` reads: token,user,uid,"groups"."""
    lines = [
        f'{token},{USERS[user].name},{user},"{",".join(USERS[user].groups)}"'
        for user, token in all_tokens.items()
    ]
    write(path, "\n".join(lines) + "\n")


def kubeconfig(authority: bytes, server: str, user: str, token: str) -> str:
    """A kubeconfig with everything in it, as JSON, which is YAML; its second context leads to the server by its name.

    Args:
        authority: certificate, PEM.
        server: https URL.
        user: how this file calls whoever has the token.
        token: of a user or a service account.
    """
    cluster = {"server": server, "certificate-authority-data": base64.b64encode(authority).decode()}
    clusters = {"sandbox": cluster, CONTEXT: {**cluster, "tls-server-name": NAME}}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": each} for name, each in clusters.items()],
        "users": [{"name": user, "user": {"token": token}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": user}} for name in clusters],
        "current-context": "sandbox",
    }
    return json.dumps(document, indent=2) + "\n"


def write_kubeconfigs(layout: Layout, all_tokens: Mapping[str, str], outside: str) -> None:
    """One for each component, inside the cluster's network, and the administrator's for outside.

    Args:
        layout: where.
        all_tokens: by user.
        outside: the API server's URL for clients outside.
    """
    authority = (layout.secrets / "ca.crt").read_bytes()
    for user, token in all_tokens.items():
        write(layout.inside(user), kubeconfig(authority, INSIDE, user, token))
    write(layout.kubeconfig, kubeconfig(authority, outside, ADMIN, all_tokens[ADMIN]))
