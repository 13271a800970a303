"""Previews of real changes, as the engine wrote them; `record.py` makes them, nobody edits them."""

import json
from functools import cache
from pathlib import Path

from tests.previews import contents

FOLDER = Path(__file__).parent / "recorded"
CONTENTS = FOLDER / "contents.jsonl"


def names():
    """Every recorded scenario."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def index(name):
    """A recording as it is stored: `contents.joined` makes it whole."""
    return json.loads((FOLDER / f"{name}.json").read_text())


def recorded(name):
    """`{scenario, environment, exit, stderr, document}` of one scenario."""
    return contents.joined(index(name), stored())


@cache
def stored():
    return contents.load(CONTENTS)


def keep(recordings):
    """Write recordings, by name; contents that no recording needs any more are dropped."""
    texts = contents.load(CONTENTS) if CONTENTS.exists() else {}
    for name, recording in recordings.items():
        parts = {key: contents.split(value, texts) for key, value in recording.items()}
        (FOLDER / f"{name}.json").write_text(json.dumps(parts, indent=1, ensure_ascii=False) + "\n")
    needed = {each for name in names() for each in contents.sums(index(name), texts)}
    contents.save(CONTENTS, {key: text for key, text in texts.items() if key in needed})
    stored.cache_clear()
