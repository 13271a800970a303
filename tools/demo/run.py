"""What `make up` does, command by command: each is one that a person could type, and finding it done already is the same as doing it."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import yaml

from modeldelivery.release.approval import APPROVED
from modeldelivery.release.naming import Place, parse_environment, parse_model
from modeldelivery.release.version import Version, parse_version
from modeldelivery.review import child
from modeldelivery.review.core.reasons import of_update
from tools.demo import delivered, locks, pending, remote
from tools.demo.data import OtherDataError, pointers, write_months

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
DVC = ROOT / ".venv-data" / "bin" / "dvc"
ENVIRONMENTS = ("staging", "prod")
EDGES = ("edge-staging", "edge-prod")  # on Kubernetes
MODEL = "flights"
REASON = "make up: a demo's versions are approved by whoever starts it"
TRAINS = "staging"  # has the data bucket and the pipeline
NO_REGISTRY = 5  # modelctl's status for what AWS does not let it see
NO_COMMIT = "0" * 40  # Git's own word for none: of a folder that it does not keep


_NONE: Mapping[str, str] = {}
_LAST = 15  # lines of a failed command


class StepError(Exception):
    """A command of the demo failed; the message says which, what it said last and where all of it is."""


class Demo(msgspec.Struct, frozen=True, kw_only=True):
    """Where the walk takes place: the sandbox's folder, and the whole environment of a process in it."""

    home: Path
    environ: dict[str, str]

    def begin(self, environment: str) -> None:
        """Make the stack, unless there is one; what a killed engine left locked is unlocked, and what it left open is looked for.

        Raises:
            StepError: another engine is at work on it, and does not end.
        """
        self.run(f"select-{environment}", "pulumi", "stack", "select", "--create", environment)
        try:
            left = locks.left(self.home / "backend", environment)
        except locks.AtWorkError as error:
            raise StepError(str(error)) from error
        if left:
            self.run(f"cancel-{environment}", "pulumi", "cancel", "--yes", environment)
        exported = self.run(f"export-{environment}", "pulumi", "stack", "export", "--stack", environment)
        if state := pending.closed(json.loads(exported)):
            file = self.home / "state" / f"{environment}.json"
            file.parent.mkdir(exist_ok=True)
            file.write_text(json.dumps(state))
            self.run(
                f"import-{environment}",
                "pulumi", "stack", "import", "--stack", environment, "--file", str(file),
            )  # fmt: skip
            self.recover(environment)

    def deploy(self, environment: str, *, only: Version | None = None) -> str:
        """`pulumi up`; Pulumi's own summary.

        Args:
            environment: whose committed config says what there is to be.
            only: the one version that there is yet, live and alone in the fleet; None for what config says.
        """
        file: list[str] = []
        if only is not None:
            file = ["--config-file", str(self._earlier_config(environment, only))]
        if delivered.is_delivered(ROOT, environment):
            self.run(f"render-{environment}", "python", "-m", "infra.render", "--env", environment, *file)
            try:
                delivered.publish(ROOT, environment, self.repository)
            except subprocess.CalledProcessError as error:
                raise StepError(f"`{' '.join(error.cmd)}` failed:\n{error.stderr}") from error
        output = self.run(
            f"up-{environment}", "pulumi", "up", "--yes", "--skip-preview", "--stack", environment, *file
        )
        return _resources(output)

    @property
    def repository(self) -> Path:
        """Of what Argo CD delivers, where it does."""
        status = json.loads(self.run("cluster", "sandbox", "kubernetes", "status", "--json"))
        return Path(status["argocd"]["repository"])

    def recover(self, environment: str) -> None:
        """Tell a stack what is there: that the sandbox lost its state, or what a killed engine made."""
        self.run(
            f"refresh-{environment}",
            "pulumi", "refresh", "--yes", "--skip-preview", "--stack", environment,
        )  # fmt: skip

    def stacks(self) -> set[str]:
        """Names of the stacks that there are."""
        return {each["name"] for each in json.loads(self.run("stacks", "pulumi", "stack", "ls", "--json"))}

    def outputs(self, environment: str) -> dict[str, Any]:
        """The stack's outputs; none before its first `pulumi up`. Raises StepError where there is no such stack."""
        return dict(
            json.loads(self.run("outputs", "pulumi", "stack", "output", "--json", "--stack", environment))
        )

    def months(self) -> list[Path]:
        """Have the data that Git names here, from the published package; its pointers that are as named.

        Raises:
            StepError: a month is not published, or not as Git names it.
        """
        # Not before `make up` has left its shell: pandas' libraries look at the environment when they are imported.
        from pipelines.dataset import BadDataError  # noqa: PLC0415
        from pipelines.flights.data import published  # noqa: PLC0415

        try:
            return write_months(ROOT, published())
        except (OtherDataError, BadDataError) as error:
            raise StepError(str(error)) from error

    def push(self, environment: str) -> str:
        """Have it in DVC's remote too; what was there or done."""
        months = [str(month) for month in self.months()]
        self.run("data-cache", str(DVC), "commit", "--quiet", "--force", *months, AWS_PROFILE=environment)
        pushed = self.run("data-push", str(DVC), "push", *months, AWS_PROFILE=environment)
        changed = len(pointers(ROOT)) - len(months)
        left = f", {changed} changed here and left alone" if changed else ""
        return f"{len(months)} months of tables{left}, {pushed.strip().splitlines()[-1]}"

    def image(self, environment: str, *, steps: bool = False) -> str:
        """Build the model server's image, or that of the steps, and push it; its URI by digest."""
        of, repository = ("steps", "-steps") if steps else ("server", "")
        output = self.run(
            f"image-{of}-{environment}",
            "python", "-m", "sandbox", "image", "--profile", environment,
            "--repository", f"{MODEL}-{environment}{repository}", "--file", f"pipelines/{of}/Dockerfile", ".",
        )  # fmt: skip
        return output.strip().splitlines()[-1]

    def publish(self, environment: str, first: str, until: str) -> tuple[str, str]:
        """Have the data set of these months where the pipeline reads it; its revision, and whether it was there."""
        folder = self.home / "dataset"
        self.run(
            "dataset",
            "python", "-m", "pipelines.assemble", "--model", MODEL,
            "--first", first, "--until", until, "--out", str(folder),
        )  # fmt: skip
        bucket = self.outputs(environment)["dataBucket"]
        published = self.run(
            "publish",
            "python", "-m", "pipelines.publish", str(folder), "--bucket", bucket,
            AWS_PROFILE=environment,
        )  # fmt: skip
        digest, _, outcome = published.strip().rpartition("/sha256/")[2].partition("/ ")
        return f"sha256:{digest}", outcome

    @contextmanager
    def training(self, version: Version, *given: str) -> Iterator[list[str]]:
        """Have a version trained, judged and registered by the environment's pipeline while the block runs.

        Args:
            version: its name.
            given: options of `modelctl train` that say from what.

        Yields:
            What became of it, once the block has ended.
        """
        command = self.start(
            f"train-{version}",
            "modelctl", "train", "--env", TRAINS, "--version", version, "--json", "--commit", self._commit(), *given,
        )  # fmt: skip
        outcome: list[str] = []
        try:
            yield outcome
        except BaseException:
            command.interrupt()  # the execution goes on, and the next run follows it
            raise
        ended = json.loads(command.output())["detail"]
        if (ended["approval"] or {}).get("status") != APPROVED:
            self.approve(TRAINS, version)
        metrics = ended["record"]["metrics"] or {}
        outcome.extend(f"{name} {value:.3f}" for name, value in metrics.items() if name == "auc")

    def connect(self, environment: str) -> str:
        """As a person does once: make the role that builds deploy with, authorise the connection that they come by.

        Returns: what was done about the Git remote that leads to it.
        """
        # Not before `make up` has left its shell: a client's libraries look at the environment when they are imported.
        import boto3  # noqa: PLC0415

        from tools.demo import deployer  # noqa: PLC0415

        _, _, _, region, account, name = self.outputs(environment)["buildPipeline"].split(":")
        session = boto3.Session(profile_name=environment)
        place = Place(
            model=parse_model(MODEL),
            environment=parse_environment(environment),
            account=account,
            region=region,
        )
        deployer.make(session.client("iam"), place)
        self.run("authorize", "sandbox", "authorize", name)
        status = json.loads(self.run("status", "sandbox", "status", "--json"))
        return remote.add(ROOT, status["repositories"][account])

    def approve(self, environment: str, version: Version) -> None:
        """As whoever runs this."""
        self.run(
            f"approve-{environment}", "modelctl", "approve", version, "--env", environment, "--reason", REASON
        )

    def promote(self, version: Version, environment: str, source: str) -> None:
        """Register in another environment what this one has: the same bits, with what was found about them."""
        self.run(
            f"promote-{environment}",
            "python", "-m", "tools.promotion", version, "--from", source, "--to", environment,
        )  # fmt: skip
        self.approve(environment, version)

    def hostname(self, environment: str) -> str:
        """That clients of an environment on Kubernetes ask."""
        document = yaml.safe_load((ROOT / f"Pulumi.{environment}.yaml").read_text())
        return str(document["config"]["model-delivery:serving"]["kubernetes"]["hostname"])

    def status(self, environment: str) -> dict[str, Any] | None:
        """`modelctl status` as data; None when the account has no registry."""
        command = self.start(f"status-{environment}", "modelctl", "status", "--env", environment, "--json")
        output = command.output(NO_REGISTRY)
        return None if command.status == NO_REGISTRY else dict(json.loads(output))

    def fleet(self, environment: str) -> set[Version]:
        """The versions on the environment's endpoint."""
        return {
            parse_version(each["version"]) for each in (self.status(environment) or {}).get("versions", ())
        }

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
        return self.start(name, *command, **variables).output()

    def start(self, name: str, *command: str, **variables: str) -> "Command":
        """The same, started."""
        log = self.home / "logs" / f"{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        process = child.start(
            self._command(command),
            folder=ROOT,
            errors=subprocess.PIPE,
            environ={**self.environ, **variables},
        )
        return Command(command=command, process=process, log=log)

    def _commit(self) -> str:
        command = ("git", "rev-parse", "--verify", "HEAD^{commit}")
        done = subprocess.run(
            command, env=self.environ, cwd=ROOT, check=False, capture_output=True, text=True
        )
        return NO_COMMIT if done.returncode else done.stdout.strip()

    def _command(self, command: tuple[str, ...]) -> list[str]:
        """The project's own programs by path; pulumi from the PATH that set-up made."""
        own = BIN / command[0]
        return [str(own) if own.exists() else command[0], *command[1:]]

    def _earlier_config(self, environment: str, version: Version) -> Path:
        """The committed config as it was when a version was the only one: how this environment came to have a past."""
        document = yaml.safe_load((ROOT / f"Pulumi.{environment}.yaml").read_text())
        document["config"]["model-delivery:release"] = {"live": version, "fleet": [version]}
        path = self.home / "config" / f"Pulumi.{environment}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(document, sort_keys=False))
        return path


