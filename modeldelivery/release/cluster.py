"""A cluster reached from this machine: by a kubeconfig that leads there, else, where it is one of EKS, by AWS credentials alone.

Imported only where an environment is on Kubernetes: nothing of it costs a rollback on SageMaker.
"""

import os
from collections.abc import Callable
from functools import partial
from typing import Protocol
from urllib.parse import urlsplit

import msgspec

from modeldelivery.release.aws.eks import HOSTS
from modeldelivery.release.core.journal import ClusterPlace
from modeldelivery.release.errors import UnreachableError
from modeldelivery.release.kubernetes.bearer import Bearer
from modeldelivery.release.kubernetes.connection import connect
from modeldelivery.release.kubernetes.kubeconfig import (
    Cluster,
    Eks,
    KubeconfigError,
    kubeconfig_paths,
    read_kubeconfig,
)
from modeldelivery.release.kubernetes.objects import Namespace
from modeldelivery.release.kubernetes.server import ApiServer
from modeldelivery.release.kubernetes.traffic import KubernetesTraffic


class Account(Protocol):
    """AWS credentials: `release.aws.session.Account`."""

    @property
    def region(self) -> str: ...

    def eks_token(self, cluster: str, region: str | None = None) -> str:
        """Raises CredentialsError."""
        ...


# Seconds for which a token of EKS' is sent; EKS takes it for 15 minutes.
# https://github.com/kubernetes-sigs/aws-iam-authenticator#api-authorization-from-outside-a-cluster
SIGNED = 600.0
OpensAccount = Callable[[str | None, str | None], Account]  # profile and region, as `open_account` takes them


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """How clusters are reached.

    Attributes:
        account: credentials of the environment.
        opens: those of another profile, which a kubeconfig names.
        context: of the kubeconfig; None for any that leads to the cluster.
    """

    account: Account
    opens: OpensAccount
    context: str | None = None

    def traffic(self, place: ClusterPlace, *, patient: bool) -> KubernetesTraffic:
        """The route of a journal's place."""
        return KubernetesTraffic(
            server=self.server(self.cluster(place), patient=patient),
            namespace=Namespace(place.namespace),
            name=place.route,
        )

    def server(self, cluster: Cluster, *, patient: bool) -> ApiServer:
        """Connections to it; nothing is sent yet. Raises KubeconfigError, CredentialsError."""
        login = cluster.login
        if not isinstance(login, Eks):
            return connect(cluster, patient=patient)
        account = self.opens(login.profile, login.region) if login.profile else self.account
        bearer = Bearer(makes=partial(account.eks_token, login.cluster, login.region), lasts=SIGNED)
        bearer.renewed()  # without credentials nothing need be sent to learn so
        return connect(cluster, bearer, patient=patient)

    def cluster(self, place: ClusterPlace) -> Cluster:
        """The cluster at the place's address, as a kubeconfig has it. Raises KubeconfigError when nothing leads there."""
        try:
            return self.configured(place.server)
        except KubeconfigError:
            if self.context or not place.cluster:
                raise
            return _of_eks(place)

    def configured(self, server: str | None = None) -> Cluster:
        """The cluster of a kubeconfig's context. Raises KubeconfigError when there is none, or it leads to another server."""
        config = read_kubeconfig(kubeconfig_paths(os.environ))
        return config.cluster(self.context, server=server)


def _of_eks(place: ClusterPlace) -> Cluster:
    """A journal's word is enough to log in to a cluster of EKS, and to nothing else: who writes it gets no token."""
    host = urlsplit(place.server).hostname or ""
    if not host.endswith(HOSTS):
        raise UnreachableError(
            f"the journal names {place.server} as the EKS cluster {place.cluster}, and that is no address of EKS",
            hint="`aws eks update-kubeconfig` makes a kubeconfig that leads to it",
        )
    return Cluster(
        server=place.server, ca=place.ca, login=Eks(cluster=place.cluster), context=f"EKS {place.cluster}"
    )
