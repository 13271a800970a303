"""One environment of the recorder's sandbox, and what is done to it between previews."""

import gzip
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from types import MappingProxyType

import yaml

from tests.conftest import CHECKOUT, ECHO
from tests.kubernetes.cluster import Cluster
from tests.kubernetes.repository import Repository
from tests.previews.program import edited, entered
from tests.stacks.conftest import artifact, push
from tests.stacks.stack import DEADLINE, Stack

REPOSITORY = "https://git.example.com/team/delivery.git"  # of whatever repository Argo CD delivers from


class World(Stack):
    """A stack whose program may be an edited one.

    Attributes:
        words: what a recording says, by the text of this run that it says it for.
    """

    words: Mapping[str, str] = MappingProxyType({})

    def __init__(self, name, sandbox, folder, program):
        own = folder / name
        own.mkdir()
        super().__init__(name, sandbox, own)
        self.without_data()
        self.program = program
        self.artifacts = folder / "artifacts"  # of both environments: the same bits
        self.artifacts.mkdir(exist_ok=True)

    def engine(self, program, *arguments):
        """Run Pulumi with a program; the process, whatever its status."""
        return self.inside(program, *self.command(*arguments))

    def inside(self, program, *command):
        """Run a command with a program's packages; the process, whatever its status."""
        return subprocess.run(
            [*map(str, command)],
            cwd=program,
            env=self.env | entered(program),
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE,
            stdin=subprocess.DEVNULL,
        )

    @contextmanager
    def running(self, edits):
        """The program with some edits."""
        if not edits:
            yield self.program
            return
        with tempfile.TemporaryDirectory() as folder:
            yield edited(self.program, Path(folder) / "program", edits)

    @contextmanager
    def changed(self, scenario):
        """Config, program and world as a scenario has them; config and world are put back."""
        config = deepcopy(self.config)
        with scenario.meanwhile(self), self.running(scenario.edits) as program:
            for key, value in scenario.config.items():
                self.set(key, value)
            yield program
        self.config = config

    def reach(self, *, edits=(), fails=False, **config):
        """`pulumi up` with config and edits; config stays."""
        for key, value in config.items():
            self.set(key, value)
        with self.running(edits) as program:
            self.merged(program)
            done = self.engine(program, "up", "--yes", "--skip-preview")
        assert bool(done.returncode) == fails, done.stdout + done.stderr

    def merged(self, program):
        """What a change has beside config and program, before `pulumi up`: nothing."""

    def register(self, version, *, model, data, image=ECHO):
        """Register a version whose artifact is `model`'s; the same bits in whatever environment."""
        path = self.artifacts / f"{model}.tar.gz"
        if not path.exists():
            tar = gzip.decompress(artifact(path, name=model).read_bytes())
            path.write_bytes(gzip.compress(tar, mtime=0))  # else every run would have other bits
        self.register_approved(version, push(self, image), path, data)

    def other_image(self):
        """A build context whose image differs."""
        context = self.artifacts / "echo"
        if not context.exists():
            shutil.copytree(ECHO, context)
            (context / "serve.py").open("a").write("# other bits\n")
        return context

    def client(self, service):
        return self.sandbox.client(self.name, service)

    def secret(self, key, text):
        """Put a secret into the config, encrypted as Pulumi does it."""
        self.pulumi("config", "set", "--secret", key, text, config=True)
        self.config = yaml.safe_load((self.folder / f"Pulumi.{self.name}.yaml").read_text())


class ClusterWorld(World):
    """An environment on a cluster, which the first of them starts beside the sandbox; `sandbox down` ends it."""

    POD = CHECKOUT / "tests" / "containers" / "pod"

    def __init__(self, name, sandbox, folder, program):
        self.cluster = Cluster(sandbox.home)
        self.cluster.run("up")
        super().__init__(name, sandbox, folder, program)

    def path(self, group, plural, name):
        """Of an object in the environment's namespace, which is called as what serves is."""
        return f"/apis/{group}/namespaces/flights-{self.name}/{plural}/{name}"


class DeliveredWorld(ClusterWorld):
    """The same, and Argo CD delivers its versions from a repository."""

    def __init__(self, name, sandbox, folder, program):
        super().__init__(name, sandbox, folder, program)
        self.cluster.run("up", "--argocd")
        self.repository = Repository.made(self.folder / "delivery")
        self.words = {self.repository.url: REPOSITORY}
        self.delivered_from()

    @property
    def application(self):
        """Path of Argo CD's."""
        return f"/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/flights-{self.name}"

    def delivered_from(self, **changed):
        """Config of from where; as a scenario has it."""
        serving = deepcopy(self.config["config"]["model-delivery:serving"])
        serving["kubernetes"]["deliver"] = {
            "repository": self.repository.url,
            "path": f"deploy/{self.name}",
            **changed,
        }
        self.set("serving", serving)

    def merged(self, program):
        """The folder of what config says is in Git."""
        path = f"deploy/{self.name}"
        module = (program / ".venv" / "bin" / "python", "-m", "infra.render")
        done = self.inside(program, *module, "--env", self.name, "--config-file", self.file)
        assert not done.returncode, done.stderr
        self.repository.take(program / path, path, "as config says")
