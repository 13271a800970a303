"""What `sandbox kubernetes` runs and no registry carries as binaries: built by Go from modules, once for this user.

One program holds all servers of the control plane (tools/kubernetes/controlplane). The official Kubernetes provider is
taken where it is installed or can be downloaded, and built else (tools/kubernetes/provider).
"""

import json
import math
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TextIO

from modeldelivery.terminal import program
from modeldelivery.terminal.steps import SetupError, Step, step

from . import environments
from .build import digest, require_go
from .cache import complete, locked, user_cache
from .commands import CommandError, count_lines, run
from .environments import KUBERNETES

TOOLS = ".tools/kubernetes"
_SOURCES = "tools/kubernetes"
_CONTROL_PLANE, _PROVIDER = "controlplane", "provider"
_GO_FILES = ("go.mod", "go.sum", "main.go")
_KUBERNETES = "k8s.io/kubernetes"
_PLUGIN = "pulumi-resource-kubernetes"
_PLUGIN_MODULE = "github.com/pulumi/pulumi-kubernetes/provider/v4"
_EMBEDDED = ("schema.json", "terraform-mapping.json")
_DOWNLOAD = 30.0  # seconds in which a plugin's download must have begun to succeed
# Seconds for what need not be had: about three times as long as it takes on two cores, so that tests without a cluster still
# fit into a job's time.
_WHERE_POSSIBLE = 1500.0
# Kinds that Kubernetes itself does not have: which go.mod names their module, and where in it they are defined.
_DEFINITIONS = {
    "gateway-api": ("definitions", "sigs.k8s.io/gateway-api", "config/crd/standard"),
    "argo-cd": (_CONTROL_PLANE, "github.com/argoproj/argo-cd/v3", "manifests/crds"),
}
_DEFINITION = "\nkind: CustomResourceDefinition\n"
_HINT = "check that this machine reaches a Go module proxy (`go env GOPROXY`) and run `make setup-kubernetes` again: what is compiled is kept"


def _require_machine() -> None:
    if sys.platform != "linux" or platform.machine() != "x86_64":
        raise SetupError(
            f"the cluster takes Linux on x86_64, and this is {platform.system()} on {platform.machine()}"
        )
    kinds = [] if os.geteuid() == 0 else ["--user"]
    try:
        subprocess.run(["unshare", *kinds, "--net", "true"], check=True, capture_output=True, timeout=30)
    except (OSError, subprocess.SubprocessError) as error:
        raise SetupError(
            f"this machine gives no network namespace ({error}): the cluster takes root, or user namespaces"
        ) from error


def set_up(root: Path, stream: TextIO, *, required: bool, provider: bool) -> None:
    """What the cluster needs, and with `provider`, or where it was built before, the provider.

    Where they need not be had and cannot be, a sentence says why.

    Raises:
        SetupError: they are required, and cannot be had.
    """
    end = math.inf if required else time.monotonic() + _WHERE_POSSIBLE
    try:
        with step(f"Python environment {KUBERNETES.folder}", stream) as under_way:
            _require_machine()
            environments.ensure(KUBERNETES, root, under_way)
        with step("Kubernetes", stream) as under_way:
            ensure_servers(root, under_way, end)
        if provider or _plugin_folder(root, user_cache()).is_dir():
            with step("Kubernetes provider", stream) as under_way:
                ensure_provider(root, under_way, end)
    except (SetupError, OSError) as error:  # a full disk, too: these are gigabytes
        if required:
            raise
        program.complain("Set-up", f"goes on without Kubernetes, and its tests are skipped: {error}")


def ensure_servers(root: Path, under_way: Step, end: float = math.inf) -> None:
    """Make `.tools/kubernetes` hold the servers and the definitions of further kinds, by `end` of `time.monotonic`. Raises SetupError."""
    cache = user_cache()
    folder, outcome = _servers_folder(root, cache), "cached"
    if not folder.is_dir():
        outcome = "built here"
        with _scratch(cache, under_way, end) as scratch:
            complete(folder, lambda target: _build_servers(root, target, scratch, under_way))
    _link(root / TOOLS / "bin" / "sandbox-kubernetes", folder / "sandbox-kubernetes")
    _link(root / TOOLS / "definitions", folder / "definitions")
    under_way.outcome(f"{kubernetes_version(root)}, {outcome}")


