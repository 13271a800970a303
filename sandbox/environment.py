"""How a person, the engine and boto3 enter the sandbox: environment variables and the files they name."""

import os
import pwd
import shlex
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from sandbox.accounts import ACCOUNTS, ALSO, REGION
from sandbox.home import CHECKOUT, Home, write
from sandbox.keys import AccessKey
from sandbox.variables import cleared, inside

# The exact version the installed pulumi-aws asks for: the engine takes a plugin of this name from its cache
# without a warning and without a download.
AWS_PLUGIN = "resource-aws-v7.51.1"
# The official one, of the installed pulumi-kubernetes' version, where `make setup-kubernetes` was run.
KUBERNETES_PLUGIN = "resource-kubernetes-v4.25.0"
KUBERNETES_PROVIDER = CHECKOUT / ".tools" / "kubernetes" / "bin" / "pulumi-resource-kubernetes"


def write_profiles(home: Home, keys: Mapping[str, AccessKey], control: int, runtime: int) -> None:
    """Write AWS_CONFIG_FILE and the credentials for both accounts; the ports are the daemon's."""
    config = [
        "[services sandbox]",
        "sagemaker_runtime =",
        f"  endpoint_url = http://127.0.0.1:{runtime}",
        "",
    ]
    credentials = []
    for account in ACCOUNTS:
        key = keys[account.profile]
        for profile in (account.profile, *ALSO[account.profile]):
            config += [
                f"[profile {profile}]",
                f"region = {REGION}",
                # For every service that the section above does not name.
                f"endpoint_url = http://127.0.0.1:{control}",
                "services = sandbox",
                f"aws_account_id = {account.id}",
                "",
            ]
            credentials += [
                f"[{profile}]",
                f"aws_access_key_id = {key.id}",
                f"aws_secret_access_key = {key.secret}",
                f"aws_account_id = {account.id}",
                "",
            ]
    write(home.aws_config, "\n".join(config))
    write(home.aws_credentials, "\n".join(credentials))


def write_plugins(home: Home) -> None:
    """Put the embedded aws plugin where the engine looks for the real one, and the Kubernetes provider where one is here."""
    plugin = home.pulumi_home / "plugins" / AWS_PLUGIN / "pulumi-resource-aws"
    python = shlex.quote(str(Path(sys.executable).absolute()))
    # Before what the engine has in PYTHONPATH: a copy of the program that a test runs holds no sandbox.
    path = f'{shlex.quote(str(CHECKOUT))}"${{PYTHONPATH:+:$PYTHONPATH}}"'
    write(plugin, f'#!/bin/sh\nPYTHONPATH={path} exec {python} -m sandbox.pulumi_aws "$@"\n', mode=0o700)
    if KUBERNETES_PROVIDER.exists():
        folder = home.pulumi_home / "plugins" / KUBERNETES_PLUGIN
        folder.mkdir(parents=True, exist_ok=True)
        link = folder / KUBERNETES_PROVIDER.name
        link.unlink(missing_ok=True)
        link.symlink_to(KUBERNETES_PROVIDER.resolve())


def process_environment(home: Home, outside: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of a process that works in this sandbox, started by one that has `outside`."""
    return inside(outside, _values(home, outside))


def shell_lines(home: Home, outside: Mapping[str, str]) -> list[str]:
    """What a POSIX shell that has `outside` evaluates to enter this sandbox."""
    lines = [f"unset {name}" for name in cleared(outside)]
    values = _values(home, outside)
    return lines + [f"export {name}={shlex.quote(value)}" for name, value in values.items()]


def _values(home: Home, outside: Mapping[str, str]) -> dict[str, str]:
    """The value of each variable that is set or extended."""
    path = outside.get("PATH") or os.defpath
    first = [str(CHECKOUT / ".tools" / "bin"), str(CHECKOUT / ".venv" / "bin")]
    others = [entry for entry in path.split(os.pathsep) if entry and entry not in first]
    values = {
        "AWS_CONFIG_FILE": str(home.aws_config),
        "AWS_SHARED_CREDENTIALS_FILE": str(home.aws_credentials),
        "AWS_EC2_METADATA_DISABLED": "true",
        "KUBECONFIG": str(home.kubeconfig),
        **home.pulumi,
        "PYTHONUTF8": "1",
        "VIRTUAL_ENV": str(CHECKOUT / ".venv"),
        "NO_PROXY": "*",
        "no_proxy": "*",
        "PATH": os.pathsep.join([*first, *others]),
        "USER": outside.get("USER") or _user(),
        "HOME": _usable(outside.get("HOME")) or str(home.root),
        "TMPDIR": _usable(outside.get("TMPDIR")) or tempfile.gettempdir(),
    }
    if "SANDBOX_HOME" in outside:  # it may be relative to where the shell was
        values["SANDBOX_HOME"] = str(home.root)
    return values


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's number need not have a name
        return f"user-{os.getuid()}"


def _usable(folder: str | None) -> str | None:
    return folder if folder and Path(folder).is_absolute() and os.access(folder, os.W_OK | os.X_OK) else None
