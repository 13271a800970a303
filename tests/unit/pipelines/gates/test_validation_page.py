import re

import msgspec

from pipelines.gates.validation import UNREACHED, Check, Example
from pipelines.gates.validation_page import draw
from tests.unit.pipelines.gates.test_validation import BAD, CHECK, GOOD, batch, verdict

NASTY = "<script>alert(1)</script>"


def test_the_page_asks_nobody_for_anything():
    page = draw(verdict(batch(), batch(part="2013-02", results=(BAD,)), parts=("2013-01", "2013-02")))
    assert not re.findall(r"(?i)https?:|//[a-z]|src=|<link|@import|url\(|<script", page)


def test_what_data_brought_is_text_and_no_markup():
    result = msgspec.structs.replace(
        BAD, columns=(NASTY,), observed=NASTY, examples=(Example(NASTY, 1),), notes=NASTY, expected=NASTY
    )
    page = draw(verdict(batch(results=(result,)), checks=(Check(name=NASTY, passed=False, finding=NASTY),)))
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 8


def test_the_verdict_stands_first_and_what_failed_is_open():
    validation = verdict(
        batch(results=(GOOD, BAD)),
        batch(table="late", rows=0, results=(), expectations=3, problem=UNREACHED),
        tables=("flights", "late"),
    )
    page = draw(validation)
    assert page.index("stopped at the gate") < page.index("2 of 100 rows") < page.index("Tables by part")
    assert '<details id="2013-01-flights" open>' in page
    assert '<details id="2013-01-late">' in page
    assert "&#39;PHL&#39;</code> in row 7" in page


def test_what_passed_is_folded():
    page = draw(verdict(batch()))
    assert "All 1 expectations and 1 checks hold." in page
    assert "<details" in page
    assert " open>" not in page
    assert CHECK.finding in page


def test_the_page_is_the_same_for_the_same_validation():
    assert draw(verdict(batch())) == draw(verdict(batch()))
