"""Run `modelctl` in this process, on a world in memory."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from modeldelivery.release.cli import main

from .world import World


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
