"""A buildspec, read strictly: what the sandbox does not run is refused by name.

Source: https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast, get_args

import yaml

PhaseName = Literal["INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD"]
PHASES: tuple[PhaseName, ...] = get_args(PhaseName)  # in their order
OnFailure = Literal["ABORT", "CONTINUE"]
Shell = Literal["sh", "bash"]
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = "CODEBUILD_"


class BuildspecError(Exception):
    """What a buildspec may not hold; a sentence that names the place, and what is allowed there."""


@dataclass(frozen=True)
class Phase:
    """One phase.

    Attributes:
        name: as Build.phases has it.
        commands: each a script of its own.
        finally_commands: run after them, whatever became of them.
        on_failure: None for CodeBuild's own way (sandbox/codebuild/driver.py).
    """

    name: PhaseName
    commands: tuple[str, ...]
    finally_commands: tuple[str, ...] = ()
    on_failure: OnFailure | None = None


@dataclass(frozen=True)
class Files:
    """A choice of files.

    Attributes:
        patterns: as `files` has them: a path, `*` in a folder, `**/*` for all below.
        base: folder that they are looked for in, and that paths are relative to.
        flat: whether only their names are kept.
    """

    patterns: tuple[str, ...]
    base: str = ""
    flat: bool = False


@dataclass(frozen=True)
class Buildspec:
    """What a build runs, and what it leaves.

    Attributes:
        shell: of all commands.
        variables: set before the first command, where the project does not set them.
        exported: names of variables whose last values the build tells.
        phases: in CodeBuild's order.
        artifacts: of the primary output; None for none.
        secondary: artifacts by identifier.
        reports: JUnit files by name of the report group.
        runtimes: versions by language, as `runtime-versions` names them.
    """

    phases: tuple[Phase, ...]
    shell: Shell = "sh"
    variables: Mapping[str, str] = field(default_factory=dict)
    exported: tuple[str, ...] = ()
    artifacts: Files | None = None
    secondary: Mapping[str, Files] = field(default_factory=dict)
    reports: Mapping[str, Files] = field(default_factory=dict)
    runtimes: Mapping[str, str] = field(default_factory=dict)


class _StrictLoader(yaml.SafeLoader):
    """YAML in which a key stands once."""


def _mapping_once(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    for index, key in enumerate(keys):
        if key in keys[:index]:
            raise BuildspecError(f"line {node.value[index][0].start_mark.line + 1}: {key} stands there twice")
    return loader.construct_mapping(node, deep=True)


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping_once)


def read(text: str) -> Buildspec:
    """The buildspec in a file; raises BuildspecError."""
    try:
        document = yaml.load(text, _StrictLoader)  # noqa: S506 - a SafeLoader that is stricter
    except yaml.YAMLError as error:
        raise BuildspecError(f"YAML_FILE_ERROR: {' '.join(str(error).split())}") from None
    root = _mapping(document, "", ("version", "env", "phases", "reports", "artifacts"))
    if str(root.get("version")) != "0.2":
        raise BuildspecError(f"version is {root.get('version')!r}; the sandbox runs version 0.2")
    env = _mapping(
        root.get("env", {}), "env", ("shell", "variables", "exported-variables", "git-credential-helper")
    )
    # Of CodeBuild's, for a host that asks who fetches; the sandbox's repository is a folder.
    _one_of(env.get("git-credential-helper", "no"), "env/git-credential-helper", ("yes", "no", True, False))
    phases = _mapping(root.get("phases"), "phases", tuple(name.lower() for name in PHASES))
    artifacts, secondary = _artifacts(root.get("artifacts"))
    install = phases.get("install")
    return Buildspec(
        tuple(_phase(name, phases[name.lower()]) for name in PHASES if name.lower() in phases),
        cast("Shell", _one_of(env.get("shell", "sh"), "env/shell", get_args(Shell))),
        _variables(env.get("variables", {})),
        tuple(_exported(env.get("exported-variables", []))),
        artifacts,
        secondary,
        {name: _report(one, f"reports/{name}") for name, one in _named(root.get("reports", {}), "reports")},
        _runtimes(install.get("runtime-versions", {})) if isinstance(install, dict) else {},
    )


def _phase(name: PhaseName, value: Any) -> Phase:
    where = f"phases/{name.lower()}"
    allowed = ("commands", "finally", "on-failure")
    phase = _mapping(value, where, (*allowed, "runtime-versions") if name == "INSTALL" else allowed)
    if not {"commands", "runtime-versions"} & phase.keys():
        raise BuildspecError(f"{where} has no commands")
    on_failure = phase.get("on-failure")
    return Phase(
        name,
        tuple(_texts(phase.get("commands", []), f"{where}/commands")),
        tuple(_texts(phase.get("finally", []), f"{where}/finally")),
        None
        if on_failure is None
        else cast("OnFailure", _one_of(on_failure, f"{where}/on-failure", get_args(OnFailure))),
    )


def _variables(value: Any) -> dict[str, str]:
    variables = {}
    for name, one in _named(value, "env/variables"):
        _check_variable(name, "env/variables")
        if name.startswith(_RESERVED):
            raise BuildspecError(
                f"env/variables/{name}: names that begin with {_RESERVED} are CodeBuild's own"
            )
        variables[name] = _text(one, f"env/variables/{name}")
    return variables


def _exported(value: Any) -> Iterable[str]:
    for name in _texts(value, "env/exported-variables"):
        _check_variable(name, "env/exported-variables")
        yield name


def _check_variable(name: str, where: str) -> None:
    if not _VARIABLE.fullmatch(name):
        raise BuildspecError(f"{where}: {name!r} is no name of a variable: letters, digits and _ are")


def _runtimes(value: Any) -> dict[str, str]:
    where = "phases/install/runtime-versions"
    runtimes = _mapping(value, where, ("python",))
    return {language: str(version) for language, version in runtimes.items()}


def _artifacts(value: Any) -> tuple[Files | None, dict[str, Files]]:
    if value is None:
        return None, {}
    own = ("files", "base-directory", "discard-paths")
    root = _mapping(value, "artifacts", (*own, "secondary-artifacts"))
    secondary = {
        name: _files(_mapping(one, f"artifacts/secondary-artifacts/{name}", own), f"artifacts/{name}")
        for name, one in _named(root.get("secondary-artifacts", {}), "artifacts/secondary-artifacts")
    }
    # With secondary artifacts alone the list of the primary one may be left out.
    return (_files(root, "artifacts") if "files" in root or not secondary else None), secondary


def _report(value: Any, where: str) -> Files:
    report = _mapping(value, where, ("files", "base-directory", "discard-paths", "file-format"))
    _one_of(report.get("file-format", "JUNITXML"), f"{where}/file-format", ("JUNITXML",))
    return _files(report, where)


def _files(value: Mapping[str, Any], where: str) -> Files:
    patterns = tuple(_texts(value.get("files"), f"{where}/files"))
    if not patterns:
        raise BuildspecError(f"{where}/files names no file")
    flat = _one_of(value.get("discard-paths", "no"), f"{where}/discard-paths", ("yes", "no", True, False))
    base = _text(value.get("base-directory", ""), f"{where}/base-directory")
    for path in (base, *patterns):
        if path.startswith("/") or ".." in path.split("/"):
            raise BuildspecError(f"{where}: {path} is not in the source's folder")
    return Files(patterns, base, flat in {"yes", True})


def _mapping(value: Any, where: str, allowed: Iterable[str]) -> dict[str, Any]:
    """A mapping of allowed keys; each that is not is named."""
    if not isinstance(value, dict):
        raise BuildspecError(f"{_at(where)} is {'missing' if value is None else 'no mapping'}")
    allowed = tuple(allowed)
    for key in value:
        if key not in allowed:
            place = f"{where}/{key}" if where else str(key)
            raise BuildspecError(
                f"the sandbox does not run {place}; in {_at(where)} it runs {', '.join(allowed)}"
            )
    return value


def _named(value: Any, where: str) -> Iterable[tuple[str, Any]]:
    if not isinstance(value, dict):
        raise BuildspecError(f"{where} is no mapping")
    return [(str(name), one) for name, one in value.items()]


def _texts(value: Any, where: str) -> list[str]:
    if not isinstance(value, list):
        raise BuildspecError(f"{where} is {'missing' if value is None else 'no list'}")
    return [_text(one, f"{where}[{index}]") for index, one in enumerate(value)]


def _text(value: Any, where: str) -> str:
    if isinstance(value, str):
        return value
    hint = "a colon and a space make a mapping of it: quote it" if isinstance(value, dict) else "quote it"
    raise BuildspecError(f"{where} is {value!r}, no text: {hint}")


def _one_of(value: Any, where: str, allowed: Iterable[Any]) -> Any:
    allowed = tuple(allowed)
    if value not in allowed:
        listed = ", ".join(dict.fromkeys(str(one) for one in allowed if isinstance(one, str)))
        raise BuildspecError(f"{where} is {value!r}; the sandbox runs {listed}")
    return value


def _at(where: str) -> str:
    return where or "the buildspec"
