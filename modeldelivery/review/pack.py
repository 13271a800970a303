"""The policy pack as a folder that the engine can start, wherever this package is installed."""

import json
import re
import sys
from pathlib import Path

_SOURCE = Path(__file__).resolve().parents[1] / "policy"
_DESCRIPTION = "PulumiPolicy.yaml"
_VIRTUALENV = re.compile(
    r"virtualenv: .*"
)  # the checkout's, relative to its own folder: an installed package has another
_PROGRAM = "import modeldelivery.policy.__main__\n"


def write(folder: Path) -> None:
    """Make `folder` the pack, run by the Python that runs this; it may be there already."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    description = (_SOURCE / _DESCRIPTION).read_text()
    # A JSON string is a YAML string, whatever the path holds.
    here = _VIRTUALENV.sub(lambda _: f"virtualenv: {json.dumps(sys.prefix)}", description)
    (folder / _DESCRIPTION).write_text(here)
    (folder / "__main__.py").write_text(_PROGRAM)
