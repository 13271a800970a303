"""What others wrote, fit to be shown."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldelivery.terminal import text
from tests.unit.terminal.hostile import HOSTILE, visible


@given(st.text(st.characters(exclude_categories=[])))
def test_a_line_is_one_line_of_visible_characters(written):
    assert visible(text.line(written))


@given(st.text(st.characters(exclude_categories=[])))
def test_lines_hold_no_other_than_visible_characters(written):
    shown = text.lines(written)
    assert all(visible(each) for each in shown.split("\n"))
    assert shown.count("\n") == written.count("\n")


@pytest.mark.parametrize("ours", ["moving traffic to v1.0.0 100 %", "v1:100 → v2:100 …", "naïve 日本", ""])
def test_what_is_visible_stays_as_it_is(ours):
    assert text.line(ours) == text.lines(ours) == ours


def test_of_a_sequence_that_colours_nothing_is_left():
    assert text.line("\x1b[31mlate\x1b[0m \x9b1mflights") == "late flights"


@given(
    st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(["utf-8", "ascii", "latin-1", None])
)
def test_a_json_document_says_the_same_and_holds_only_visible_characters(written, encoding):
    document = json.dumps({"why": written}, ensure_ascii=False, indent=2)

    shown = text.json(document, encoding)

    assert json.loads(shown) == {"why": written}
    assert all(visible(each) for each in shown.split("\n"))
    assert encoding == "utf-8" or shown.isascii()


def test_a_hostile_text_keeps_its_words():
    assert text.line(HOSTILE).split() == ["late", "flights"]
