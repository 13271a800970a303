"""Patterns of actions, resources and condition values: `*` stands for any run of characters, `?` for one.

Both questions are answered so that a mistake can only cost a reader's time: `covers` is never True without reason,
`overlaps` never False. A policy variable, `${…}`, is one opaque symbol: its text is not known, and `${*}`, a literal
star, is no wildcard (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html).
"""

import re
from collections.abc import Iterator

RUN, ONE, VARIABLE = "*", "?", "${"
ARN_FIELDS = 6  # arn:partition:service:region:account:resource; the last may hold colons

# To the last brace: a default may hold braces of its own, as in ${aws:PrincipalTag/team, '}'}
_SYMBOL = re.compile(r"\$\{.*\}|\$\{.*|\*+|.", re.DOTALL)
_LITERAL = re.compile(r"[^*?$]*")
_WORD = 1024  # bits that one step of the table costs as much as a shorter one


def covers(wide: str, narrow: str) -> bool:
    """Whether each text that `narrow` matches is matched by `wide`; sound, and complete but for `*?` against `?*`.

    The symbols of `narrow` are read as a text, in which only `wide`'s star may swallow a star.
    Time is len(wide) · len(narrow) / 64: a row of the table of dynamic programming is one integer.
    """
    return wide == narrow or _covers(_symbols(wide), _symbols(narrow))


def overlaps(left: str, right: str) -> bool:
    """Whether some text is matched by both patterns; True where that cannot be told."""
    return _overlap(_loose(left), _loose(right))


def arn_covers(wide: str, narrow: str) -> bool:
    """`covers` for ARNs, as a whole and field by field.

    A star at a field's end may match across the colon and another may not, and an ARN that lacks fields is filled up
    with stars (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html): what is
    covered in both readings is covered in any between them.
    """
    if wide in (narrow, RUN):
        return True
    if not covers(wide, narrow):
        return False
    pairs = zip(_fields(wide), _fields(narrow), strict=True)
    return ":" not in wide or all(_covers(w, n) for w, n in pairs)


def arn_overlaps(left: str, right: str) -> bool:
    """`overlaps` for ARNs: in either reading of those that lack fields."""
    return overlaps(left, right) or overlaps(_filled(left), _filled(right))


def is_wild(pattern: str) -> bool:
    """Whether it has a wildcard (that of a `${*}` counts as well)."""
    return RUN in pattern or ONE in pattern


def literal_start(pattern: str) -> str:
    """What each text that the pattern covers begins with: a cheap test before a dear one."""
    match = _LITERAL.match(pattern)
    assert match is not None, "it matches the empty text"
    return match.group()


def cost(wide: str, narrow: str) -> int:
    """About how many steps `covers` or `overlaps` takes at most."""
    return 1 + (len(wide) + len(narrow)) * (1 + len(wide) // _WORD)


def _covers(wide: list[str], narrow: list[str]) -> bool:
    places, runs, ones = _places(wide)
    at = _past_runs(1, runs)  # bit i: the symbols of `wide` before the i-th match what was read of `narrow`
    for symbol in narrow:
        if symbol == RUN:
            fit = 0
        elif symbol == ONE or (len(symbol) == 1 and symbol.isascii()):
            fit = places.get(symbol, 0) | ones
        else:  # of a variable's length nothing is known, and AWS may count another character's bytes
            fit = places.get(symbol, 0)
        at = _past_runs((at & fit) << 1 | (at & runs), runs)
        if not at:
            return False
    return bool(at >> len(wide) & 1)


def _overlap(left: list[str], right: list[str]) -> bool:
    places, runs, ones = _places(right)
    end = 1 << len(right)
    at = _past_runs(1, runs)
    for symbol in left:
        if symbol == RUN:
            at = (end << 1) - (at & -at)  # from the first place on: a star may match all that follows
            continue
        fit = (end - 1) & ~runs if symbol == ONE else places.get(symbol, 0) | ones
        at = _past_runs((at & fit) << 1 | (at & runs), runs)
        if not at:
            return False
    return bool(at & end)


def _places(symbols: list[str]) -> tuple[dict[str, int], int, int]:
    """For each symbol the bits of its places; those of the stars and of the question marks apart."""
    places: dict[str, int] = {}
    for place, symbol in enumerate(symbols):
        places[symbol] = places.get(symbol, 0) | 1 << place
    return places, places.pop(RUN, 0), places.get(ONE, 0)


def _past_runs(at: int, runs: int) -> int:
    """A star may match nothing; no two stand side by side."""
    return at | (at & runs) << 1


def _symbols(pattern: str) -> list[str]:
    return [RUN if symbol.startswith(RUN) else symbol for symbol in _SYMBOL.findall(pattern)]


def _loose(pattern: str) -> list[str]:
    """With a star for whatever has a length that is not known."""
    symbols: list[str] = []
    for symbol in _symbols(pattern):
        is_plain = len(symbol) == 1 and symbol.isascii()
        if is_plain and symbol != RUN:
            symbols.append(symbol)
        elif not symbols or symbols[-1] != RUN:
            symbols.append(RUN)
    return symbols


def _fields(arn: str) -> Iterator[list[str]]:
    """The symbols of each of the six fields; a variable's colons part nothing."""
    symbols = _symbols(arn)
    for _ in range(ARN_FIELDS - 1):
        if ":" in symbols:
            colon = symbols.index(":")
            yield symbols[:colon]
            symbols = symbols[colon + 1 :]
        else:
            yield symbols
            symbols = [RUN]
    yield symbols


def _filled(arn: str) -> str:
    return arn + ":*" * max(0, ARN_FIELDS - 1 - arn.count(":"))
