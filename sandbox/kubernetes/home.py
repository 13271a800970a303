"""The folder of a cluster: inside the AWS sandbox's, whose images its node runs."""

from sandbox.home import Home, claim, home


def cluster_home() -> Home:
    """Of the cluster beside the AWS sandbox, whose folder is claimed too. Raises SandboxError."""
    around = home()
    claim(around)
    return within(around)


def within(around: Home) -> Home:
    """The cluster's folder in an AWS sandbox's: its own lock, log and state are in it."""
    return Home(around.root / "kubernetes")
