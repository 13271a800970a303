"""A Pulumi CLI where no release can be downloaded: built by Go, with the language host of tools/language_host.

The CLI builds from Go's module proxy (4 to 7 minutes on 2 cores). The official Python language host does not: it is
a nested module that the proxy does not serve.
"""

import hashlib
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from modeldelivery.terminal.steps import SetupError, Step

from .cache import complete
from .commands import count_lines, run
from .environments import sync

_MODULE = "tools/pulumi"
_HOST = "tools/language_host"
_HOST_REQUIREMENTS = "requirements/language-host.txt"
_GO_FILES = ("go.mod", "go.sum", "tools.go")
# The oldest Go that fetches by itself the newer one that go.mod asks for.
_OLDEST_GO = (1, 21)

_EXECUTOR = "pulumi-language-python-exec"
# From the sdk module, beside the CLI: the program's bootstrap, and the provider of dynamic resources.
_SDK_FILES = (f"python/cmd/{_EXECUTOR}", "python/dist/pulumi-resource-pulumi-python")


def pinned_version(root: Path) -> str:
    """The CLI's version, `3.259.0`: go.mod is the one place that names it."""
    text = (root / _MODULE / "go.mod").read_text()
    match = re.search(r"^require github\.com/pulumi/pulumi/pkg/v3 v(\S+)$", text, re.MULTILINE)
    if match is None:
        raise SetupError(f"{_MODULE}/go.mod does not require github.com/pulumi/pulumi/pkg/v3: restore it")
    return match.group(1)


def built_folder(root: Path, cache: Path) -> Path:
    """Where this clone's build lies in the cache, built or not; what it is built from names it."""
    sources = [root / _MODULE / name for name in _GO_FILES]
    sources += [root / _HOST_REQUIREMENTS, *sorted((root / _HOST).glob("*.py")), Path(__file__)]
    # The host's environment belongs to the Python that made it.
    python = f"{platform.python_version()} {os.path.realpath(sys.executable)}"
    return cache / f"pulumi-{pinned_version(root)}-{digest(sources, python)}"


def build(root: Path, cache: Path, step: Step) -> Path:
    """Build the CLI and put the language host beside it, or find that done; returns the folder of executables.

    To be called with the cache locked.

    Raises:
        SetupError: there is no Go, it is too old, or the build failed.
    """

    def assemble(partial: Path) -> None:
        # Apart from the host, so that a change of the host does not cost a build of the CLI.
        sources = [root / _MODULE / name for name in _GO_FILES]
        cli = cache / f"cli-{pinned_version(root)}-{digest(sources, platform.machine())}"
        complete(cli, lambda target: _build_cli(root, target, step))
        binaries = partial / "bin"
        binaries.mkdir(parents=True)
        # A hard link, not a symbolic one: the CLI looks for its language hosts beside its resolved self.
        _link_or_copy(cli / "pulumi", binaries / "pulumi")
        for source in _sdk_files(root, step):
            shutil.copyfile(source, binaries / source.name)
            (binaries / source.name).chmod(0o755)
        _install_host(root, partial, final=folder, step=step)

    folder = built_folder(root, cache)
    return complete(folder, assemble) / "bin"


def _build_cli(root: Path, target: Path, step: Step) -> None:
    require_go(
        "Pulumi", "is not here, its release cannot be downloaded", ", or Pulumi itself, so that it is on PATH"
    )
    version = pinned_version(root)
    target.mkdir()
    step.say(f"building Pulumi {version} with Go: once for this user, 4 to 7 minutes on two cores")
    run(
        [
            # Without C's user database: it knows no user who is only a number, as in many containers.
            "go", "build", "-v", "-tags", "osusergo", "-o", target / "pulumi",
            "-ldflags", f"-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version={version}",
            "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        ],
        step, doing="compiling", folder=root / _MODULE, variables=_go_variables(),
        describe=count_lines("packages of about 1700"),
        hint="if a module could not be fetched, check that this machine reaches a Go module proxy (`go env GOPROXY`) "
        "and run it again: what is compiled is kept; or install Pulumi so that it is on PATH",
    )  # fmt: skip


def require_go(what: str, lacking: str, else_: str = "") -> None:
    """Raise SetupError unless a Go is here that can build `what`, which is lacking for a reason, or which something else gives."""
    hint = f"install Go (1.21 or later){else_}, and run it again"
    try:
        completed = subprocess.run(
            ["go", "version"], check=True, capture_output=True, text=True, timeout=60
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise SetupError(f"{what} {lacking}, and there is no working Go to build it: {hint}") from error
    number = re.search(r"go(\d+)\.(\d+)", completed)
    if number is None or (int(number[1]), int(number[2])) < _OLDEST_GO:
        raise SetupError(f"{completed.strip()} is too old to build {what}: {hint}")


def _sdk_files(root: Path, step: Step) -> list[Path]:
    module = "github.com/pulumi/pulumi/sdk/v3"
    run(
        ["go", "mod", "download", module], step, doing="fetching the SDK's module",
        folder=root / _MODULE, variables=_go_variables(),
        hint="check that this machine reaches a Go module proxy (`go env GOPROXY`), and run it again",
    )  # fmt: skip
    folder = subprocess.run(
        ["go", "list", "-m", "-f", "{{.Dir}}", module],
        check=True, capture_output=True, text=True, cwd=root / _MODULE, env=_go_variables(), timeout=60,
    ).stdout.strip()  # fmt: skip
    return [Path(folder) / name for name in _SDK_FILES]


def _go_variables() -> dict[str, str]:
    # A workspace file or flags of the user's own would build something else than go.sum vouches for.
    return {**os.environ, "GOWORK": "off", "GOFLAGS": "-mod=readonly -buildvcs=false"}


def _install_host(root: Path, partial: Path, final: Path, step: Step) -> None:
    """The language host with its own environment, and the script `pulumi-language-python` that starts it."""
    environment = partial / "language-host"
    run([sys.executable, "-m", "venv", environment], step, doing="making the language host's", folder=root)
    sync(environment, root / _HOST_REQUIREMENTS, root, step)
    (packages,) = environment.glob("lib/python3*/site-packages")
    shutil.copytree(root / _HOST, packages / "language_host", ignore=shutil.ignore_patterns("__pycache__"))
    python = environment / "bin" / "python"
    run([python, "-m", "compileall", "-q", packages], step, doing="compiling the language host", folder=root)
    script = partial / "bin" / "pulumi-language-python"
    interpreter = final / "language-host" / "bin" / "python"
    executor = final / "bin" / _EXECUTOR
    script.write_text(
        "#!/bin/sh\n"
        f'exec {shlex.quote(str(interpreter))} -I -m language_host --executor {shlex.quote(str(executor))} "$@"\n'
    )
    script.chmod(0o755)


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copy2(source, target)


def digest(files: list[Path], *words: str) -> str:
    """Twelve hexadecimal digits that name what is built from these files and words."""
    digested = hashlib.sha256()
    for file in files:
        digested.update(file.name.encode() + b"\0" + file.read_bytes())
    for word in words:
        digested.update(word.encode() + b"\0")
    return digested.hexdigest()[:12]
