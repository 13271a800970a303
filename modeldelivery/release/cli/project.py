"""Which model this is, as the project says in whose folder a command was typed."""

from pathlib import Path
from typing import Any

from modeldelivery.release.errors import InvalidError

PROJECT = "model-delivery"  # the namespace of the program's config
_FILE = "Pulumi.yaml"
_PROTECT = f"{PROJECT}:protect"
_SERVING = f"{PROJECT}:serving"
_KEYS = (f"{PROJECT}:model", "model")  # of config; in Pulumi.yaml the namespace may be left out


def model_of(environment: str, folder: Path) -> str | None:
    """The model that Pulumi.<environment>.yaml names, else Pulumi.yaml; None when there is no project here or it names none.

    Args:
        environment: the stack.
        folder: the working directory; the project is at or above it, as Pulumi looks for it.

    Raises:
        InvalidError: one of the files cannot be read.
    """
    project = project_of(folder)
    if project is None:
        return None
    files = (project / f"Pulumi.{environment}.yaml", project / _FILE)
    return next((model for file in files if file.is_file() and (model := _named(file))), None)


def project_of(folder: Path) -> Path | None:
    """The folder of the project that a working directory is in; None outside of one."""
    return next((each for each in (folder, *folder.parents) if (each / _FILE).is_file()), None)


def protects(environment: str, folder: Path) -> bool | None:
    """Whether the stack's file says that the environment protects what it holds; None where there is no such file, or no word of it.

    Raises:
        InvalidError: the file cannot be read.
    """
    project = project_of(folder)
    file = project / f"Pulumi.{environment}.yaml" if project else None
    config = read_yaml(file).get("config") if file and file.is_file() else None
    value = config.get(_PROTECT) if isinstance(config, dict) else None
    return value if isinstance(value, bool) else None


def serves_on_cluster(file: Path) -> bool:
    """Whether a stack's file says that the environment serves on Kubernetes. Raises InvalidError: it cannot be read."""
    config = read_yaml(file).get("config")
    serving = config.get(_SERVING) if isinstance(config, dict) else None
    return isinstance(serving, dict) and serving.get("target") == "kubernetes"


def _named(file: Path) -> str | None:
    config = read_yaml(file).get("config")
    if not isinstance(config, dict):
        return None
    value = next((config[key] for key in _KEYS if key in config), None)
    if isinstance(value, dict):
        value = value.get("value", value.get("default"))
    return None if value is None else str(value)


def read_yaml(file: Path) -> dict[str, Any]:
    """A file of YAML that holds an object; raises InvalidError where it cannot be read."""
    import yaml  # noqa: PLC0415 - only who names no model pays for it

    try:
        document = yaml.load(file.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - safe
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise InvalidError(f"{file} cannot be read: {error}") from error
    return document if isinstance(document, dict) else {}
