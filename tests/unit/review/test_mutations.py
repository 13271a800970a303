"""Previews that were cut, changed or made hostile: each is read right or refused, and none gets a word in.

`make check` tries two hundred, `make soak` five thousand.
"""

import random
import re

import pytest
from markdown_it import MarkdownIt

from modeldelivery.review.core.change import Kind, classify
from modeldelivery.review.core.config import ConfigError
from modeldelivery.review.core.document import DocumentError, read
from modeldelivery.review.core.review import review
from modeldelivery.review.report import markdown
from modeldelivery.review.report.preview import tell
from tests.unit.review.documents import PRICES, document, previews, record, text

COUNT, MANY = 200, 5_000
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "</details><h1>all is well</h1>",
    "`code` **bold** [link](javascript:alert(1))",
    "```\n# title\n```",
    "a\n\n## harmless\n\nno change",
    "| a | b |\n|---|---|",
    "a\\|b\\\\|<b>c</b>",
    "@everyone #1 https://evil.example www.evil.example a@b.example",
    "![x](https://evil.example/x.png)",
    "<!-- model-delivery:review -->",
    "--><b>x</b>",
    "\u202egnp.exe\u200b\u0000\x1b[31mred",
    "$(rm -rf /) `id` {{ 7*7 }} ${{ secrets.TOKEN }}",
    "&lt;b&gt; &#60;b&#62;",
    "~~~\nx\n~~~",
    "x" * 100_000,
    "",
    "é" * 3000,
)
MARKUP = (
    *(HOSTILE[0], HOSTILE[1], HOSTILE[2], HOSTILE[7], HOSTILE[9]),
    "a\n\n# title",
    "a\n\n| harmless |\n|---|\n",
)
# What our own drawing puts into a comment: everything else would be somebody else's.
OURS = {"html_block", "code_inline", "text", "softbreak", "strong_open", "strong_close"}
OUR_HEADINGS = {
    *("what", "type", "name", "properties"),
    *("version", "beside", "image before", "image after", "model before", "model after"),
}
OUR_HTML = re.compile(
    r"\s*(<!-- model-delivery:review -->|<details><summary>[\w ,.:]*</summary>|</details>)\s*"
)


