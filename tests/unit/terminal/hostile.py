"""What a terminal would obey, and whether a text holds any of it."""

import unicodedata

# C0, C1, escape sequences, changes of the direction of writing, what breaks a line, half a pair.
HOSTILE = "late\x1b[2J\x07\r\n\x85\x9b31m\u202eflights\u2066\u2028\x00\x7f\ud800"


def visible(shown, but=" "):
    """Whether every character is one that a person sees, `but` for those."""
    return all(unicodedata.category(c)[0] not in "CZ" or c in but for c in shown)
