"""What reading a preview of two thousand resources costs: CPU and memory, Python's start included."""

import json
import sys
from collections import Counter
from pathlib import Path
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
    command = (sys.executable, "-m", "benchmarks.measurements.reader", str(file))
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


def _read(file: Path) -> None:
    """The measured process."""
    import msgspec  # noqa: PLC0415 - the measured process alone imports the reader

    from modeldelivery import review  # noqa: PLC0415 - as above
    from modeldelivery.review.core.change import classify  # noqa: PLC0415 - as above
    from modeldelivery.review.core.cost import Prices  # noqa: PLC0415 - as above
    from modeldelivery.review.core.document import read  # noqa: PLC0415 - as above
    from modeldelivery.review.core.review import review as put_together  # noqa: PLC0415 - as above
    from modeldelivery.review.report import markdown  # noqa: PLC0415 - as above
    from modeldelivery.review.report.preview import tell  # noqa: PLC0415 - as above

    assert review.__file__ is not None
    prices = msgspec.toml.decode(Path(review.__file__).with_name("prices.toml").read_bytes(), type=Prices)
    change = classify("prod", read(file.read_bytes()), prices)
    whole = put_together(
        commit="",
        change=change,
        fingerprints={},
        standing=None,
        drill=None,
        goes_live=None,
        judged=None,
        health=(),
        problem=None,
        violations=(),
        before=None,
    )
    comment = markdown.draw(tell([whole]), 65_536)
    print(json.dumps({"kinds": change.kinds, "comment": len(comment)}))


if __name__ == "__main__":
    _read(Path(sys.argv[1]))
