"""What a person sees of a table: the same words on a terminal and in a pipe, and nobody else's control characters."""

import io
import re

import pytest

from modeldelivery.terminal.tables import Marked, Table, aligned, show

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
RED = "\x1b[31m"
VERSIONS = Table(
    headings=("version", "role"),
    rows=[("v1.10.0", "serving"), ("v1.9.0", "rejected")],
    colours=["green", "red"],
)
HOSTILE = "late\x1b[2J\x07\r\nflights\u202e"


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    """What a terminal of so many columns is sent: `terminal(parts, columns=80)`."""
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)

    def sent(parts, columns=80):
        monkeypatch.setenv("COLUMNS", str(columns))
        shown = Terminal()
        monkeypatch.setattr("sys.stdout", shown)
        show(parts)
        return shown.getvalue()

    return sent


def words(text):
    return re.findall(r"[\w.]+", ESCAPE.sub("", text))


def test_a_pipe_gets_aligned_text_that_ends_where_its_words_end():
    assert aligned(VERSIONS) == "version  role\nv1.10.0  serving\nv1.9.0   rejected"


def test_a_table_without_rows_is_its_headings():
    assert aligned(Table(headings=("version", "role"), rows=[])) == "version  role"


def test_a_pipe_gets_no_colour(capsys):
    show(["plain", Marked("marked", "red"), VERSIONS])
    assert capsys.readouterr().out == f"plain\nmarked\n{aligned(VERSIONS)}\n"


def test_a_terminal_gets_the_same_words(terminal):
    parts = ["serving v1.10.0", Marked("problem 1", "red"), VERSIONS]
    assert words(terminal(parts)) == words(f"serving v1.10.0 problem 1 {aligned(VERSIONS)}")


def test_a_row_has_its_own_colour_and_no_other(terminal):
    lines = terminal([VERSIONS]).splitlines()
    (rejected,) = [line for line in lines if "v1.9.0" in line]
    (serving,) = [line for line in lines if "v1.10.0" in line]
    assert RED in rejected
    assert RED not in serving


def test_a_marked_line_has_its_colour(terminal):
    assert terminal([Marked("problem", "red")]).startswith(f"{RED}problem")


def test_a_plain_line_has_no_colour_whatever_is_in_it(terminal):
    assert terminal(["v1.10.0 at 100 %: 'errors' True https://a.example"]).count("\x1b") == 0


def test_a_table_without_colours_is_drawn_all_the_same(terminal):
    assert words(terminal([Table(headings=("a",), rows=[("1",), ("2",)])])) == ["a", "1", "2"]


@pytest.mark.parametrize("part", [HOSTILE, Marked(HOSTILE, "red"), Table(headings=("a",), rows=[(HOSTILE,)])])
def test_no_control_character_of_somebody_elses_reaches_a_terminal(terminal, part):
    left = ESCAPE.sub("", terminal([part]))
    assert not set(left) & set("\x1b\x07\r\u202e")
    assert {"late", "flights"} <= set(words(left))


def test_nor_a_pipe(capsys):
    show([HOSTILE, Table(headings=("a",), rows=[(HOSTILE,)])])
    assert not set(capsys.readouterr().out) & set("\x1b\x07\r\u202e")


def test_what_looks_like_markup_is_shown_as_it_is(terminal):
    text = "[red]not ours[/red] :warning:"
    assert text in ESCAPE.sub("", terminal([text]))
    assert text in ESCAPE.sub("", terminal([Table(headings=("a",), rows=[(text,)])]))


def test_a_sentence_longer_than_the_terminal_is_not_cut_into_lines(terminal):
    """So that it can be copied: the terminal wraps it."""
    sentence = "modelctl rollback --env prod --model flights --to v1.0.0 --keep --reason …"
    assert sentence in ESCAPE.sub("", terminal([sentence], columns=20))


def test_a_narrow_terminal_loses_no_word_of_a_table(terminal):
    table = Table(headings=("version", "why"), rows=[("v1.0.0", "errors doubled in the evening")])
    assert {"errors", "doubled", "in", "the", "evening"} <= set(words(terminal([table], columns=24)))
