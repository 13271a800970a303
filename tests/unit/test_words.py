"""Names in plain technical English (docs/glossary.md): what a variable holds, never how it was come by."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
VAGUE = {
    "asked",
    "found",
    "said",
    "known",
    "seen",
}  # participles alone: of a request, a response, an output, …
METAPHORS = {
    "Desk", "desk", "Witness", "hands", "Rehearsal", "Print", "Unheard", "telling", "story", "leash", "Road", "road", "proved",
}  # fmt: skip
# What was once said so in help, messages and docs, and is said plainly now.
PHRASES = (
    "what would after", "does not fit together", "does not let us in", "will feel", "rotated no more", "it sounds at",
    "Scales otherwise", "give a version's name",
)  # fmt: skip


def identifiers(source):
    """Each name that the source gives or uses, with its line."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name, asname=None):
                yield name, node.lineno
            case ast.alias(asname=name) if name:
                yield name, node.lineno
            case ast.arg(arg=name) | ast.keyword(arg=name) if name:
                yield name, node.lineno
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, node.lineno
            case ast.MatchAs(name=name) | ast.MatchStar(name=name) | ast.ExceptHandler(name=name) if name:
                yield name, node.lineno


def files(*patterns):
    listed = subprocess.run(
        ["git", "ls-files", "-z", *patterns], cwd=PROJECT, check=True, capture_output=True, text=True
    ).stdout
    return [path for path in listed.split("\0") if path and (PROJECT / path).exists()]


# What none of them is written in has none of them as a name, and need not be parsed.
WRITTEN = re.compile(rf"\b({'|'.join(sorted(VAGUE | METAPHORS))})\b")


def test_no_name_is_a_participle_alone_or_a_metaphor():
    sources = {path: (PROJECT / path).read_text() for path in files("*.py")}
    vague = [
        f"{path}:{line}: {name}"
        for path, source in sources.items()
        if WRITTEN.search(source)
        for name, line in identifiers(source)
        if name in VAGUE | METAPHORS
    ]

    assert vague == []


def test_help_messages_and_docs_use_none_of_the_phrases_that_took_a_second_reading():
    listed = files(
        "README.md",
        "docs/*.md",
        "modeldelivery/*.py",
        "tools/*.py",
        "sandbox/*.py",
        "infra/*.py",
        "components/*.py",
    )

    assert len(listed) > 100
    assert [
        (path, phrase) for path in listed for phrase in PHRASES if phrase in (PROJECT / path).read_text()
    ] == []


@pytest.mark.parametrize(
    "source",
    [
        "found = 1",
        "x.seen",
        "def f(said): pass",
        "def f(*, asked=1): pass",
        "f(known=1)",
        "import a as found",
        "from a import found",
        "class Road: pass",
        "async def proved(): pass",
        "match x:\n    case [*found]: pass",
        "match x:\n    case A() as said: pass",
        "try: pass\nexcept E as seen: pass",
    ],
)
def test_every_place_of_a_name_is_looked_at(source):
    assert {name for name, _ in identifiers(source)} & (VAGUE | METAPHORS)
