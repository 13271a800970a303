"""What others wrote, made fit to be shown: no control character of theirs reaches a terminal, a comment or a log.

Reasons, actors, tags, messages of AWS and fields of stored documents are other people's. A control character (C0, C1), an escape
sequence or a change of the direction of writing in them could rewrite what stands on the screen or forge a line.
"""

import re

_SEQUENCE = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]")  # ECMA-48, 5.4: colours and moves of the cursor
_IN_JSON = re.compile(r"[^\x20-\x7e\n]")
_UNICODE = ("utf-", "utf_", "utf8")


def line(text: str) -> str:
    """One line of visible characters; each of the others becomes a space."""
    plain = _SEQUENCE.sub("", text)
    return plain if plain.isprintable() else "".join(c if c.isprintable() else " " for c in plain)


def lines(text: str) -> str:
    """The same for a text of several lines, which stay."""
    return "\n".join(line(each).rstrip() for each in text.split("\n"))


def json(document: str, encoding: str | None) -> str:
    r"""A JSON document with the same content, every character that is not visible written as `\uXXXX`.

    Args:
        document: JSON; its line breaks stand between values.
        encoding: of the stream that it is for; where that is not one of Unicode's, all but ASCII is written so.
    """
    every = not (encoding or "").lower().startswith(_UNICODE)
    return _IN_JSON.sub(lambda match: _escaped(match[0], every=every), document)


def _escaped(character: str, *, every: bool) -> str:
    if character.isprintable() and not every:
        return character
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[n : n + 4]}" for n in range(0, len(units), 4))
