"""A Kubernetes cluster on this machine: the real control plane, one node of ours, a gateway (docs/kubernetes.md)."""
