"""Why something failed, in the words that say most: the end of a traceback, and of several errors those that name a cause."""

import re
from collections.abc import Iterable

_TRACEBACK = "Traceback (most recent call last):"
_FRAME = re.compile(r'^\s*File "(?P<file>[^"]+)", line (?P<line>\d+)')
_LONGEST = 380  # characters: a page shows up to 400 of one reason
_LAST = 5  # lines of an output that ends without a traceback
# What the engine says of a failure that something else has told of; alone it is all that there is.
_BARE = re.compile(
    r"(?:preview|update|refresh) failed"
    r"|an unhandled error occurred: .*program exited with non-zero exit code: -?\d+"
    r"|resource monitor shut down while waiting on step's done channel"
    r"|program exited with non-zero exit code: -?\d+"
    r"|(?:running )?program (?:\S+ )?failed with an unhandled exception:?"
    # Of a plan that another failure kept from being carried out.
    r"|expected resource operations for \S+ but none were seen",
    re.IGNORECASE,
)
# What a person is shown of an update has its reasons before its outputs and counts: by resource, each message indented.
_DIAGNOSTICS = re.compile(r"^Diagnostics:\n(?P<told>(?: .*\n?|\n)*)", re.MULTILINE)
_MESSAGE = re.compile(r"^ {4}(?P<kind>error|warning): (?P<text>.*)$")
_RESOURCE = re.compile(r"^ {2}\S.*:$")


def reason(text: str) -> str:
    """A message without the way that led to it: of its last traceback the exception, and where that was raised."""
    before, traceback, after = text.partition(_TRACEBACK)
    if not traceback:
        return text.strip()
    exception, place = _end(after.rpartition(_TRACEBACK)[2])
    return " ".join(part for part in (" ".join(before.split()), exception, place) if part)


def reasons(errors: Iterable[str], output: str) -> tuple[str, ...]:
    """Of several errors those that name a cause, each once.

    Args:
        errors: what the engine took for errors.
        output: what program and plugins wrote beside; it tells why where no error does (`sys.exit("…")`).

    Returns: at least one.
    """
    stripped = dict.fromkeys(error.strip() for error in errors)
    bare = [error for error in stripped if _BARE.fullmatch(error)]
    specific = dict.fromkeys(reason(error) for error in stripped if error and error not in bare)
    if specific:
        return tuple(fitted(each) for each in specific)
    written = ending(output)
    # The engine's bare word on a program's end says more than the one on the preview.
    last = min(bare, key=lambda error: error.endswith("failed"), default="")
    told = f"{fitted(written)} ({last})" if written and last else written or last
    return (told or "it failed, and what failed did not say why",)


def of_update(output: str) -> tuple[str, ...]:
    """Why an update failed, of all that a person was shown of it; of one that shows no error, its last words.

    Returns: at least one.
    """
    blocks = [block["told"] for block in _DIAGNOSTICS.finditer(output)]
    errors = _errors(blocks[-1]) if blocks else []
    return reasons(errors, "") if errors else (fitted(ending(output)),)


def _errors(diagnostics: str) -> list[str]:
    """Of a block of diagnostics, each whole."""
    errors: list[str] = []
    within = False
    for line in diagnostics.splitlines():
        message = _MESSAGE.match(line)
        if message or _RESOURCE.match(line):
            within = message is not None and message["kind"] == "error"
            errors += [message["text"]] if message and within else []
        elif within:
            errors[-1] += f"\n{line}"
    return errors


def ending(output: str) -> str:
    """The last words of an output: its last traceback's end, else its last lines."""
    if _TRACEBACK in output:
        return reason(output[output.rindex(_TRACEBACK) :])
    lines = [line for line in output.splitlines() if line.strip()]
    return "\n".join(lines[-_LAST:])


def fitted(text: str) -> str:
    """A text short enough for a page; what is left out is in its middle, since a message begins with what and ends with why."""
    line = " ".join(text.split())
    half = (_LONGEST - 3) // 2
    return line if len(line) <= _LONGEST else f"{line[:half]} … {line[-half:]}"


def _end(traceback: str) -> tuple[str, str]:
    """The exception at a traceback's end, all its lines, and where it was raised."""
    lines = traceback.splitlines()
    frames = [(n, match) for n, line in enumerate(lines) if (match := _FRAME.match(line))]
    if not frames:
        return " ".join(traceback.split()), ""
    at, frame = frames[-1]
    rest = lines[at + 1 :]
    start = next((n for n, line in enumerate(rest) if line and not line[0].isspace()), len(rest))
    exception = " ".join(" ".join(rest[start:]).split())
    source = next((line.strip() for line in rest[:start] if line.strip()), "")
    place = f"({frame['file']}, line {frame['line']}{f': {source}' if source else ''})"
    return exception, place
