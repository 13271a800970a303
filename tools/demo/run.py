"""The demo that `make up` walks: two environments, two versions of a real model, served, shifted, ready to be rolled back.

Every step is one that a person could type, and finding it done already is the same as doing it.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from modeldelivery.release.cli.checkout import checkout
from tools.demo.data import OtherDataError, pointers, write_months

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
DVC = ROOT / ".venv-data" / "bin" / "dvc"
ENVIRONMENTS = ("staging", "prod")
# Trained on one month less and one month more: two real versions of the same model.
TRAINED_UNTIL = {"v1.0.0": "2013-02", "v1.1.0": "2013-03"}
FIRST = "v1.0.0"
# Of what training says, what a reviewer wants to know. Data and parameters are in the archive itself.
METRICS = ("auc", "commit", "evaluated_on", "rows_evaluated")
MODEL = "flights"
APPROVED = "make up: a demo's versions are approved by whoever starts it"
TRAINS = "staging"  # has the data bucket
NO_REGISTRY = 5  # modelctl's status for what AWS does not let it see


_NONE: Mapping[str, str] = {}


class StepError(Exception):
    """A command of the demo failed; the message says which, what it said last and where all of it is."""


class Demo(msgspec.Struct, frozen=True, kw_only=True):
    """Where the walk takes place: the sandbox's folder, and the whole environment of a process in it."""

    home: Path
    environ: dict[str, str]

    def begin(self, environment: str) -> None:
        """Make the stack, unless there is one."""
        self.run(f"select-{environment}", "pulumi", "stack", "select", "--create", environment)

    def deploy(self, environment: str, *, live: str | None = None) -> str:
        """`pulumi up`, with another `live` than the committed one when given; Pulumi's own summary."""
        file: list[str] = []
        if live is not None:
            file = ["--config-file", str(self._earlier_config(environment, live))]
        output = self.run(
            f"up-{environment}", "pulumi", "up", "--yes", "--skip-preview", "--stack", environment, *file
        )
        return _resources(output)

    def recover(self, environment: str) -> None:
        """Tell a stack that the sandbox lost its state what is gone."""
        self.run(
            f"refresh-{environment}", "pulumi", "refresh", "--yes", "--skip-preview", "--stack", environment
        )

    def outputs(self, environment: str) -> dict[str, Any]:
        """The stack's outputs, none when it was never made."""
        return dict(
            json.loads(self.run("outputs", "pulumi", "stack", "output", "--json", "--stack", environment))
        )

    def train(self, version: str) -> dict[str, Any]:
        """Train a version, once: the same data and seed give the same bytes."""
        folder = self.home / "models" / version
        summary = folder / "summary.json"
        if not summary.exists():
            output = self.run(
                f"train-{version}",
                "python", "-m", "pipelines.flights.train", "--until", TRAINED_UNTIL[version], "--out", str(folder), "--json",
            )  # fmt: skip
            draft = summary.with_suffix(".part")
            draft.write_text(json.dumps({**json.loads(output), **self._commit()}))
            draft.replace(summary)
        return dict(json.loads(summary.read_text()))

    def fill(self, environment: str) -> str:
        """Have the data that Git names in DVC's remote, from the published package; what was there or done."""
        # Not before `make up` has left its shell: pandas' libraries look at the environment when they are imported.
        from pipelines.dataset import BadDataError  # noqa: PLC0415
        from pipelines.flights.data import published  # noqa: PLC0415

        try:
            months = write_months(ROOT, published())
        except (OtherDataError, BadDataError) as error:
            raise StepError(str(error)) from error
        of = [str(month) for month in months]
        self.run("data-cache", str(DVC), "commit", "--quiet", "--force", *of, AWS_PROFILE=environment)
        pushed = self.run("data-push", str(DVC), "push", *of, AWS_PROFILE=environment)
        changed = len(pointers(ROOT)) - len(of)
        left = f", {changed} changed here and left alone" if changed else ""
        return f"{len(of)} months of tables{left}, {pushed.strip().splitlines()[-1]}"

    def _commit(self) -> dict[str, str]:
        """The commit that is trained here; none in a folder that Git does not keep."""
        done = self._call(("git", "rev-parse", "HEAD"))
        return {} if done.returncode else {"commit": done.stdout.strip()}

    def image(self, environment: str, *, steps: bool = False) -> str:
        """Build the model server's image, or that of the steps, and push it; its URI by digest."""
        of, repository = ("steps", "-steps") if steps else ("server", "")
        output = self.run(
            f"image-{of}-{environment}",
            "python", "-m", "sandbox", "image", "--profile", environment,
            "--repository", f"{MODEL}-{environment}{repository}", "--file", f"pipelines/{of}/Dockerfile", ".",
        )  # fmt: skip
        return output.strip().splitlines()[-1]

    def publish(self, environment: str) -> str:
        """Have the months of params.yaml where the pipeline reads them; where, and whether they were there."""
        here, folder = checkout(ROOT), self.home / "dataset"
        assert here.first is not None
        assert here.until is not None
        self.run(
            "dataset",
            "python", "-m", "pipelines.assemble", "--model", MODEL,
            "--first", here.first, "--until", here.until, "--out", str(folder),
        )  # fmt: skip
        bucket = self.outputs(environment)["dataBucket"]
        published = self.run(
            "publish",
            "python", "-m", "pipelines.publish", str(folder), "--bucket", bucket,
            AWS_PROFILE=environment,
        )  # fmt: skip
        return published.strip().rpartition("/sha256/")[2]

    def register(self, environment: str, version: str, image: str, data: str) -> None:
        """Name the bits in an environment's registry, with what training measured, and approve them as whoever runs this."""
        folder = self.home / "models" / version
        metrics, summary = folder / "metrics.json", json.loads((folder / "summary.json").read_text())
        metrics.write_text(json.dumps({name: summary[name] for name in METRICS if name in summary}))
        self.run(
            f"register-{environment}",
            "modelctl", "register", "--env", environment, "--version", version, "--image", image,
            "--artifact", str(folder / "model.tar.gz"), "--data-revision", data,
            "--metrics", str(metrics),
        )  # fmt: skip
        self.run(
            f"approve-{environment}",
            "modelctl", "approve", version, "--env", environment, "--reason", APPROVED,
        )  # fmt: skip

    def status(self, environment: str) -> dict[str, Any] | None:
        """`modelctl status` as data; None when the account has no registry."""
        command = ("modelctl", "status", "--env", environment, "--json")
        done = self._call(command)
        if done.returncode == NO_REGISTRY:
            return None
        if done.returncode:
            raise StepError(f"`{' '.join(command)}` failed:\n{done.stdout}{done.stderr}")
        return dict(json.loads(done.stdout))

    def show(self, *command: str) -> None:
        """Run a command for the person who watches."""
        subprocess.run(
            self._command(command), env=self.environ, cwd=ROOT, check=True, stdin=subprocess.DEVNULL
        )

    def run(self, name: str, *command: str, **variables: str) -> str:
        """Run a command with more variables, its output kept in the sandbox's folder; what it wrote to stdout.

        Raises:
            StepError: it failed.
        """
        log = self.home / "logs" / f"{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        done = self._call(command, variables)
        log.write_text(f"$ {' '.join(command)}\n{done.stdout}{done.stderr}")
        if done.returncode:
            last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
            raise StepError(f"`{' '.join(command)}` failed:\n{last}\n(all of it: {log})")
        return done.stdout

    def _call(
        self, command: tuple[str, ...], variables: Mapping[str, str] = _NONE
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._command(command),
            env={**self.environ, **variables},
            cwd=ROOT,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    def _command(self, command: tuple[str, ...]) -> list[str]:
        """The project's own programs by path; pulumi from the PATH that set-up made."""
        own = BIN / command[0]
        return [str(own) if own.exists() else command[0], *command[1:]]

    def _earlier_config(self, environment: str, live: str) -> Path:
        """The committed config as it was when `live` was live: how this environment came to have a past."""
        committed = (ROOT / f"Pulumi.{environment}.yaml").read_text()
        lines = [
            f"{line[: line.index('live:')]}live: {live}" if line.strip().startswith("live:") else line
            for line in committed.splitlines()
        ]
        path = self.home / "config" / f"Pulumi.{environment}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n")
        return path


def _resources(output: str) -> str:
    """The lines of Pulumi's summary that count resources."""
    lines = [line.strip() for line in output.splitlines()]
    if "Resources:" not in lines:
        return "nothing to do"
    counted = lines[lines.index("Resources:") + 1 :]
    return ", ".join(line for line in counted[: counted.index("")] if line) if "" in counted else counted[0]
