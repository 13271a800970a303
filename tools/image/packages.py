"""Where pip gets its packages from on this machine, told to a build as secrets: no layer and no history holds them."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_CERTIFICATES = "/run/secrets/certificates"  # where a RUN line finds the secret of that name
# Of pip's settings, what says where packages are and how they are reached.
_SETTINGS = {"index-url", "extra-index-url", "trusted-host", "proxy", "retries", "timeout", "client-cert"}


def secrets(folder: Path, environ: Mapping[str, str] = os.environ) -> dict[str, Path]:
    """Write them into `folder`; each by its name."""
    done = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], check=True, capture_output=True, text=True
    )
    own = settings(done.stdout)
    files: dict[str, Path] = {}
    certificates = Path(own.pop("cert", "") or environ.get("REQUESTS_CA_BUNDLE") or "")
    lines = [f"{name} = {value}" for name, value in sorted(own.items())]
    if certificates.is_file():
        files["certificates"] = certificates
        lines.append(f"cert = {_CERTIFICATES}")
    files["pip"] = folder / "pip"
    files["pip"].touch(mode=0o600)  # an index's address may hold a password
    files["pip"].write_text("\n".join(["[global]", *lines, ""]))
    return files


def settings(listed: str) -> dict[str, str]:
    """Of `pip config list`, what a build needs; a later section overrules an earlier one, as pip's own order is."""
    values: dict[str, str] = {}
    for line in listed.splitlines():
        key, _, value = line.partition("=")
        name = key.rpartition(".")[2]
        if name in _SETTINGS | {"cert"}:
            values[name] = value.strip("'\"").replace("\\n", " ")
    return values