class Command(msgspec.Struct, kw_only=True):
    """A command under way, which a terminal's Ctrl-C reaches once, through `output` or `interrupt`.

    Attributes:
        command: as a person types it.
        process: that runs it.
        log: file for everything that it wrote.
    """

    command: tuple[str, ...]
    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def status(self) -> int:
        """The exit status, once it has ended."""
        return int(self.process.returncode)

    def output(self, *allowed: int) -> str:
        """What it wrote to stdout, when it has ended.

        Args:
            allowed: exit statuses beside 0.

        Raises:
            StepError: it failed.
        """
        out, err = (
            text.decode(errors="replace")
            for text in child.carried_out(self.process, self.process.communicate)
        )
        shown = " ".join(self.command)
        self.log.write_text(f"$ {shown}\n{out}{err}")
        if self.status and self.status not in allowed:
            raise StepError(f"`{shown}` failed:\n{_last_words(out + err)}\n(all of it: {self.log})")
        return out

    def interrupt(self) -> None:
        """Tell it to end, and wait until it has."""
        self.process.send_signal(signal.SIGINT)
        self.process.communicate()


def _last_words(output: str) -> str:
    """What a failed command said last; the engine says why before it shows outputs and counts resources."""
    lines = output.strip().splitlines()
    return "\n".join(of_update(output) if "Diagnostics:" in lines else lines[-_LAST:])


def _resources(output: str) -> str:
    """The lines of Pulumi's summary that count resources."""
    lines = [line.strip() for line in output.splitlines()]
    if "Resources:" not in lines:
        return "nothing to do"
    counted = lines[lines.index("Resources:") + 1 :]
    return ", ".join(line for line in counted[: counted.index("")] if line) if "" in counted else counted[0]
