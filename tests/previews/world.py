"""One environment of the recorder's sandbox, and what is done to it between previews."""

import gzip
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path

import yaml

from tests.conftest import CHECKOUT, ECHO
from tests.kubernetes.cluster import Cluster
from tests.previews.program import edited, entered
from tests.stacks.conftest import artifact, push
from tests.stacks.stack import DEADLINE, Stack


class World(Stack):
    """A stack whose program may be an edited one."""

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
        return subprocess.run(
            self.command(*arguments),
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
            done = self.engine(program, "up", "--yes", "--skip-preview")
        assert bool(done.returncode) == fails, done.stdout + done.stderr

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
