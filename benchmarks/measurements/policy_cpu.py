"""What the policy pack adds to a preview: a Python of its own, its imports, and the judging."""

import statistics

from benchmarks.row import Row
from benchmarks.world import World
from tools.demo.run import ROOT
from tools.meter import cpu

_PAIRS = 5


def measure(world: World) -> list[Row]:
    world.demo.deploy("prod")
    preview = ("pulumi", "preview", "--non-interactive", "--stack", "prod")
    judged = (*preview, "--policy-pack", "modeldelivery/policy")

    def seconds(command: tuple[str, ...]) -> float:
        return cpu(command, world.demo.environ, ROOT)

    seconds(judged)  # Python compiles what only the pack imports
    turns = [(seconds(preview), seconds(judged)) for _ in range(_PAIRS)]
    plain, with_pack = (statistics.median(side) for side in zip(*turns, strict=True))
    return [
        Row(
            what="CPU that the policy pack adds to a preview of prod",
            measured=statistics.median(own - other for other, own in turns),
            bar=2,
            unit="s",
            made_of=f"{with_pack:.2f} s of CPU against {plain:.2f} s without it (medians of {_PAIRS} pairs)",
        )
    ]
