"""The policy pack as a folder that the engine can start, wherever this package is installed."""

import json
import re
import sys
from importlib.util import find_spec
from pathlib import Path

from modeldelivery.review.core.errors import ReviewError

_SOURCE = Path(__file__).resolve().parents[1] / "policy"
_DESCRIPTION = "PulumiPolicy.yaml"
_VIRTUALENV = re.compile(
    r"virtualenv: .*"
)  # the checkout's, relative to its own folder: an installed package has another
_PROGRAM = "import modeldelivery.policy.__main__\n"


class PackError(ReviewError):
    """The policies cannot be run here; the message says what to type."""


def write(folder: Path) -> None:
    """Make `folder` the pack, run by the Python that runs this; it may be there already. Raises PackError."""
    if find_spec("pulumi_policy") is None:
        raise PackError(
            f"{sys.prefix} has no pulumi-policy, which runs the policies: install `model-delivery[policy]` in it"
        )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    description = (_SOURCE / _DESCRIPTION).read_text()
    # A JSON string is a YAML string, whatever the path holds.
    here = _VIRTUALENV.sub(lambda _: f"virtualenv: {json.dumps(sys.prefix)}", description)
    (folder / _DESCRIPTION).write_text(here)
    (folder / "__main__.py").write_text(_PROGRAM)
