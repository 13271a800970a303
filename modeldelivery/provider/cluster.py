"""`modeldelivery:index:getCluster`: whether a context of the kubeconfig leads to the one cluster that may be touched; nothing is sent there."""

import os
from collections.abc import Mapping
from typing import Any

import msgspec

from modeldelivery.plugin.protocol import ProviderError
from modeldelivery.plugin.values import Properties
from modeldelivery.release.errors import DeliveryError
from modeldelivery.release.kubernetes.kubeconfig import kubeconfig_paths, read_kubeconfig


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The function's arguments."""

    context: str
    server: str


def get_cluster(args: Properties) -> Mapping[str, Any]:
    """The address at which the cluster is.

    Raises:
        ProviderError: there is no such context, or it leads to another cluster.
    """
    try:
        arguments = msgspec.convert(args, Asked)
        config = read_kubeconfig(kubeconfig_paths(os.environ))
        return {"address": config.cluster(arguments.context, server=arguments.server).server}
    except (msgspec.ValidationError, DeliveryError) as error:
        raise ProviderError(str(error)) from error
