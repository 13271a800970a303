"""Which resource plugins the SDKs installed in an environment ask for."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .environment import EnvironmentRefusedError


@dataclass(frozen=True)
class Parameterization:
    """What turns a plugin into another package's: the package's name and version, and bytes for the plugin."""

    name: str
    version: str
    value: bytes


@dataclass(frozen=True)
class RequiredPackage:
    """A resource plugin that an SDK needs; an empty version or server leaves the choice to the engine."""

    name: str
    version: str
    server: str
    parameterization: Parameterization | None
    extension: Parameterization | None


def required_packages(site_packages: list[Path]) -> Iterator[RequiredPackage]:
    """The packages named by the `pulumi-plugin.json` of each SDK in these folders, in order of the SDKs' names.

    Raises:
        EnvironmentRefusedError: a `pulumi-plugin.json` is not what an SDK has there.
    """
    for folder in site_packages:
        for path in sorted(folder.glob("*/pulumi-plugin.json")):
            try:
                plugin = json.loads(path.read_text())
                if plugin.get("resource"):  # an SDK without a plugin says `resource: false`
                    yield _package(plugin, module=path.parent.name)
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                raise EnvironmentRefusedError(
                    f"{path} is not an SDK's description of its plugin ({error!r}): reinstall that package"
                ) from error


def _package(plugin: dict[str, object], module: str) -> RequiredPackage:
    version = str(plugin.get("version") or "")
    return RequiredPackage(
        name=str(plugin.get("name") or module.removeprefix("pulumi_").replace("_", "-")),
        version=f"v{version.removeprefix('v')}" if version else "",
        server=str(plugin.get("server") or ""),
        parameterization=_parameterization(plugin.get("parameterization")),
        extension=_parameterization(plugin.get("extensionParameterization")),
    )


def _parameterization(given: object) -> Parameterization | None:
    from base64 import b64decode  # noqa: PLC0415 - rare, and the host's start is in every preview

    if not isinstance(given, dict):
        return None
    return Parameterization(
        name=str(given["name"]), version=str(given["version"]), value=b64decode(given.get("value") or "")
    )
