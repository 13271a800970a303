"""Whether what an image runs can be imported: `python -m tools.builds.programs PACKAGE`, by a Python that has what the image installs.

Each module of the package, also one that is imported only when it is needed. Of the standard library alone: what an image installs is
not what a build does.
"""

import importlib
import pkgutil
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path


def finding(package: str) -> str:
    """What cannot be imported, and why; "" for nothing."""
    try:
        for name in _modules(package):
            importlib.import_module(name)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a module does while it is imported
        return f"{package} cannot be imported: {type(error).__name__}: {error}{_place(error)}"
    return ""


def _modules(package: str) -> Iterator[str]:
    yield package
    for module in pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}."):
        yield module.name


def _place(error: BaseException) -> str:
    """Where of this checkout it was raised, as words after it; "" of a text that does not compile, whose error says it."""
    here = f"{Path.cwd()}/"
    frames = [each for each in traceback.extract_tb(error.__traceback__) if each.filename.startswith(here)]
    if isinstance(error, SyntaxError) or not frames:
        return ""
    return f" ({frames[-1].filename.removeprefix(here)}, line {frames[-1].lineno})"


def main() -> int:
    """Returns 1 when something cannot be imported."""
    findings = [why for package in sys.argv[1:] if (why := finding(package))]
    print("\n".join(findings))
    return int(bool(findings))


if __name__ == "__main__":
    sys.exit(main())