def ensure_provider(root: Path, under_way: Step, end: float = math.inf) -> None:
    """Make `.tools/kubernetes` hold the provider: the installed one, the official one, or one that is built; as above."""
    cache = user_cache()
    folder, outcome = _plugin_folder(root, cache), "cached"
    if not folder.is_dir():
        with _scratch(cache, under_way, end) as scratch:

            def have(target: Path) -> None:
                nonlocal outcome
                outcome = _have_plugin(root, target, scratch, under_way)

            complete(folder, have)
    _link(root / TOOLS / "bin" / _PLUGIN, folder / _PLUGIN)
    under_way.outcome(f"{plugin_version(root)}, {outcome}")


def kubernetes_version(root: Path) -> str:
    """Of the control plane, `v1.36.1`: its go.mod is the one place that names it."""
    text = (root / _SOURCES / _CONTROL_PLANE / "go.mod").read_text()
    match = re.search(rf"^\t{re.escape(_KUBERNETES)} (v\S+)$", text, re.MULTILINE)
    if match is None:
        raise SetupError(f"{_SOURCES}/{_CONTROL_PLANE}/go.mod does not require {_KUBERNETES}: restore it")
    return match[1]


def plugin_version(root: Path) -> str:
    """Of the provider, `4.25.0`: that of its SDK, which requirements/infra.in pins."""
    match = re.search(
        r"^pulumi-kubernetes==(\S+)$", (root / "requirements/infra.in").read_text(), re.MULTILINE
    )
    if match is None:
        raise SetupError("requirements/infra.in does not pin pulumi-kubernetes: restore it")
    return match[1]


def _servers_folder(root: Path, cache: Path) -> Path:
    files = [root / _SOURCES / _CONTROL_PLANE / name for name in _GO_FILES]
    files += [root / _SOURCES / "definitions" / name for name in ("go.mod", "go.sum")]
    return cache / f"kubernetes-{kubernetes_version(root)}-{digest(files, *map(str, _DEFINITIONS.items()))}"


def _plugin_folder(root: Path, cache: Path) -> Path:
    files = [root / _SOURCES / _PROVIDER / name for name in _GO_FILES]
    version = plugin_version(root)
    return cache / f"pulumi-kubernetes-{version}-{digest(files, version)}"


class _Scratch(NamedTuple):
    """What one build works with: Go's caches, and when it must have ended, by `time.monotonic`."""

    folder: Path
    end: float

    @property
    def left(self) -> float:
        """Seconds."""
        return max(0.0, self.end - time.monotonic())


@contextmanager
def _scratch(cache: Path, under_way: Step, end: float) -> Iterator[_Scratch]:
    """Go's caches for one build, with the cache locked: gigabytes, so removed afterwards, and kept when it is interrupted."""
    scratch = _Scratch(cache / "kubernetes-go", end)
    with locked(cache, under_way, scratch.left):
        yield scratch
        if scratch.folder.exists():
            under_way.status("removing what building needed")
            shutil.rmtree(scratch.folder)


def _have_plugin(root: Path, target: Path, scratch: _Scratch, under_way: Step) -> str:
    """Returns where it is from."""
    if program := _installed(root):
        target.mkdir()
        shutil.copy2(program, target / _PLUGIN)
        return f"of {program.parent}"
    if _downloaded(root, target, under_way):
        return "the official release"
    _build_plugin(root, target, scratch, under_way)
    return "built here"


def _build_servers(root: Path, target: Path, scratch: _Scratch, under_way: Step) -> None:
    version = kubernetes_version(root)
    folder = root / _SOURCES / _CONTROL_PLANE
    target.mkdir()
    _build(
        folder, target / "sandbox-kubernetes", f"k8s.io/component-base/version.gitVersion={version}", scratch, under_way,
        packages=3400,
        notice=f"building Kubernetes {version} with Go: once for this user, 6 to 10 minutes on two cores",
    )  # fmt: skip
    for name, (named_in, module, place) in _DEFINITIONS.items():
        into = target / "definitions" / name
        into.mkdir(parents=True)
        source = _module(root / _SOURCES / named_in, module, scratch, under_way) / place
        for file in sorted(source.glob("*.yaml")):
            if _DEFINITION in file.read_text():  # beside them lie policies, and lists for kustomize
                shutil.copyfile(file, into / file.name)


