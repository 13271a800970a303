"""What reading a preview of two thousand resources costs: CPU and memory, Python's start included."""

import json
import sys
from collections import Counter
from typing import Any

from benchmarks.row import Row
from benchmarks.whole import cost, quickest
from benchmarks.world import World

RESOURCES = 2000
_ENDPOINT = "modeldelivery:index:Endpoint"


def measure(world: World) -> list[Row]:
    """Prod's own preview, its resources copied under other names; every second one changes its tags."""
    output = world.demo.run("bench-preview", "pulumi", "preview", "--json", "--show-sames", "--stack", "prod")
    file = world.demo.home / "preview-2000.json"
    file.write_text(json.dumps(_grown(json.loads(output))))
    command = (sys.executable, "-m", "benchmarks.programs.reader", str(file))
    taken = quickest(command, world.demo.environ)
    size = f"{file.stat().st_size / 2**20:.0f} MiB of JSON, {RESOURCES} steps, read, classified and drawn"
    return cost("reading a preview of 2,000 resources", taken, seconds=1, mebibytes=150, made_of=size)


def _grown(document: dict[str, Any]) -> dict[str, Any]:
    steps = document["steps"]
    others = [step for step in steps if not step["urn"].split("::")[2].endswith(_ENDPOINT)]
    grown = [step for step in steps if step not in others]
    copy = 0
    while len(grown) < RESOURCES:
        step = json.loads(json.dumps(others[copy % len(others)]))
        urn = f"{step['urn']}-{copy}"
        for part in (step, step["oldState"], step["newState"]):
            part["urn"] = urn
        if copy % 2 and step["newState"].get("inputs", {}).get("tags"):
            step["op"] = "update"
            step["newState"]["inputs"]["tags"]["owner"] = "another team"
        grown.append(step)
        copy += 1
    return {**document, "steps": grown, "changeSummary": dict(Counter(step["op"] for step in grown))}
