"""What this project costs in a preview, beside the engine and the language host that every Python program pays for."""

import sys
from pathlib import Path

from benchmarks.row import Row
from benchmarks.turns import interleaved
from benchmarks.world import World
from tools.demo.run import ROOT
from tools.meter import cpu

_PAIRS = 5
# The same engine, language host, virtual environment and kind of backend.
_EMPTY = f"""\
name: empty
runtime:
  name: python
  options:
    virtualenv: {sys.prefix}
"""


def measure(world: World) -> list[Row]:
    return [unchanged(world, "prod", bar=3)]


def unchanged(world: World, environment: str, *, bar: float) -> Row:
    """CPU of a preview of an environment that is as config says, beside an empty program's."""
    environ = world.demo.environ
    empty = _empty_project(world)
    world.demo.deploy(environment)
    preview = ("pulumi", "preview", "--non-interactive", "--stack")
    own, plain, ratio = interleaved(
        lambda: cpu((*preview, environment), environ, ROOT),
        lambda: cpu((*preview, "empty"), environ, empty),
        _PAIRS,
    )
    return Row(
        what=f"CPU of an unchanged preview of {environment} / of an empty program",
        measured=ratio,
        bar=bar,
        unit="ratio",
        made_of=f"{own:.2f} s of CPU against {plain:.2f} s, engine, language host and plugins included "
        f"(medians of {_PAIRS} pairs)",
    )


def _empty_project(world: World) -> Path:
    """An empty program with a stack that is up."""
    folder = world.demo.home / "empty"
    folder.mkdir(exist_ok=True)
    (folder / "Pulumi.yaml").write_text(_EMPTY)
    (folder / "__main__.py").write_text("")
    for command in (
        ("stack", "select", "--create", "empty"),
        ("up", "--yes", "--skip-preview", "--stack", "empty"),
    ):
        world.demo.run("bench-empty", "pulumi", *command, "--non-interactive", "--cwd", str(folder))
    return folder
