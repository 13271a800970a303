"""Run `modelctl` in this process, on a world in memory."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from modeldelivery.release.cli import main
from tests.bits import FOREIGN, packed

from .world import DIGEST, REPOSITORY, V1, World


@dataclass(frozen=True)
class Ended:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def world():
    return World()


@pytest.fixture
def modelctl(world, capsys):
    """`modelctl COMMAND --env prod ARGUMENTS`."""

    def run(command, *arguments):
        try:
            status = main([command, "--env", "prod", *map(str, arguments)], opens=world.opens)
        except SystemExit as usage:
            status = usage.code
        output = capsys.readouterr()
        return Ended(status, output.out, output.err)

    return run


@pytest.fixture
def artifact(tmp_path):
    path = tmp_path / "model.tar.gz"
    path.write_bytes(packed())
    return path


@pytest.fixture
def register(modelctl, world, artifact):
    """`modelctl register` of v1.0.0 with an image that is there; keywords replace options."""
    world.registry.images[DIGEST] = FOREIGN

    def run(*more, **changed):
        options = {
            "version": V1,
            "image": f"{REPOSITORY}@{DIGEST}",
            "artifact": artifact,
            "data-revision": "sha256:rows",
            **{name.replace("_", "-"): value for name, value in changed.items()},
        }
        return modelctl(
            "register", *(word for name, value in options.items() for word in (f"--{name}", value)), *more
        )

    return run
