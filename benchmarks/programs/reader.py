"""Reads a preview, classifies it and draws the comment: `python -m benchmarks.programs.reader FILE`."""

import json
import sys
from pathlib import Path

import msgspec

from modeldelivery import review
from modeldelivery.review.core.change import classify
from modeldelivery.review.core.cost import Prices
from modeldelivery.review.core.document import read
from modeldelivery.review.core.review import review as put_together
from modeldelivery.review.report import markdown
from modeldelivery.review.report.preview import tell

_LONGEST = 65_536  # characters of a comment


def main(file: Path) -> None:
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
    comment = markdown.draw(tell([whole]), _LONGEST)
    print(json.dumps({"kinds": change.kinds, "comment": len(comment)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
