"""What each room of the product imports is what its requirements name: a wheel's user has nothing else."""

import ast
import sys
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import CHECKOUT

OURS = "modeldelivery"
# The extras that a room may count on beside the base.
EXTRAS = {
    "awsmodels": (),
    "catalogue": (),
    "plugin": ("provider",),
    "policy": ("policy",),
    "provider": ("provider",),
    "release": (),
    "review": ("review",),
    "terminal": (),
}


def requirements(part):
    """The requirements of a file that pyproject.toml reads."""
    lines = (CHECKOUT / "requirements" / f"{part}.in").read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def named(*parts):
    return {canonicalize_name(each.name) for part in parts for each in requirements(part)}


def imported(text):
    """Top-level modules that a source imports when it runs, wherever in it."""
    names = set()
    nodes = [ast.parse(text)]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            nodes += node.orelse
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add((node.module or "").partition(".")[0])
        nodes += ast.iter_child_nodes(node)
    return names


brought_by = cache(packages_distributions)  # module → distributions; it reads every installed file list


def undeclared(modules, declared):
    """Modules that no declared distribution brings."""
    foreign = modules - sys.stdlib_module_names - {OURS}
    return {
        module
        for module in foreign
        if not declared & {canonicalize_name(each) for each in brought_by().get(module, ())}
    }


def rooms():
    return sorted(path.parent.name for path in Path(CHECKOUT, OURS).glob("*/__init__.py"))


def test_every_room_says_which_extras_it_counts_on():
    assert set(rooms()) <= EXTRAS.keys()


@pytest.mark.parametrize("room", rooms())
def test_a_room_imports_what_its_requirements_name_and_nothing_that_merely_comes_along(room):
    declared = named("modelctl", *EXTRAS[room])
    missing = {
        str(path.relative_to(CHECKOUT)): result
        for path in sorted(Path(CHECKOUT, OURS, room).rglob("*.py"))
        if path.parent.name != "loading"  # it runs in an environment of its own, .venv-load
        if (result := undeclared(imported(path.read_text()), declared))
    }
    assert missing == {}


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("import grpc", {"grpc"}),
        ("def late():\n    from pulumi.runtime import rpc", {"pulumi"}),
        ("import boto3.session, msgspec", set()),
        ("import json\nfrom . import tables\nfrom modeldelivery.release import version", set()),
        ("if TYPE_CHECKING:\n    import grpc\nelse:\n    import pulumi", {"pulumi"}),
        ("from six import moves", {"six"}),  # it comes with boto3, until it does not
    ],
)
def test_the_check_sees_what_modelctl_would_lack(text, missing):
    assert undeclared(imported(text), named("modelctl")) == missing
