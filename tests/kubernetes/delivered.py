"""An environment that Argo CD delivers, with the real engine, as a test uses it: each change is a merge of config and of what `make render` made of it."""

import shutil
import sys

from tests.conftest import CHECKOUT
from tests.kubernetes.edge import Edge, edge
from tests.kubernetes.gitops import APPLICATIONS

FOLDER = "build/tests"  # ignored by this checkout's Git


class Delivered(Edge):
    """Config says from where; `up` and `preview` are as of any other."""

    repository = None

    @property
    def path(self):
        """Of its folder, in this checkout and in the repository."""
        return f"{FOLDER}/{self.name}"

    def render(self, *more):
        """`make render` of its config; the process, whatever its status."""
        return self.run(
            sys.executable, "-m", "infra.render", "--env", self.name, "--config-file", self.file, *more
        )

    def merge(self, message):
        """What config says, rendered and pushed, as the merge of a pull request."""
        done = self.render()
        assert not done.returncode, done.stderr
        self.repository.take(CHECKOUT / self.path, self.path, message)

    def promote(self, version, source):
        """The version as another environment has it, with its evidence, and approved here."""
        self.run(
            sys.executable, "-m", "tools.promotion", version, "--from", source, "--to", self.name, check=True
        )
        self.modelctl("approve", version, "--reason", f"it serves in {source}")

    @property
    def sync(self):
        """Whether what is in Git is in the cluster, as Argo CD says."""
        return self.cluster.api.get(f"{APPLICATIONS}/{self.place}")["status"]["sync"]["status"]

    def gone(self):
        """What it leaves in this checkout is removed, and so is the stack."""
        shutil.rmtree(CHECKOUT / self.path, ignore_errors=True)
        if self.resources():
            self.destroy()


def delivered(name, cluster, aws, folder, repository):
    """The stack of a committed environment, delivered from a repository, with its registry made and nothing in it."""
    stack = edge(name, cluster, aws, folder, Delivered)
    stack.repository = repository
    stack.serving_at(deliver={"repository": repository.url, "path": stack.path})
    stack.set("protect", value=False)
    stack.up()
    return stack
