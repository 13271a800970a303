"""Which Pulumi this clone uses: the pinned release, from PATH, downloaded, or built here; else, with a warning, another."""

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from modeldelivery.terminal.steps import SetupError, Step

from .build import build, built_folder, pinned_version
from .cache import complete, locked, user_cache
from .environments import DEVELOPMENT
from .release import UnreachableError, download

TOOLS = ".tools/bin"
_HOST = "pulumi-language-python"


def ensure(root: Path, step: Step) -> None:
    """Make `.tools/bin/pulumi` a Pulumi that runs for this user: see `_choose`.

    Raises:
        SetupError: none can be had; the text says what to install.
    """
    _choose(root, step)
    _require_user(root)


def _choose(root: Path, step: Step) -> None:
    """Make `.tools/bin/pulumi` the pinned Pulumi, with its Python language host beside it.

    A later one does only where the pinned one cannot be had: a preview by it is refused as soon as it says something that
    the reader does not know (docs/adr/0007-the-plan-reader-is-strict.md).

    Raises:
        SetupError: none can be had; the text says what to install.
    """
    wanted = pinned_version(root)
    program, later = _on_path(root), ""
    if program is not None:
        version, reason = _look(program, wanted)
        if reason is None and version_of(version) == version_of(wanted):
            _link(root, program)
            step.outcome(f"{program} from PATH")
            return
        later = "" if reason else version
        step.say(f"{program} is not used: {reason or f'it is {version}, and {wanted} is pinned'}")
    cache = user_cache()
    official = cache / f"pulumi-{wanted}-official"
    for folder in (official, built_folder(root, cache) / "bin"):
        if os.access(folder / "pulumi", os.X_OK):
            _link(root, folder / "pulumi")
            step.outcome(f"{wanted}, cached")
            return
    with locked(cache, step):
        try:
            folder = complete(
                official, lambda target: download(wanted, target, step, authorities=_authorities(root))
            )
            step.outcome(f"{wanted}, the official release")
        except UnreachableError as error:
            step.say(f"not from there ({error})")
            try:
                folder = build(root, cache, step)
            except SetupError as failure:
                if program is None or not later:
                    raise
                step.say(f"{wanted} cannot be built either ({failure})")
                step.say(
                    f"WARNING: {program} is used all the same; previews may be refused that {wanted} would pass"
                )
                folder = program.parent
                step.outcome(f"{later} from PATH, not the pinned {wanted}")
            else:
                step.outcome(f"{wanted}, built here")
    _link(root, folder / "pulumi")


def _require_user(root: Path) -> None:
    """Refuse a Pulumi that asks the machine for this user's name where there is none; ours and the official one do not."""
    uid = os.getuid()
    try:
        pwd.getpwuid(uid)
    except KeyError:
        pass
    else:
        return
    with tempfile.TemporaryDirectory() as state:
        environ = {
            **os.environ,
            "PULUMI_BACKEND_URL": f"file://{state}",
            "PULUMI_HOME": state,
            "USER": f"user-{uid}",
        }
        completed = subprocess.run(
            [root / TOOLS / "pulumi", "whoami", "--non-interactive"],
            check=False, capture_output=True, text=True, timeout=60, env=environ,
        )  # fmt: skip
    if completed.returncode:
        raise SetupError(
            f"this Pulumi does not run for a user without a name ({completed.stderr.strip()}): give user {uid} an entry in "
            f"/etc/passwd, or remove {user_cache()}, so that set-up builds one that does"
        )


def version_of(text: str) -> tuple[int, ...]:
    """`v3.259.0` as numbers; a text without a version is less than any."""
    match = re.match(r"v?(\d+)\.(\d+)\.(\d+)", text.strip())
    return tuple(int(number) for number in match.groups()) if match else ()


def _on_path(root: Path) -> Path | None:
    ours = root / TOOLS
    others = [
        entry for entry in os.environ.get("PATH", "").split(os.pathsep) if entry and Path(entry) != ours
    ]
    path = shutil.which("pulumi", path=os.pathsep.join(others))
    return Path(path) if path else None


def _authorities(root: Path) -> Path | None:
    """The certificates that the project's environment holds, as every client of the web in Python does."""
    return next((root / DEVELOPMENT.folder).glob("lib/python3*/site-packages/certifi/cacert.pem"), None)


def _look(pulumi: Path, wanted: str) -> tuple[str, str | None]:
    """The version of the CLI `pulumi`, and why it cannot be used, if so."""
    try:
        version = subprocess.run(
            [pulumi, "version"],
            check=True, capture_output=True, text=True, timeout=30,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        ).stdout.strip()  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        return "", f"`pulumi version` fails ({error})"
    if version_of(version) < version_of(wanted):
        return version, f"it is {version}, and {wanted} is needed"
    if not any((folder / _HOST).is_file() for folder in (pulumi.parent, pulumi.resolve().parent)):
        return version, f"there is no {_HOST} beside it"
    return version, None


def _link(root: Path, pulumi: Path) -> None:
    """Point `.tools/bin/pulumi` to `pulumi`; alone there, so that its neighbours are found beside its real self."""
    link = root / TOOLS / "pulumi"
    link.parent.mkdir(parents=True, exist_ok=True)
    if link.is_symlink() and link.readlink() == pulumi:
        return
    partial = link.with_name("pulumi.partial")
    partial.unlink(missing_ok=True)
    partial.symlink_to(pulumi)
    partial.replace(link)
