"""Environments as `make up` leaves them, with a small container in place of the real model server where it does not matter."""

import io
import json
import subprocess
import sys
import tarfile

import pytest

from tests.conftest import CHECKOUT, ECHO
from tests.stacks.stack import Stack

VERSIONS = ("v1.0.0", "v1.1.0", "v1.2.0")


def artifact(path, **behaviour):
    """A model.tar.gz for the echo container."""
    data = json.dumps(behaviour).encode()
    with tarfile.open(path, "w:gz") as tar:
        entry = tarfile.TarInfo("behaviour.json")
        entry.size = len(data)
        tar.addfile(entry, io.BytesIO(data))
    return path


def register(stack, version, **behaviour):
    """Build the echo image, then `modelctl register` a model that behaves so."""
    pushed = subprocess.run(
        [
            *(sys.executable, "-m", "sandbox", "image", "--profile", stack.name),
            *("--repository", f"flights-{stack.name}", str(ECHO)),
        ],
        cwd=CHECKOUT,
        env=stack.env,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    path = artifact(stack.folder / f"{version}.tar.gz", name=version, **behaviour)
    stack.modelctl(
        "register", "--version", version, "--image", pushed.stdout.strip().splitlines()[-1],
        "--artifact", path, "--data-revision", f"data-{version}",
    )  # fmt: skip


def begun(name, sandbox, folder):
    """A registry with three versions; nothing serves yet."""
    stack = Stack(name, sandbox, folder)
    stack.up()
    for version in VERSIONS:
        register(stack, version)
    return stack


@pytest.fixture(scope="module")
def staging(sandbox, tmp_path_factory):
    """Staging with v1.0.0 live and nothing else; tests of a module go on from where the one before ended."""
    stack = begun("staging", sandbox, tmp_path_factory.mktemp("staging"))
    stack.release("v1.0.0", "v1.0.0")
    stack.up()
    yield stack
    stack.set("protect", value=False)
    stack.destroy()
