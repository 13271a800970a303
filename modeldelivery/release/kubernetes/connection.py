"""Connections to a cluster's API server, trusted and logged in as its kubeconfig says."""

import math
import os
import ssl
import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import urllib3

from modeldelivery.release.kubernetes.bearer import Bearer
from modeldelivery.release.kubernetes.kubeconfig import Certificate, Cluster, KubeconfigError, Token
from modeldelivery.release.kubernetes.server import MANAGER, ApiServer

# Sent once: a retry would come after the intent's deadline. Within release.kubernetes.traffic.TIMING.call.
FENCED = urllib3.Timeout(connect=1.0, read=1.5)
PATIENT = urllib3.Timeout(connect=5.0, read=30.0)
REREAD = 60.0  # seconds for which a token of a file is sent: who mounts it writes it anew; client-go reads it as often
RETRIES = urllib3.Retry(
    total=4,
    allowed_methods=frozenset({"GET"}),
    status_forcelist=frozenset({429, 500, 502, 503, 504}),
    backoff_factor=0.2,
    redirect=0,
    raise_on_status=False,
    raise_on_redirect=False,
)


def connect(cluster: Cluster, bearer: Bearer | None = None, *, patient: bool) -> ApiServer:
    """An API server; nothing is sent yet.

    Args:
        cluster: where, and how one logs in.
        bearer: for a login that the kubeconfig leaves to others (EKS).
        patient: ask again and wait long; else once, with short time-outs.

    Raises:
        KubeconfigError: a certificate or key that is none.
    """
    parts = urlsplit(cluster.server)
    pool = urllib3.HTTPSConnectionPool(
        parts.hostname or "",
        parts.port or 443,
        ssl_context=_trust(cluster),
        server_hostname=cluster.name or None,
        assert_hostname=cluster.name or None,
        timeout=PATIENT if patient else FENCED,
        retries=RETRIES if patient else False,
        maxsize=1,
    )
    if isinstance(cluster.login, Token):
        bearer = Bearer(makes=cluster.login.read, lasts=REREAD if cluster.login.file else math.inf)
    return ApiServer(
        pool=pool,
        address=cluster.server,
        prefix=parts.path.rstrip("/"),
        bearer=bearer,
        agent=user_agent(os.environ),
    )


def user_agent(environ: Mapping[str, str]) -> str:
    """What an API server's audit log calls this client: with the name that AWS' own logs have for it, where it has one.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-appid.html
    """
    name = environ.get("AWS_SDK_UA_APP_ID", "")
    return (
        f"{MANAGER} app/{name}"
        if name.isascii() and name.isprintable() and name.split() == [name]
        else MANAGER
    )


def _trust(cluster: Cluster) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cadata=cluster.ca or None)
        if isinstance(cluster.login, Certificate):
            _present(context, cluster.login)
    except (
        ssl.SSLError,
        ValueError,
        TypeError,
    ) as error:  # of Python's for text that is not ASCII, TypeError
        raise KubeconfigError(
            f"context {cluster.context!r}: a certificate or key is not PEM, or they do not belong together ({error})"
        ) from error
    return context


def _present(context: ssl.SSLContext, login: Certificate) -> None:
    """Log in by a certificate; OpenSSL takes certificate and key from a file only, which is the user's alone and goes at once."""
    with tempfile.TemporaryDirectory() as folder:
        chain = Path(folder) / "chain.pem"
        chain.touch(mode=0o600)
        chain.write_text(f"{login.certificate}\n{login.key}\n", encoding="ascii")
        context.load_cert_chain(chain)
