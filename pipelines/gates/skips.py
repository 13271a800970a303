"""Gates that a person opens. Each names who and why, and stays in the report and in the version's record."""

from collections.abc import Mapping, Sequence

import msgspec

from pipelines.gates.report import Skip

FEWEST_WORDS = 3  # of a reason


class BadSkipError(ValueError):
    """A skip without a person or a reason, or of no gate."""


class Given(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Skips as one text, as a pipeline's parameter is.

    Attributes:
        gates: that are skipped.
        by: who skips them.
        because: why.
    """

    gates: tuple[str, ...] = ()
    by: str | None = None
    because: str | None = None


def parse(text: str) -> Given:
    """Skips of one text, empty for none.

    Raises:
        BadSkipError: it is not that.
    """
    if not text:
        return Given()
    try:
        return msgspec.json.decode(text, type=Given)
    except msgspec.DecodeError as error:
        raise BadSkipError(
            f'--skips {text!r}: {error}; write {{"gates": ["GATE"], "by": "PERSON", "because": "TEXT"}}'
        ) from error


def skips_of(
    names: Sequence[str], by: str | None, because: str | None, gates: Sequence[str]
) -> Mapping[str, Skip]:
    """What is skipped, by gate.

    Args:
        names: as given by `--skip`, any number.
        by: as given by `--by`.
        because: as given by `--because`.
        gates: that there are.

    Raises:
        BadSkipError: a gate that there is not, or twice; no person; no reason; or those without a gate.
    """
    for name in names:
        if name not in gates:
            raise BadSkipError(f"--skip {name}: there is no such gate; there are {', '.join(gates)}")
    if len(set(names)) != len(names):
        raise BadSkipError(f"--skip {' --skip '.join(names)}: each gate once")
    if not names:
        if by is not None or because is not None:
            raise BadSkipError("--by and --because are of a gate that is skipped: name it with --skip NAME")
        return {}
    by, because = (by or "").strip(), (because or "").strip()
    if not any(letter.isalpha() for letter in by) or not by.isprintable() or by.lower().endswith("[bot]"):
        raise BadSkipError(f"--by {by!r}: name the person who skips, for example --by ada@example.com")
    if len(because.split()) < FEWEST_WORDS or not because.isprintable():
        raise BadSkipError(
            f"--because {because!r}: say in {FEWEST_WORDS} words or more, on one line, why this model may pass"
        )
    return dict.fromkeys(names, Skip(by=by, because=because))
