"""Buildah: builds without a daemon; as root, or as an ordinary user who has user namespaces and entries in /etc/subuid.

Isolation is chroot, so that neither an OCI runtime nor control groups are needed; containers are run by `unshare` and `chroot`.
"""

import os
import shlex
import tempfile
from pathlib import Path

from modeldelivery.terminal.steps import Step
from tools.image.engine import Build, Run, call
from tools.image.errors import ImageError

# $1: the image; then the command. What a runtime would do: a read-only root with /tmp, /dev and /proc, another user.
_RUN = """
set -eu
container=$(buildah from --pull-never "$1"); shift
trap 'cd /; buildah umount "$container" >/dev/null; buildah rm "$container" >/dev/null' EXIT
trap : TERM INT  # of its whole group: the program ends, and then this
root=$(buildah mount "$container")
mount --make-rprivate /
{folders}
mount --bind "$root" "$root"
{mounts}
mount -t tmpfs tmpfs "$root/tmp"
mount --rbind /dev "$root/dev"
mount --rbind /proc "$root/proc"
mount -o remount,bind,ro "$root"
status=0
env -i {environment} chroot --userspec={user} "$root" /bin/sh -c 'cd "$0" && exec "$@"' {folder} "$@" || status=$?
umount --lazy "$root"  # with what is mounted in it
exit $status
"""


class Buildah:
    """See Engine."""

    name = "buildah"

    def pull(self, reference: str, step: Step) -> str | None:
        try:
            image = call(
                ["buildah", "pull", "--quiet", "--policy", "always", reference], step, "asking a registry"
            ).strip()
        except ImageError:
            return None
        digest = call(
            ["buildah", "inspect", "--type", "image", "--format", "{{.FromImageDigest}}", image]
        ).strip()
        return f"{reference.partition('@')[0]}@{digest}"

    def find(self, name: str) -> str | None:
        return (
            name if call(["buildah", "images", "--quiet", "--filter", f"reference={name}"]).strip() else None
        )

    def build(self, build: Build, step: Step) -> str:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "image")
            call(
                [
                    "buildah", "build", "--format", "docker", "--isolation", "chroot", "--no-cache", "--platform", "linux/amd64",
                    *(part for name, value in build.arguments.items() for part in ("--build-arg", f"{name}={value}")),
                    *(part for name, path in build.secrets.items() for part in ("--secret", f"id={name},src={path}")),
                    "--iidfile", file, "--file", build.dockerfile, build.context,
                ],
                step, "building",
            )  # fmt: skip
            return file.read_text().strip().removeprefix("sha256:")

    def save(self, image: str, path: Path) -> None:
        call(["buildah", "push", "--quiet", image, f"docker-archive:{path}"])

    def load(self, path: Path, name: str = "") -> str:
        image = call(["buildah", "pull", "--quiet", f"docker-archive:{path}"]).strip()
        if name:
            call(["buildah", "tag", image, name])
        return name or image

    def command(self, image: str, run: Run) -> list[str]:
        folders = [f'mkdir -p "$root"{shlex.quote(path)}' for path in ("/tmp", "/dev", "/proc", *run.mounts)]  # noqa: S108
        mounts = []
        for path, folder in run.mounts.items():
            place = f'"$root"{shlex.quote(path)}'
            mounts.append(f"mount --bind {shlex.quote(str(folder))} {place}")
            if path not in run.writable:
                mounts.append(f"mount -o remount,bind,ro {place}")
        script = _RUN.format(
            folders="\n".join(folders),
            mounts="\n".join(mounts),
            environment=shlex.join(f"{name}={value}" for name, value in run.environment.items()),
            user=run.user,
            folder=shlex.quote(run.folder),
        )
        inside = ["unshare", "--mount"] if os.geteuid() == 0 else ["buildah", "unshare"]
        return [*inside, "sh", "-c", script, "sh", image, *run.command]

    def remove(self, image: str) -> None:
        call(["buildah", "rmi", "--force", image])
