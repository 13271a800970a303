"""Recorded previews, whole and changed, as the reader's functions take them."""

import json
from functools import cache
from pathlib import Path

import msgspec

from modeldelivery import review
from modeldelivery.review.core.change import classify
from modeldelivery.review.core.cost import Prices
from modeldelivery.review.core.document import read
from tests.previews import names, recorded

PRICES = msgspec.toml.decode((Path(review.__file__).parent / "prices.toml").read_bytes(), type=Prices)


@cache
def _recorded(name):
    return json.dumps(recorded(name)).encode()


def record(name):
    """One recorded scenario; the caller may change it."""
    return msgspec.json.decode(_recorded(name))


def document(name):
    """Its document alone, as Python values."""
    return record(name)["document"]


def text(document):
    return json.dumps(document).encode()


def change(name, edit=None):
    """The classified change of a scenario, its document edited in place first."""
    preview = record(name)
    if edit:
        edit(preview["document"])
    return classify(preview["environment"], read(text(preview["document"])), PRICES)


def step(document, type_, name=None):
    """The step of a resource type, by its name when there are several."""
    (step_of_kind,) = [
        each
        for each in document["steps"]
        if each["urn"].split("::")[2].split("$")[-1] == type_
        and (name is None or each["urn"].endswith(f"::{name}"))
    ]
    return step_of_kind


def previews():
    """Names of all scenarios that are previews of an update."""
    return [name for name in names() if not name.startswith("drift-")]
