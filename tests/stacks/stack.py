"""A Pulumi stack of this project in a sandbox of its own: the real engine, the real program, config that a test changes."""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from tests.conftest import CHECKOUT, Sandbox

DEADLINE = 240


class EngineError(AssertionError):
    """Pulumi ended with an error; the text is what it said."""


@dataclass
class Stack:
    """One environment; `config` is what Pulumi.<name>.yaml holds, changed in memory and never in the tree."""

    name: str
    sandbox: Sandbox
    folder: Path
    extra: dict[str, str] = field(default_factory=dict)

    def __post_init__(self):
        self.config = yaml.safe_load((CHECKOUT / f"Pulumi.{self.name}.yaml").read_text())
        # The Kubernetes provider leaves a file with a kubeconfig there each time.
        self.env = self.sandbox.env | {"TMPDIR": str(self.folder)} | self.extra
        self.backend.mkdir(parents=True, exist_ok=True)
        self.pulumi("stack", "select", "--create", self.name)

    @property
    def backend(self):
        """The folder of Pulumi's state."""
        return Path(urlsplit(self.env["PULUMI_BACKEND_URL"]).path)

    def set(self, key, value):
        """Change one key of the config; `model-delivery:` is understood."""
        self.config["config"][key if ":" in key else f"model-delivery:{key}"] = value

    def release(self, live, *fleet):
        self.set("release", {"live": live, "fleet": list(fleet)})

    def no_release(self):
        self.config["config"].pop("model-delivery:release", None)

    def without_data(self):
        """Without the data bucket, which is staging's alone and refuses to be destroyed, the pipelines that train from it, what
        judges by their evidence, and what is kept and drawn of invocations."""
        for key in ("data", "training", "build", "monitoring", "capture", "drift"):
            self.config["config"].pop(f"model-delivery:{key}", None)

    @property
    def file(self):
        path = self.folder / f"Pulumi.{self.name}.yaml"
        path.write_text(yaml.safe_dump(self.config))
        return path

    def command(self, *arguments, config=True):
        stack = ["--config-file", str(self.file), "--stack", self.name] if config else []
        return [str(CHECKOUT / ".tools" / "bin" / "pulumi"), *arguments, *stack, "--non-interactive"]

    def pulumi(self, *arguments, config=False):
        """Run a command; what it said, with stderr. Raises EngineError."""
        done = subprocess.run(
            self.command(*arguments, config=config),
            cwd=CHECKOUT,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode:
            raise EngineError(done.stdout + done.stderr)
        return done.stdout

    def up(self):
        """`pulumi up`; the texts it printed."""
        return self.pulumi("up", "--yes", "--skip-preview", config=True)

    def preview(self, *more):
        """`pulumi preview --json`."""
        return json.loads(self.pulumi("preview", "--json", *more, config=True))

    def changes(self, *more):
        """The preview's steps that are not `same`: type and operation."""
        steps = self.preview(*more)["steps"]
        return {s["urn"].split("::")[2].split("$")[-1]: s["op"] for s in steps if s["op"] != "same"}

    def refresh(self):
        return self.pulumi("refresh", "--yes", "--skip-preview", config=True)

    def drift(self):
        """What `refresh --preview-only --json` would take over."""
        steps = json.loads(self.pulumi("refresh", "--preview-only", "--json", config=True))["steps"]
        return [s for s in steps if s["op"] not in {"same", "refresh"} or s.get("detailedDiff")]

    def destroy(self):
        """`pulumi destroy`, after the versions were deleted: SageMaker refuses to delete a group that has some."""
        sagemaker = self.sandbox.client(self.name, "sagemaker")
        group = f"flights-{self.name}"
        for package in sagemaker.list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"]:
            sagemaker.delete_model_package(ModelPackageName=package["ModelPackageArn"])
        return self.pulumi("destroy", "--yes", "--skip-preview", config=True)

    def exported(self):
        return json.loads(self.pulumi("stack", "export", "--stack", self.name))

    def resources(self):
        """Types in the stack's state."""
        return [r["type"] for r in self.exported()["deployment"].get("resources", [])]

    def graph(self):
        """Every resource's place in the tree and dependencies by its URN, without the environment's name."""

        def plain(text):
            return text.replace(self.name, "ENV")

        return {
            plain(resource["urn"]): {
                "parent": plain(resource.get("parent", "")),
                "dependencies": sorted(map(plain, resource.get("dependencies", []))),
                "by property": {
                    key: sorted(map(plain, urns or []))
                    for key, urns in resource.get("propertyDependencies", {}).items()
                },
            }
            for resource in self.exported()["deployment"]["resources"]
        }

    def modelctl(self, *arguments, check=True):
        """`modelctl … --env NAME`."""
        return self.run(CHECKOUT / ".venv" / "bin" / "modelctl", *arguments, "--env", self.name, check=check)

    def register_approved(self, version, image, artifact, data, *more):
        """`modelctl register`, and the approval without which nothing may join a fleet, as a person gives it."""
        done = self.modelctl(
            "register", "--version", version, "--image", image,
            "--artifact", artifact, "--data-revision", data, "--json", *more,
        )  # fmt: skip
        self.sandbox.client(self.name, "sagemaker").update_model_package(
            ModelPackageArn=json.loads(done.stdout)["detail"]["package_arn"], ModelApprovalStatus="Approved"
        )

    def review(self, command, folder, *, of_one=True):
        """`python -m modeldelivery.review COMMAND`, of this environment with its config as it is now, or of all that are in a folder."""
        which = ["--env", self.name, "--config-file", self.file] if of_one else []
        return self.run(sys.executable, "-m", "modeldelivery.review", "--folder", folder, command, *which)

    def run(self, *command, check=False):
        """A command in the checkout, inside the sandbox."""
        done = subprocess.run(
            [*map(str, command)],
            cwd=CHECKOUT,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            stdin=subprocess.DEVNULL,
        )
        assert not check or done.returncode == 0, (
            f"{done.args} ended with {done.returncode}: {done.stdout}{done.stderr}"
        )
        return done

    def status(self):
        return json.loads(self.modelctl("status", "--json").stdout)

    def serving(self):
        """Current weights by variant, as SageMaker says."""
        response = self.sandbox.client(self.name, "sagemaker").describe_endpoint(
            EndpointName=f"flights-{self.name}"
        )
        return {v["VariantName"]: v["CurrentWeight"] for v in response["ProductionVariants"]}

    def invoke(self, body=b"{}"):
        """The variant that answers a request."""
        runtime = self.sandbox.client(self.name, "sagemaker-runtime")
        answer = runtime.invoke_endpoint(
            EndpointName=f"flights-{self.name}", Body=body, ContentType="application/json"
        )
        answer["Body"].read()
        return answer["InvokedProductionVariant"]
