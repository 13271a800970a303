"""What the documents name is there: pages and their headings, make targets, programs, commands of modelctl."""

import re
import subprocess
from pathlib import Path

import pytest

from modeldelivery.release.cli.commands import modelctl

PROJECT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
# Of text a command only where it is one: in a code span, or at the beginning of a line of a block.
TYPED = r"(?:`|^ {4}|^\$ |&& |· )"
TOOLS = (
    "Git", "DVC", "pytest", "Great Expectations", "TFMA", "Jenkins", "GitHub Actions", "GitLab CI", "Docker", "Kubernetes", "Argo CD",
    "Prometheus", "Evidently", "rollback", "alerts", "staging", "version tag",
)  # fmt: skip


def documents():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "*.md"], cwd=PROJECT, check=True, capture_output=True, text=True
    ).stdout
    return [Path(name) for name in listed.split("\0") if name]


def slug(heading):
    """As GitHub and GitLab make it."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def anchors(document):
    text = BLOCK.sub("", (PROJECT / document).read_text())
    return {slug(heading) for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}


def commands(pattern):
    """What follows a word that is typed, by the document that says so; the changelog may name what is gone."""
    return {
        (str(document), match[1])
        for document in documents()
        if document.name != "CHANGELOG.md"
        for match in re.finditer(TYPED + pattern, (PROJECT / document).read_text(), re.MULTILINE)
    }


def test_each_link_leads_to_a_file_and_a_heading_that_are_there():
    dead = []
    for document in documents():
        for target in LINK.findall(BLOCK.sub("", (PROJECT / document).read_text())):
            name, _, anchor = target.partition("#")
            path = document.parent / name if name else document
            missing = not (PROJECT / path).exists() or (
                anchor and path.suffix == ".md" and anchor not in anchors(path)
            )
            if missing and not target.startswith(("https:", "http:")):
                dead.append(f"{document}: {target}")
    assert dead == []


def test_each_make_target_is_there():
    targets = set(re.findall(r"^([a-z][a-z-]*):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    named = commands(r"make ([a-z][a-z-]+)")
    assert len(named) > 50
    assert {each for each in named if each[1] not in targets} == set()


def test_each_program_is_there():
    named = commands(r"(?:\.venv/bin/)?python -m ([a-z_.]+)")
    assert len(named) > 20
    paths = {each: PROJECT / each[1].rstrip(".").replace(".", "/") for each in named}
    assert {
        each for each, path in paths.items() if not (path.is_dir() or path.with_suffix(".py").exists())
    } == set()


def test_each_command_of_modelctl_is_there():
    named = commands(r"modelctl ([a-z]+)")
    assert len(named) > 50
    assert {each for each in named if each[1] not in modelctl().commands} == set()


def test_each_option_of_modelctl_is_one_of_its_command():
    options = {
        name: {text for param in command.params for text in (*param.opts, *param.secondary_opts)} | {"--help"}
        for name, command in modelctl().commands.items()
    }
    wrong, count = [], 0
    for document in (each for each in documents() if each.name != "CHANGELOG.md"):
        text = (PROJECT / document).read_text().replace("\\\n", " ")
        for typed in re.finditer(TYPED + r"modelctl ([a-z]+)([^`\n#|&]*)", text, re.MULTILINE):
            named = re.findall(r"(?<![\w-])--[a-z-]+", re.sub(r'"[^"]*"', "", typed[2]))
            count += len(named)
            wrong += [f"{document}: {typed[1]} {each}" for each in named if each not in options[typed[1]]]
    assert count > 100
    assert wrong == []


@pytest.mark.parametrize("tool", TOOLS)
def test_the_readme_has_a_place_for_each_tool_of_the_road(tool):
    table = (
        (PROJECT / "README.md").read_text().partition("## The road, stop by stop")[2].partition("\n## ")[0]
    )
    assert tool.casefold() in table.casefold()
