"""From a pull request to its comment: both environments previewed, judged and told, on a warm machine."""

import subprocess
import time

from benchmarks.row import Row
from benchmarks.world import World
from tools.demo.run import ROOT, StepError

_COMMANDS = (("preview", "ENV=staging"), ("preview", "ENV=prod"), ("comment",))


def measure(world: World) -> list[Row]:
    """As CI calls it, set-up included."""
    started, taken = time.monotonic(), []
    for command in _COMMANDS:
        begun = time.monotonic()
        done = subprocess.run(
            ["make", "--no-print-directory", *command, f"FOLDER={world.demo.home / 'review'}"],
            cwd=ROOT, env=world.demo.environ, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if done.returncode:
            raise StepError(f"`make {' '.join(command)}` failed:\n{done.stdout}{done.stderr}")
        taken.append(f"make {' '.join(command)} {time.monotonic() - begun:.1f} s")
    return [
        Row(
            what="pull request to comment, both environments",
            measured=time.monotonic() - started,
            bar=60,
            unit="s",
            made_of=", ".join(taken),
        )
    ]
