"""Docker's own engine, with BuildKit."""

import os
import tempfile
from pathlib import Path

from modeldelivery.terminal.steps import Step
from tools.image.engine import Build, Run, call
from tools.image.errors import ImageError


class Docker:
    """See Engine."""

    name = "docker"

    def __init__(self) -> None:
        # BuildKit mounts secrets; attestations would make an index of what SageMaker takes as one manifest only.
        os.environ.update(DOCKER_BUILDKIT="1", BUILDX_NO_DEFAULT_ATTESTATIONS="1")

    def pull(self, reference: str, step: Step) -> str | None:
        try:
            call(
                ["docker", "pull", "--quiet", "--platform", "linux/amd64", reference],
                step,
                "asking a registry",
            )
        except ImageError:
            return None
        return call(["docker", "image", "inspect", "--format", "{{index .RepoDigests 0}}", reference]).strip()

    def find(self, name: str) -> str | None:
        return name if call(["docker", "images", "--quiet", name]).strip() else None

    def build(self, build: Build, step: Step) -> str:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "image")
            call(
                [
                    "docker", "build", "--no-cache", "--platform", "linux/amd64",
                    *(part for name, value in build.arguments.items() for part in ("--build-arg", f"{name}={value}")),
                    *(part for name, path in build.secrets.items() for part in ("--secret", f"id={name},src={path}")),
                    "--network", "host", "--iidfile", file, "--file", build.dockerfile, build.context,
                ],
                step, "building",
            )  # fmt: skip
            return file.read_text().strip()

    def save(self, image: str, path: Path) -> None:
        call(["docker", "save", "--output", path, image])

    def load(self, path: Path, name: str = "") -> str:
        # "Loaded image ID: sha256:…", or "Loaded image: NAME" of an archive that names it
        image = call(["docker", "load", "--quiet", "--input", path]).strip().rpartition(": ")[2]
        if name:
            call(["docker", "tag", image, name])
        return name or image

    def command(self, image: str, run: Run) -> list[str]:
        mounts = [
            f"type=bind,src={folder},dst={path}{'' if path in run.writable else ',readonly'}"
            for path, folder in run.mounts.items()
        ]
        first, *rest = run.command
        return [
            "docker", "run", "--rm", "--init", "--read-only", "--tmpfs", "/tmp", "--network", "host",  # noqa: S108
            "--user", run.user, "--workdir", run.folder,
            *(part for name, value in run.environment.items() for part in ("--env", f"{name}={value}")),
            *(part for mount in mounts for part in ("--mount", mount)),
            "--entrypoint", first, image, *rest,
        ]  # fmt: skip

    def remove(self, image: str) -> None:
        call(["docker", "image", "rm", "--force", image])
