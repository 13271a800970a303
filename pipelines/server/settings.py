"""The server's environment: SageMaker's variables and ours, read once, refused when wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.server.artifact import DIGEST

MAX_PORT = 65535
MAX_WORKERS = 192  # vCPUs of the largest instance
MAX_DRAIN_SECONDS = 30.0  # SageMaker kills a container 30 s after SIGTERM


class SettingsError(ValueError):
    """A variable that the server cannot obey."""


@dataclass(frozen=True)
class Settings:
    """Where the model is and how to serve it.

    Attributes:
        digest: `sha256:<hex>` of the registered `model.tar.gz`; another model never becomes healthy. None: not checked.
        drain_seconds: from SIGTERM to exit at the latest.
        workers: processes, each of which is one core.
    """

    model_dir: Path
    host: str
    port: int
    version: str
    digest: str | None
    drain_seconds: float
    workers: int


def read_settings(environ: Mapping[str, str], cpus: int) -> Settings:
    """Read the server's variables.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html, and for
    SAGEMAKER_MODEL_SERVER_WORKERS https://github.com/aws/sagemaker-inference-toolkit.

    Args:
        environ: the process's environment.
        cpus: that it may run on: as many workers are started, and no more than are allowed, where no variable says
            otherwise.

    Raises:
        SettingsError: names the variable, its value and what is allowed.
    """
    digest = environ.get("MODEL_SHA256") or None
    if digest is not None and not DIGEST.fullmatch(digest):
        raise SettingsError(
            f"MODEL_SHA256={digest!r} is not a digest: write sha256:<64 hex digits>, the digest of model.tar.gz"
        )
    return Settings(
        model_dir=Path(environ.get("SM_MODEL_DIR") or "/opt/ml/model"),
        host=environ.get("BIND_HOST") or "0.0.0.0",  # noqa: S104 a container is reached from outside of it
        port=_port(environ.get("SAGEMAKER_BIND_TO_PORT") or "8080"),
        version=_version(environ.get("MODEL_VERSION") or "unversioned"),
        digest=digest,
        drain_seconds=_seconds(environ.get("DRAIN_SECONDS") or "20"),
        workers=_workers(environ.get("SAGEMAKER_MODEL_SERVER_WORKERS") or str(min(cpus, MAX_WORKERS))),
    )


def _version(text: str) -> str:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise SettingsError(
            f"MODEL_VERSION={text!r} cannot stand in an answer's header: write it in letters of Latin-1"
        ) from error
    return text


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) <= MAX_PORT:
        return int(text)
    raise SettingsError(
        f"SAGEMAKER_BIND_TO_PORT={text!r} is not a port: write a number from 1 to {MAX_PORT}, or 0 for any free one"
    )


def _workers(text: str) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text) <= MAX_WORKERS:
        return int(text)
    raise SettingsError(
        f"SAGEMAKER_MODEL_SERVER_WORKERS={text!r}: write a number of processes from 1 to {MAX_WORKERS}"
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if 0 < seconds <= MAX_DRAIN_SECONDS:
        return seconds
    raise SettingsError(
        f"DRAIN_SECONDS={text!r}: write seconds, more than 0 and at most {MAX_DRAIN_SECONDS:g}"
    )
