"""Environments as `make up` leaves them, with a small container in place of the real model server where it does not matter."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.bits import packed
from tests.conftest import ECHO
from tests.stacks.sequence import pytest_pyfunc_call, steps_taken  # noqa: F401 - a hook and its fixture
from tests.stacks.stack import Stack

FLEET = ("v1.1.0", "v1.0.0")
VERSIONS = ("v1.0.0", "v1.1.0", "v1.2.0")


def artifact(path, **behaviour):
    """A model.tar.gz for the echo container; the same behaviour is the same bits in every environment."""
    path.write_bytes(packed({"behaviour.json": json.dumps(behaviour).encode()}))
    return path


def push(stack, context=ECHO, *more, repository="flights"):
    """Build an image and push it to a repository of the environment; its URI by digest."""
    return stack.sandbox.push(stack.name, f"{repository}-{stack.name}", *more, context)


def register(stack, *versions, **behaviour):
    """Build the echo image, then `modelctl register` models of it that say their version and behave so."""
    image = push(stack)
    for version in versions:
        path = artifact(stack.folder / f"{version}.tar.gz", name=version, **behaviour)
        stack.register_approved(version, image, path, f"data-{version}")


def begun(name, sandbox, folder):
    """A registry with three versions; nothing serves yet."""
    stack = Stack(name, sandbox, folder)
    stack.without_data()
    stack.up()
    register(stack, *VERSIONS)
    return stack


def released(stack):
    """Make an environment in which v1.0.0 serves and v1.1.0 is beside it."""
    stack.without_data()
    stack.no_release()
    stack.up()
    register(stack, *FLEET)
    stack.release("v1.0.0", *FLEET)
    stack.up()


@pytest.fixture(scope="module")
def environments(module_sandbox, tmp_path_factory):
    """Staging and prod in one sandbox, each with an endpoint that serves v1.0.0 and has v1.1.0 beside it."""
    stacks = {
        name: Stack(name, module_sandbox, tmp_path_factory.mktemp(name)) for name in ("staging", "prod")
    }

    with ThreadPoolExecutor(len(stacks)) as pool:
        list(pool.map(released, stacks.values()))
    return stacks


@pytest.fixture(scope="module")
def staging(module_sandbox, tmp_path_factory):
    """Staging with v1.0.0 live and nothing else; tests of a module go on from where the one before ended."""
    stack = begun("staging", module_sandbox, tmp_path_factory.mktemp("staging"))
    stack.release("v1.0.0", "v1.0.0")
    stack.up()
    return stack
