"""The command line and the variables of each process that the host starts. Pure: requests in, values out."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .environment import PythonEnvironment

# `pulumi-language-python-exec` exits so after it has shown the user what is wrong.
EXIT_BAIL = 32


@dataclass(frozen=True)
class Command:
    """A process to start."""

    argv: tuple[str, ...]
    variables: Mapping[str, str]
    folder: Path


@dataclass(frozen=True)
class Program:
    """One run of a Pulumi program, as the engine asks for it."""

    project: str
    stack: str
    organization: str
    folder: Path
    root: Path
    entry_point: str
    arguments: Sequence[str]
    dry_run: bool
    parallel: int
    monitor: str
    config: Mapping[str, str]
    secret_keys: Sequence[str]


@dataclass(frozen=True)
class Host:
    """What the host itself was started with."""

    engine: str
    executor: Path
    tracing: str = ""


def program_command(
    host: Host, program: Program, environment: PythonEnvironment, ambient: Mapping[str, str]
) -> Command:
    """How to run a program: through `pulumi-language-python-exec`, config in the environment."""
    flags = {
        "monitor": program.monitor,
        "engine": host.engine,
        "project": program.project,
        "root_directory": str(program.root),
        "stack": program.stack,
        "pwd": str(program.folder),
        "dry_run": "true" if program.dry_run else "false",
        "parallel": str(program.parallel),
        "tracing": host.tracing,
        "organization": program.organization,
    }
    given = [part for name, value in flags.items() if value for part in (f"--{name}", value)]
    return Command(
        argv=_shielded(
            [
                str(environment.interpreter), "-u", str(host.executor),
                *given, program.entry_point, *program.arguments,
            ]
        ),
        variables={
            **environment.activate(ambient),
            "PULUMI_CONFIG": json.dumps(dict(program.config)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(program.secret_keys)),
        },
        folder=program.folder,
    )  # fmt: skip


def plugin_command(
    kind: str,
    program: Path,
    *,
    arguments: Sequence[str],
    variables: Sequence[str],
    folder: Path,
    environment: PythonEnvironment,
) -> Command:
    """How to run a plugin that is a folder of Python.

    Args:
        kind: the engine's word: `analyzer` is a policy pack, anything else is run as a program.
        program: the plugin's folder.
        arguments: for the plugin; the engine's address among them.
        variables: `NAME=value` each; the whole environment, where a later entry wins, as for execve in Go.
        folder: where to run: the project's, not the plugin's.
        environment: the plugin's Python.
    """
    argv = [str(environment.interpreter), "-u"]
    if kind == "analyzer":
        argv += [str(Path(__file__).with_name("policy_pack.py")), *arguments, str(program)]
    else:
        argv += [str(program), *arguments]
    named = dict(variable.split("=", 1) for variable in variables if "=" in variable)
    return Command(argv=_shielded(argv), variables=environment.activate(named), folder=folder)


def install_commands(
    virtualenv: Path | None, program: Path, python: str, ambient: Mapping[str, str]
) -> list[Command]:
    """How to make an environment and install what `requirements.txt` in the program's folder names."""
    interpreter = python if virtualenv is None else str(virtualenv / "bin" / "python")
    argvs: list[tuple[str, ...]] = []
    if virtualenv is not None and not (virtualenv / "bin" / "python").is_file():
        argvs.append((python, "-m", "venv", str(virtualenv)))
    if (program / "requirements.txt").is_file():
        argvs.append((interpreter, "-m", "pip", "install", "-r", "requirements.txt"))
    elif (program / "pyproject.toml").is_file():
        argvs.append((interpreter, "-m", "pip", "install", "--editable", "."))
    return [Command(argv=argv, variables=dict(ambient), folder=program) for argv in argvs]


def run_outcome(status: int) -> tuple[str, bool]:
    """A program's exit status as the engine reads it: an error's text (empty for none), and whether to bail."""
    if status == 0:
        return "", False
    if status == EXIT_BAIL:
        return "", True
    if status < 0:
        return f"program was ended by signal {-status}", False
    return f"program exited with non-zero exit code: {status}", False  # upstream's words


def _shielded(argv: Sequence[str]) -> tuple[str, ...]:
    """`argv`, deaf to SIGINT.

    The CLI ends its plugins with a SIGINT to their process group, which the host and its children share: a Python
    child would answer with a KeyboardInterrupt's traceback in the user's terminal. The host ends them by SIGTERM.
    """
    if os.name == "nt":
        raise OSError("this language host runs on POSIX systems only")
    return ("/bin/sh", "-c", 'trap "" INT; exec "$@"', "sh", *argv)