def _build_plugin(root: Path, target: Path, scratch: _Scratch, under_way: Step) -> None:
    source = root / _SOURCES / _PROVIDER
    version = plugin_version(root)
    target.mkdir()
    # Beside the two files that are embedded, which would otherwise lie in the clone.
    folder = scratch.folder / "plugin"
    folder.mkdir(parents=True, exist_ok=True)
    for name in _GO_FILES:
        shutil.copyfile(source / name, folder / name)
    package = _module(folder, _PLUGIN_MODULE, scratch, under_way) / "cmd" / _PLUGIN
    for name in _EMBEDDED:
        document = json.loads((package / name).read_text())
        if name == "schema.json":
            document["version"] = version
        (folder / name).write_text(json.dumps(document, separators=(",", ":")))
    _build(
        folder, target / _PLUGIN, f"{_PLUGIN_MODULE}/pkg/version.Version={version}", scratch, under_way,
        packages=2000,
        notice=f"building the Kubernetes provider {version} with Go: once for this user, 6 to 12 minutes on two cores",
    )  # fmt: skip


def _build(
    folder: Path, target: Path, stamp: str, scratch: _Scratch, under_way: Step, *, packages: int, notice: str
) -> None:
    require_go("what the cluster runs", "is in no registry as a program")
    under_way.say(notice)
    run(
        ["go", "build", "-v", "-trimpath", "-o", target, "-ldflags", f"-s -w -X {stamp}", "."],
        under_way, doing="compiling", folder=folder, variables=_variables(scratch),
        describe=count_lines(f"packages of about {packages}"), hint=_HINT, seconds=scratch.left,
    )  # fmt: skip


def _module(folder: Path, module: str, scratch: _Scratch, under_way: Step) -> Path:
    """Where a module's files are, at the version that `folder`'s go.mod and go.sum name."""
    variables = _variables(scratch)
    run(
        ["go", "mod", "download", module],
        under_way, doing=f"fetching {module}", folder=folder, variables=variables, hint=_HINT, seconds=scratch.left,
    )  # fmt: skip
    try:
        place = subprocess.run(
            ["go", "list", "-m", "-f", "{{.Dir}}", module],
            check=True, capture_output=True, text=True, cwd=folder, env=variables, timeout=60,
        ).stdout.strip()  # fmt: skip
    except subprocess.SubprocessError as error:
        raise SetupError(f"Go does not say where {module} is: {error}\nWhat to do: {_HINT}") from error
    return Path(place)


def _variables(scratch: _Scratch) -> Mapping[str, str]:
    """Go's own caches stay as they are: these modules' gigabytes go to a folder that is removed."""
    return {
        **os.environ,
        "CGO_ENABLED": "0",
        "GOWORK": "off",
        "GOFLAGS": "-mod=readonly -buildvcs=false -modcacherw",
        "GOCACHE": str(scratch.folder / "build"),
        "GOMODCACHE": str(scratch.folder / "modules"),
    }


def _installed(root: Path) -> Path | None:
    """The plugin that this user's Pulumi has, in the version of the SDK."""
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    program = home / "plugins" / f"resource-kubernetes-v{plugin_version(root)}" / _PLUGIN
    return program if os.access(program, os.X_OK) else None


def _downloaded(root: Path, target: Path, under_way: Step) -> bool:
    """Have Pulumi itself install its plugin, in a folder of ours; false where its site does not answer."""
    version = plugin_version(root)
    home = target.with_name(f"{target.name}.home")
    shutil.rmtree(home, ignore_errors=True)
    under_way.say(f"trying the official provider ({_DOWNLOAD:.0f} s)")
    variables = {**os.environ, "PULUMI_HOME": str(home), "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        run(
            [root / ".tools/bin/pulumi", "plugin", "install", "resource", "kubernetes", f"v{version}"],
            under_way, doing="downloading", folder=root, variables=variables, seconds=_DOWNLOAD,
        )  # fmt: skip
        target.mkdir()
        shutil.copy2(home / "plugins" / f"resource-kubernetes-v{version}" / _PLUGIN, target / _PLUGIN)
    except CommandError as error:
        under_way.say(f"not from there ({error})")
        return False
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return True


def _link(link: Path, target: Path) -> None:
    link.parent.mkdir(parents=True, exist_ok=True)
    if link.is_symlink() and link.readlink() == target:
        return
    partial = link.with_name(f"{link.name}.partial")
    partial.unlink(missing_ok=True)
    partial.symlink_to(target)
    partial.replace(link)
