"""How long a newcomer waits: `make up` with the tools cached, and again when everything is there."""

import re

from benchmarks.row import Row
from benchmarks.world import World

_STEP = re.compile(r"✓ (.+[:,] ([\d.]+) s)$", re.MULTILINE)
_SHOWN = 3


def measure(world: World) -> list[Row]:
    again, output = world.make_up()
    return [
        Row(
            what="`make up`, tools cached",
            measured=world.first_up,
            bar=90,
            unit="s",
            made_of=_longest(world.first_up_said),
        ),
        Row(what="`make up` again", measured=again, bar=20, unit="s", made_of=_longest(output)),
    ]


def _longest(output: str) -> str:
    """The steps that took longest, as `make up` itself tells."""
    steps = sorted(_STEP.findall(output), key=lambda step: float(step[1]), reverse=True)
    return "; ".join(line for line, _ in steps[:_SHOWN])
