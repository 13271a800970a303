"""The patterns of AWS's models are Java's regular expressions; here they are `regex`'s, and match what Java's match.

AWS holds the whole value to a pattern (`Matcher.matches`), with or without anchors in it.
Source: https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/util/regex/Pattern.html
"""

import re
from functools import cache

import regex

_SECONDS = 1.0  # for one match: some of AWS's patterns backtrack without end

# What Java's classes hold without UNICODE_CHARACTER_CLASS, written as the inside of a set.
_CLASSES = {
    "d": "0-9",
    "D": r"\x00-/:-\U0010FFFF",
    "s": r" \t\n\x0B\f\r",
    "S": r"\x00-\x08\x0E-\x1F!-\U0010FFFF",
    "w": "a-zA-Z0-9_",
    "W": r"\x00-/:-@\[-\^`\{-\U0010FFFF",
}
_POSIX = {
    "Alnum": "a-zA-Z0-9",
    "Alpha": "a-zA-Z",
    "ASCII": r"\x00-\x7F",
    "Blank": r" \t",
    "Cntrl": r"\x00-\x1F\x7F",
    "Digit": "0-9",
    "Graph": "!-~",
    "Lower": "a-z",
    "Print": " -~",
    "Space": r" \t\n\x0B\f\r",
    "Upper": "A-Z",
    "XDigit": "0-9a-fA-F",
}
_LINE_ENDS = r"\n\r\u0085\u2028\u2029"
_UNIT = r"\\u([0-9a-fA-F]{4})"
_TOKEN = re.compile(
    rf"(?P<pair>\\u[dD][89abAB][0-9a-fA-F]{{2}}\\u[dD][c-fC-F][0-9a-fA-F]{{2}})|(?P<unit>{_UNIT})"
    r"|\\p\{(?P<posix>" + "|".join(_POSIX) + r")\}"
    r"|(?P<category>\\[pP]\{(?:L|M|N|P|S|Z|C)[a-z]?\})"
    r"|\\(?P<class>[dDsSwW])"
    r"|(?P<escaped>\\(?:x[0-9a-fA-F]{2}|[tnrf]|[^a-zA-Z0-9]))"
    r"|(?P<anchor>\\[bBAz])"
    r"|(?P<end>\$)(?:\{\d+,?\d*\}|[*+?])?"
    r"|(?P<open>\[\^?)|(?P<close>\])|(?P<and>&&)|(?P<dot>\.)|(?P<plain>[^\\])"
)


class UnsupportedPatternError(ValueError):
    """Java's syntax that no pattern of the services in use has needed so far."""


def matches(pattern: str, value: str) -> bool:
    """Whether Java's `Pattern.matches(pattern, value)`; false too when that is not known within a second."""
    try:
        return compiled(pattern).fullmatch(value, timeout=_SECONDS) is not None
    except TimeoutError:
        return False


@cache
def compiled(pattern: str) -> "regex.Pattern[str]":
    """Raises UnsupportedPatternError."""
    return regex.compile(translated(pattern), regex.VERSION0)


def translated(pattern: str) -> str:
    """The pattern in `regex`'s syntax; raises UnsupportedPatternError."""
    parts: list[str] = []
    position, inside, set_before = 0, False, False
    while position < len(pattern):
        token = _TOKEN.match(pattern, position)
        if token is None or (inside and (token["and"] or token["open"] or token["anchor"])):
            raise UnsupportedPatternError(f"{pattern!r}, from {pattern[position:]!r} on")
        # After a class a hyphen is itself: written out, the class would make it a range.
        hyphen = inside and set_before and token[0] == "-"
        parts.append(r"\-" if hyphen else _written(token, inside=inside))
        set_before = bool(token["class"] or token["posix"] or token["category"])
        inside = token["open"] is not None or (inside and token["close"] is None)
        position = token.end()
    return "".join(parts)


def _written(token: "re.Match[str]", *, inside: bool) -> str:
    if token["pair"]:  # Java's text is UTF-16; Python's is not
        return rf"\U{ord(_units(token['pair'])):08X}"
    if token["posix"] or token["class"]:
        held = _POSIX[token["posix"]] if token["posix"] else _CLASSES[token["class"]]
        return held if inside else f"[{held}]"
    if token["dot"] and not inside:
        return f"[^{_LINE_ENDS}]"
    if token["anchor"]:
        return token[0].replace("z", "Z")
    if token["end"]:  # `$` repeated is `$` to Java and an error to others
        return token[0] if inside else "$"
    return token[0]


def _units(text: str) -> str:
    units = b"".join(int(unit, 16).to_bytes(2, "big") for unit in re.findall(_UNIT, text))
    return units.decode("utf-16-be")
