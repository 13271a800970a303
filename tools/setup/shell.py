"""What set-up takes of the shell that it was typed in.

Where indexes, proxies and certificates are, and nothing that would install other things, elsewhere, or run other code.
"""

import contextlib
import os
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

# The first list that names a variable decides; what neither names stays.
_TAKEN = (
    # How packages are reached: a company's index, its certificates, its proxy.
    *(
        f"PIP_{name}"
        for name in ("*INDEX*", "FIND_LINKS", "*CERT", "PROXY", "TRUSTED_HOST", "*TIMEOUT", "RETRIES")
    ),
    *(
        f"PIP_{name}"
        for name in ("*CACHE_DIR", "CONFIG_FILE", "DISABLE_PIP_VERSION_CHECK", "KEYRING_PROVIDER")
    ),
    *(
        f"UV_{name}"
        for name in ("*INDEX*", "FIND_LINKS", "*INSECURE_HOST", "*TIMEOUT", "*CACHE*", "KEYRING_PROVIDER")
    ),
    *(f"UV_{name}" for name in ("CONFIG_FILE", "*TLS", "*CERTS", "OFFLINE", "LINK_MODE", "CONCURRENT_*")),
)
_REFUSED = (
    *("PYTHON*", "__PYVENV_LAUNCHER__", "VIRTUAL_ENV"),  # other modules, another interpreter
    *("PIP_*", "UV_*"),  # another target, prefix, version or source of what is installed
    *("GOOS", "GOARCH", "GOARM*", "GOAMD64", "GOBIN", "GOEXPERIMENT", "CGO_*"),  # a CLI for another machine
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"),  # of the hook that runs set-up
    *("LD_PRELOAD", "LD_AUDIT", "DYLD_INSERT_LIBRARIES", "BASH_ENV"),
)


def entered(environ: Mapping[str, str], root: Path) -> dict[str, str]:
    """The environment of set-up and of all that it starts.

    A user may have no home (a container's number without a name, a service): then pip, uv and Go keep what they cache in
    the clone.
    """
    kept = {name: value for name, value in environ.items() if _is_kept(name)}
    home = environ.get("HOME", os.path.expanduser("~"))  # noqa: PTH111 - Path.home() raises where there is none
    if not _is_usable(home):
        kept["HOME"] = str(root / ".tools" / "home")
        Path(kept["HOME"]).mkdir(mode=0o700, parents=True, exist_ok=True)
    cache = kept.get("XDG_CACHE_HOME", "")
    if Path(cache).is_absolute():
        with contextlib.suppress(OSError):
            Path(cache).mkdir(parents=True, exist_ok=True)
    if not _is_usable(cache):
        kept.pop("XDG_CACHE_HOME", None)
    return kept


def _is_kept(name: str) -> bool:
    named = any(fnmatchcase(name, pattern) for pattern in _TAKEN)
    return named or not any(fnmatchcase(name, pattern) for pattern in _REFUSED)


def _is_usable(folder: str) -> bool:
    return Path(folder).is_absolute() and Path(folder).is_dir() and os.access(folder, os.W_OK | os.X_OK)
