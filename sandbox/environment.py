"""How a person, the engine and boto3 enter the sandbox: environment variables and the files they name."""

import os
import shutil
import sys
from pathlib import Path

from sandbox.accounts import ACCOUNTS, REGION
from sandbox.home import CHECKOUT, Home, write

# The exact version the installed pulumi-aws asks for: the engine takes a plugin of this name from its cache
# without a warning and without a download.
AWS_PLUGIN = "resource-aws-v7.51.1"


def write_profiles(home: Home, control: int, runtime: int) -> None:
    """Write AWS_CONFIG_FILE and the credentials for both accounts; the ports are the daemon's."""
    config = [
        "[services sandbox]",
        "sagemaker_runtime =",
        f"  endpoint_url = http://127.0.0.1:{runtime}",
        "",
    ]
    credentials = []
    for account in ACCOUNTS:
        config += [
            f"[profile {account.profile}]",
            f"region = {REGION}",
            # For every service that the section above does not name.
            f"endpoint_url = http://127.0.0.1:{control}",
            "services = sandbox",
            f"aws_account_id = {account.id}",
            "",
        ]
        credentials += [
            f"[{account.profile}]",
            f"aws_access_key_id = {account.access_key}",
            f"aws_secret_access_key = {account.secret}",
            f"aws_account_id = {account.id}",
            "",
        ]
    write(home.aws_config, "\n".join(config))
    write(home.aws_credentials, "\n".join(credentials))


def write_plugin(home: Home) -> None:
    """Put the embedded aws plugin where the engine looks for the real one.

    `SANDBOX_AWS_PROVIDER=official` takes it away, so that the engine finds or downloads pulumi-aws itself.
    """
    plugin = home.pulumi_home / "plugins" / AWS_PLUGIN / "pulumi-resource-aws"
    if os.environ.get("SANDBOX_AWS_PROVIDER") == "official":
        # Only our own file: the folder may already hold the downloaded plugin.
        if plugin.exists() and plugin.read_bytes().startswith(b"#!/bin/sh"):
            shutil.rmtree(plugin.parent)
        return
    python = Path(sys.executable).absolute()
    write(
        plugin,
        f'#!/bin/sh\nPYTHONPATH="{CHECKOUT}${{PYTHONPATH:+:$PYTHONPATH}}" exec "{python}" -m sandbox.pulumi_aws "$@"\n',
        mode=0o700,
    )


def variables(home: Home) -> dict[str, str]:
    """The variables that make boto3, the AWS CLI and Pulumi talk to this sandbox."""
    path = os.environ.get("PATH", os.defpath).split(os.pathsep)
    first = [str(CHECKOUT / ".tools" / "bin"), str(CHECKOUT / ".venv" / "bin")]
    entered = {
        "AWS_CONFIG_FILE": str(home.aws_config),
        "AWS_SHARED_CREDENTIALS_FILE": str(home.aws_credentials),
        "AWS_EC2_METADATA_DISABLED": "true",
        "PULUMI_HOME": str(home.pulumi_home),
        "PULUMI_BACKEND_URL": os.environ.get("PULUMI_BACKEND_URL") or f"file://{home.backend}",
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
        "PATH": os.pathsep.join(first + [entry for entry in path if entry not in first]),
    }
    if "SANDBOX_HOME" in os.environ:
        entered["SANDBOX_HOME"] = str(home.root)
    return entered
