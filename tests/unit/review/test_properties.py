"""What holds of every preview: order does not matter, danger only adds up, and nothing that goes is shown as harmless."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modeldelivery.catalogue.kind import Nature
from modeldelivery.catalogue.table import kind_of
from modeldelivery.review.core.change import Kind, classify
from modeldelivery.review.core.document import read, type_of
from modeldelivery.review.core.touched import is_component
from modeldelivery.review.report import markdown
from modeldelivery.review.report.preview import tell
from tests.examples import examples
from tests.unit.review.documents import PRICES, document, record, text
from tests.unit.review.reviews import reviewed

SOME = settings(max_examples=examples(40))
NOTHING = document("nothing")
CUSTOM = [
    number
    for number, step in enumerate(NOTHING["steps"])
    if not is_component(step["newState"]["type"], custom=step["newState"]["custom"], project="model-delivery")
]
ENDPOINT = next(
    number
    for number in CUSTOM
    if NOTHING["steps"][number]["urn"].endswith("Endpoint::flights-prod")
    and type_of(NOTHING["steps"][number]["urn"]).startswith("modeldelivery")
)
HARMLESS = {Kind.METADATA, Kind.SETTINGS}
GONE = {Kind.DESTROYS, Kind.GUARDS, Kind.REMOVES}


def classified(preview, environment="prod"):
    return classify(environment, read(text(preview)), PRICES)


def counted(preview):
    preview["changeSummary"] = dict(Counter(step["op"] for step in preview["steps"]))
    return preview


def with_ops(ops):
    """The unchanged stack with some of its steps made deletions or replacements: `{number: op}`."""
    preview = document("nothing")
    for number, op in ops.items():
        step = preview["steps"][number]
        step["op"] = op
        if op == "delete":
            del step["newState"]
    return counted(preview)


ops = st.dictionaries(
    st.sampled_from([number for number in CUSTOM if number != ENDPOINT]),
    st.sampled_from(["delete", "replace"]),
    min_size=1,
    max_size=6,
)


@SOME
@given(ops)
def test_nothing_that_goes_is_shown_as_harmless(chosen):
    kinds = set(classified(with_ops(chosen)).kinds)
    for number, op in chosen.items():
        old = NOTHING["steps"][number]["oldState"]
        if old.get("protect") or kind_of(old["type"]).nature is Nature.HOLDS:
            assert Kind.DESTROYS in kinds
        elif op == "delete":
            assert kinds & GONE
        else:
            assert kinds


@SOME
@given(ops, ops)
def test_danger_only_adds_up(one, other):
    together = set(classified(with_ops({**other, **one})).kinds)
    assert set(classified(with_ops(one)).kinds) <= together


@pytest.mark.parametrize(
    "name", ["fleet-drop-fallback", "iam-wildcard", "replace-key", "first-endpoint", "unprotect"]
)
@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_steps_does_not_matter(name, seed):
    preview = record(name)
    before = classified(preview["document"], preview["environment"])
    random.Random(seed).shuffle(preview["document"]["steps"])  # noqa: S311 - seeded
    after = classified(preview["document"], preview["environment"])
    assert (after.kinds, after.cost, after.fleet) == (before.kinds, before.cost, before.fleet)


weights = st.integers(0, 100).map(lambda weight: {"v1.0.0": weight, "v1.1.0": 100 - weight})


@SOME
@given(weights, weights)
def test_traffic_moves_exactly_when_shares_differ(before, after):
    preview = document("nothing")
    step = preview["steps"][ENDPOINT]
    step["newState"]["inputs"] |= {"servingAtCheck": before, "weights": after}
    change = classified(preview)
    assert (Kind.TRAFFIC in change.kinds) == (before != after)
    assert set(change.fleet.gaining) == {v for v in after if after[v] > before[v]}


@SOME
@given(st.dictionaries(st.sampled_from(["v1.0.0", "v1.1.0"]), st.integers(-5, 205), min_size=1))
def test_weights_that_cannot_be_are_refused_or_read(after):
    preview = document("nothing")
    preview["steps"][ENDPOINT]["newState"]["inputs"]["weights"] = after
    possible = all(0 <= weight <= 100 for weight in after.values())
    try:
        classified(preview)
    except ValueError:
        assert not possible
    else:
        assert possible


@SOME
@given(st.text(min_size=1, max_size=60))
def test_any_reason_of_the_engine_is_one_line_of_a_comment(message):
    def edit(preview):
        preview["diagnostics"] = [{"message": message, "severity": "warning"}]

    comment = markdown.draw(tell([reviewed("nothing", edit=edit)]), 65_536)
    assert len(comment.splitlines()) == 4


def test_two_thousand_resources_are_read_whole():
    preview = document("nothing")
    steps = [step for number, step in enumerate(preview["steps"]) if number != ENDPOINT]
    copies = []
    for copy in range(2000 // len(steps) + 1):
        for step in steps:
            urn = f"{step['urn']}-{copy}"
            copies.append(
                {
                    **step,
                    "urn": urn,
                    "oldState": {**step["oldState"], "urn": urn},
                    "newState": {**step["newState"], "urn": urn},
                }
            )
    preview["steps"] = [preview["steps"][ENDPOINT], *copies[:1999]]
    assert classified(counted(preview)).kinds == ()
