"""The state folder: where everything of one sandbox lies, whose it is, and how it is written."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent


class SandboxError(Exception):
    """A sentence for the person who typed the command."""


@dataclass(frozen=True)
class Home:
    """One sandbox's folder; two homes are two sandboxes that share nothing."""

    root: Path

    @property
    def lock(self) -> Path:
        return self.root / "daemon.lock"

    @property
    def daemon(self) -> Path:
        return self.root / "daemon.json"

    @property
    def keys(self) -> Path:
        return self.root / "keys.json"

    @property
    def ports(self) -> Path:
        return self.root / "ports.json"

    @property
    def log(self) -> Path:
        return self.root / "sandbox.log"

    @property
    def container_logs(self) -> Path:
        return self.root / "containers"

    @property
    def aws_config(self) -> Path:
        return self.root / "aws" / "config"

    @property
    def aws_credentials(self) -> Path:
        return self.root / "aws" / "credentials"

    @property
    def kubeconfig(self) -> Path:
        """Of the cluster beside this sandbox, where one was started."""
        return self.root / "kubernetes" / "admin.kubeconfig"

    @property
    def pulumi_home(self) -> Path:
        return self.root / "pulumi-home"

    @property
    def backend(self) -> Path:
        return self.root / "backend"

    @property
    def pulumi(self) -> dict[str, str]:
        """Pulumi's variables: its plugins and its state are this sandbox's, and nothing is asked of the network."""
        return {
            "PULUMI_HOME": str(self.pulumi_home),
            # Without the sidecar that each file of the state gets otherwise: it alone is not written by a rename, and an engine that is
            # killed within leaves a stack that Pulumi cannot read ("EOF"; gocloud.dev/blob/fileblob, setAttrs).
            "PULUMI_BACKEND_URL": f"file://{self.backend}?metadata=skip",
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
        }

    @property
    def blobs(self) -> Path:
        return self.root / "images" / "blobs"

    @property
    def layers(self) -> Path:
        return self.root / "images" / "layers"

    @property
    def instances(self) -> Path:
        return self.root / "instances"

    @property
    def captured(self) -> Path:
        """Lines that wait to be written to S3."""
        return self.root / "captured"

    @property
    def jobs(self) -> Path:
        return self.root / "jobs"

    @property
    def builds(self) -> Path:
        return self.root / "builds"

    @property
    def repositories(self) -> Path:
        return self.root / "git"


def home() -> Home:
    """`SANDBOX_HOME` when set (tests run several sandboxes at once), else `.sandbox` in the checkout."""
    chosen = os.environ.get("SANDBOX_HOME")
    return Home(Path(chosen).absolute() if chosen else CHECKOUT / ".sandbox")


def claim(home: Home) -> None:
    """Make the folder, for its owner alone.

    Raises:
        SandboxError: it belongs to someone else, holds other things, or cannot be made.
    """
    root = home.root
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        owner = root.stat().st_uid
        if owner != os.geteuid():
            raise SandboxError(f"{root} belongs to user {owner}: name a folder of your own by SANDBOX_HOME")
        if not is_sandbox(home) and any(root.iterdir()):
            raise SandboxError(f"{root} holds other things: name a new or an empty folder by SANDBOX_HOME")
        root.chmod(0o700)
        home.lock.touch(mode=0o600)
    except OSError as error:
        raise SandboxError(f"{root} cannot be a sandbox's folder: {error.strerror}") from None


def is_sandbox(home: Home) -> bool:
    """Whether the folder was claimed for a sandbox."""
    return home.lock.is_file()


def write(path: Path, content: str | bytes, mode: int = 0o600) -> None:
    """Replace `path` in one step: a reader sees the old content or the new, a crash leaves one of them."""
    data = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
