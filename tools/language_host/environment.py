"""Which Python runs a program or a plugin, and what is installed in it."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_REQUIREMENT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class EnvironmentRefusedError(Exception):
    """The project's runtime options name an environment that cannot be used; the text says which and what to do."""


@dataclass(frozen=True)
class PythonEnvironment:
    """An interpreter, with the virtual environment that it belongs to, if the options named one."""

    interpreter: Path
    virtualenv: Path | None

    def activate(self, variables: Mapping[str, str]) -> dict[str, str]:
        """`variables` as a shell has them after `activate`."""
        if self.virtualenv is None:
            return dict(variables)
        activated = {name: value for name, value in variables.items() if name != "PYTHONHOME"}
        activated["VIRTUAL_ENV"] = str(self.virtualenv)
        activated["PATH"] = os.pathsep.join(
            part for part in (str(self.virtualenv / "bin"), variables.get("PATH", "")) if part
        )
        return activated

    def site_packages(self) -> list[Path]:
        """The folders that hold installed distributions."""
        if self.virtualenv is not None:  # the common case, and it needs no process
            return sorted(self.virtualenv.glob("lib/python3*/site-packages"))
        entries = json.loads(self._ask("import json, sys; print(json.dumps(sys.path))"))
        return [folder for entry in entries if (folder := Path(entry)).is_dir()]

    def version(self) -> str:
        """The interpreter's version, `3.11.7`."""
        return self._ask("import platform; print(platform.python_version())").strip()

    def _ask(self, program: str) -> str:
        return subprocess.run(
            [self.interpreter, "-I", "-c", program], check=True, capture_output=True, text=True, timeout=30
        ).stdout


def virtualenv_folder(root: Path, options: Mapping[str, object], *, is_plugin: bool) -> Path | None:
    """The virtual environment that the runtime options name, whether it exists or not; None is the ambient Python.

    Plugins and policy packs never run in the ambient Python: without the option theirs is `venv`, as upstream's host
    has it.

    Args:
        root: the folder of Pulumi.yaml, PulumiPlugin.yaml or PulumiPolicy.yaml, absolute.
        options: `runtime.options` of that file.
        is_plugin: whether it is a plugin's or a policy pack's.

    Raises:
        EnvironmentRefusedError: for an option, or a value, that this host does not know.
    """
    for name, value in options.items():
        if name == "virtualenv" and isinstance(value, str):
            continue
        if name == "toolchain" and value == "pip":
            continue
        raise EnvironmentRefusedError(
            f"runtime option {name}: {value!r} of the project in {root} is not supported by this language host: "
            "allowed are `virtualenv: FOLDER` and `toolchain: pip`"
        )
    folder = str(options.get("virtualenv") or ("venv" if is_plugin else ""))
    return root / folder if folder else None


def find_environment(root: Path, options: Mapping[str, object], *, is_plugin: bool) -> PythonEnvironment:
    """The environment to run in.

    Args:
        root: as in `virtualenv_folder`.
        options: as in `virtualenv_folder`.
        is_plugin: as in `virtualenv_folder`.

    Raises:
        EnvironmentRefusedError: the named virtual environment does not exist, or there is no Python at all.
    """
    folder = virtualenv_folder(root, options, is_plugin=is_plugin)
    if folder is not None:
        interpreter = folder / "bin" / "python"
        if not interpreter.is_file():
            raise EnvironmentRefusedError(
                f"the virtual environment {folder}, which the project in {root} names, has no bin/python: create it "
                "(`make setup` in this project, `pulumi install` elsewhere)"
            )
        return PythonEnvironment(interpreter=interpreter, virtualenv=folder)
    wanted = os.environ.get("PULUMI_PYTHON_CMD")
    for command in (wanted,) if wanted else ("python3", "python"):
        if path := shutil.which(command):
            return PythonEnvironment(interpreter=Path(path), virtualenv=None)
    raise EnvironmentRefusedError(f"no {wanted or 'python3'} on PATH: install Python 3.11 or later")


@dataclass(frozen=True)
class Distribution:
    """An installed distribution: its normalised name, its version, and whom it requires (normalised names)."""

    name: str
    version: str
    requires: frozenset[str]


def installed(site_packages: list[Path]) -> Iterator[Distribution]:
    """Every distribution in these folders, read from its metadata, without running its Python."""
    from importlib.metadata import distributions  # noqa: PLC0415 - 15 ms that only this call needs

    for distribution in distributions(path=[str(folder) for folder in site_packages]):
        required = (
            match.group()
            for requirement in distribution.requires or []
            if "extra ==" not in requirement and (match := _REQUIREMENT_NAME.match(requirement))
        )
        yield Distribution(
            name=_normalised(distribution.metadata["Name"]),
            version=distribution.version,
            requires=frozenset(_normalised(name) for name in required),
        )


def dependencies(site_packages: list[Path], *, transitive: bool) -> list[Distribution]:
    """What is installed, by name; not transitive: only what nothing else requires (`pip list --not-required`)."""
    distributions_found = sorted(installed(site_packages), key=lambda distribution: distribution.name)
    if transitive:
        return distributions_found
    required = frozenset[str]().union(*(distribution.requires for distribution in distributions_found))
    return [distribution for distribution in distributions_found if distribution.name not in required]


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