def leaves(value, path=()):
    """Every place in a document, outermost first."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        yield from leaves(each, (*path, key))


def put(document, path, value):
    *outer, last = path
    for key in outer:
        document = document[key]
    document[last] = value


def cut(document, path):
    *outer, last = path
    for key in outer:
        document = document[key]
    del document[last]


def mutated(number):
    """One of them: a recorded preview with up to three places cut, exchanged or made hostile."""
    chance = random.Random(number)  # noqa: S311 - seeded, so that a finding comes again
    preview = record(chance.choice(previews()))
    steps = preview["document"].get("steps") or []
    # Most of a document is steps that change nothing; what is changed is looked at more often.
    chance.shuffle(steps)
    steps.sort(key=lambda step: step["op"] == "same")
    places = [path for path in leaves({**preview["document"], "steps": steps[:6]}) if path]
    for _ in range(chance.randint(1, 3)):
        path = chance.choice(places)
        try:
            match chance.randrange(5):
                case 0:
                    cut(preview["document"], path)
                case 1:
                    put(preview["document"], path, chance.choice(HOSTILE))
                case 2:
                    put(
                        preview["document"],
                        path,
                        chance.choice([None, -1, 10**30, 1e308, [], {}, True, [[[]]], "x"]),
                    )
                case 3:
                    rename(preview["document"], chance.choice(HOSTILE))
                case _:
                    put(preview["document"], path, {chance.choice(HOSTILE): chance.choice(HOSTILE)})
        except (KeyError, IndexError, TypeError, ValueError, AttributeError):
            continue  # an earlier mutation took the place away
    return preview


def rename(document, name):
    """One resource gets a hostile name, everywhere."""
    urn = document["steps"][0]["urn"]
    stack, project, type_, _ = urn.split("::", 3)
    hostile = name.replace("::", ":").replace("$", "") or "x"
    fresh = f"{stack}::{project}::{type_}::{name or 'x'}"
    if len(name) % 2:  # a type from outside, too
        fresh = f"{stack}::{project}::aws:{hostile}::{name or 'x'}"
    for step in document["steps"]:
        for part in (step, step.get("oldState") or {}, step.get("newState") or {}):
            if part.get("urn") == urn:
                part["urn"] = fresh
                if len(name) % 2 and "type" in part:
                    part["type"] = f"aws:{hostile}"


def reviewed(preview):
    """The whole way from a document to a comment; None where it is refused."""
    try:
        change = classify(preview["environment"], read(text(preview["document"])), PRICES)
    except (DocumentError, ConfigError):
        return None
    whole = review(
        commit="",
        change=change,
        fingerprints={},
        standing=None,
        health=(),
        drill=None,
        goes_live=None,
        judged=None,
        problem=None,
        violations=(),
        before=None,
    )
    return markdown.draw(tell([whole]), 65_536)


def foreign(comment):
    """What a comment holds that our drawing does not make: markup or HTML that came from outside."""
    parser = MarkdownIt("gfm-like", {"html": True, "linkify": False})
    fragments, before = [], None
    for token in parser.parse(comment):
        if before == "th_open" and token.content not in OUR_HEADINGS:
            fragments.append(token.content)
        before = token.type
        if token.type == "html_block" and not OUR_HTML.fullmatch(token.content):
            fragments.append(token.content)
        if token.type in {"fence", "code_block", "hr", "html_inline"}:
            fragments.append(token.content)
        if token.type == "heading_open" and token.tag not in {"h2", "h3"}:
            fragments.append(token.tag)
        fragments += [child.content for child in token.children or () if child.type not in OURS]
    return fragments


@pytest.fixture(scope="module", params=[COUNT, pytest.param(MANY, marks=pytest.mark.soak)])
def comments(request):
    return {number: reviewed(mutated(number)) for number in range(request.param)}


def test_each_is_read_right_or_refused_in_a_sentence(comments):
    assert len(comments) >= COUNT


def test_some_are_read_and_some_are_refused(comments):
    read_right = sum(comment is not None for comment in comments.values())
    assert 1 / 5 < read_right / len(comments) < 4 / 5


def test_nothing_is_injected_into_a_comment(comments):
    injected = {number: foreign(comment) for number, comment in comments.items() if comment}
    assert {number: injection for number, injection in injected.items() if injection} == {}


def test_the_marker_stands_in_the_first_line_alone(comments):
    for comment in filter(None, comments.values()):
        first, _, rest = comment.partition("\n")
        assert first == markdown.MARKER
        assert not any(line.startswith(markdown.MARKER) for line in rest.splitlines())


def test_a_comment_never_outgrows_the_platform(comments):
    assert all(len(comment) <= 65_536 for comment in comments.values() if comment)


def test_no_character_that_is_not_seen_reaches_a_comment(comments):
    hidden = re.compile("[\u202a-\u202e\u2066-\u2069\u200b\x00-\x08\x0b-\x1f\x7f]")
    assert not any(hidden.search(comment) for comment in comments.values() if comment)


@pytest.mark.parametrize("name", MARKUP)
def test_the_check_for_injections_sees_what_is_not_in_a_code_span(name):
    """The check itself must be able to fail."""
    assert foreign(f"{markdown.MARKER}\n## x\n\n- {name}\n")


DANGEROUS = {Kind.DESTROYS, Kind.PERMISSIONS, Kind.GUARDS}


@pytest.mark.parametrize("name", previews())
def test_what_is_dangerous_stays_so_whatever_else_is_cut_from_its_steps(name):
    """Fields that only describe a difference can be cut; the states themselves show it."""
    preview = record(name)
    before = classify(preview["environment"], read(text(preview["document"])), PRICES)
    for step in preview["document"].get("steps", ()):
        for key in ("detailedDiff", "diffReasons", "replaceReasons", "provider"):
            step.pop(key, None)
    after = classify(preview["environment"], read(text(preview["document"])), PRICES)
    assert DANGEROUS & set(after.kinds) == DANGEROUS & set(before.kinds)


def test_the_recorded_documents_are_left_as_they_are():
    assert document("nothing") == document("nothing")
