"""The one cluster that an environment's objects go to."""

import pulumi
import pulumi_kubernetes


def provider(name: str, context: str, server: str) -> pulumi.ProviderResource:
    """The official provider, led by a context of the kubeconfig; no token of that gets into the stack's state.

    Args:
        name: in the program.
        context: of the kubeconfig of whoever runs Pulumi.
        server: that the context leads to: another one is another cluster, whose objects are others.
    """
    return pulumi_kubernetes.Provider(name, context=context, cluster_identifier=server)
