"""Previews of real changes, as the engine wrote them; `record.py` makes them, nobody edits them."""

import json
from pathlib import Path

FOLDER = Path(__file__).parent / "recorded"


def names():
    """Every recorded scenario."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def recorded(name):
    """`{scenario, environment, exit, stderr, document}` of one scenario."""
    return json.loads((FOLDER / f"{name}.json").read_text())
