"""The author of the training pipeline's definition, in its own environment (`make definition`)."""

import os
import subprocess

import pytest

from pipelines.definition_file import DEFINITION
from tests.conftest import CHECKOUT

pytestmark = pytest.mark.faults

PYTHON = CHECKOUT / ".venv-definition" / "bin" / "python"
# No call can be made: a name that cannot be looked up, a connection that cannot be opened.
NO_NETWORK = """
import socket
def refuse(*_, **__): raise SystemExit("the author of the definition called somebody")
socket.socket.connect = socket.getaddrinfo = refuse
"""


def written(folder, seed):
    """The definition that another machine writes: another home, folder, time zone and hash seed, and no network."""
    (folder / "sitecustomize.py").write_text(NO_NETWORK)
    subprocess.run(
        [PYTHON, "-m", "pipelines.definition", "--out", folder / "definition.json"],
        cwd=folder,
        env={
            "PATH": os.defpath,
            "HOME": str(folder),
            "TZ": "Pacific/Apia",
            "PYTHONHASHSEED": seed,
            "PYTHONPATH": f"{folder}:{CHECKOUT}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "LANG": "C",
        },
        check=True,
        timeout=240,
        capture_output=True,
    )
    return (folder / "definition.json").read_bytes()


def test_the_author_writes_the_committed_definition_byte_by_byte(tmp_path):
    assert written(tmp_path, "1") == DEFINITION.read_bytes()


@pytest.mark.soak
@pytest.mark.parametrize("seed", ["0", "77"])
def test_no_hash_seed_changes_a_byte_of_the_definition(tmp_path, seed):
    assert written(tmp_path, seed) == DEFINITION.read_bytes()
