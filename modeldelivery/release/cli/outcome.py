"""What a command says when it ends: sentences for a person, one JSON document for a machine."""

import sys
from typing import Any, Literal

import msgspec

from modeldelivery.release.errors import Exit
from modeldelivery.terminal.tables import Marked, Table

SHORT = 160  # characters of a call's parameter that a person reads; --json has them whole

Word = Literal[
    "done", "already", "dry run", "refused", "not moved", "unrecorded", "unreachable", "interrupted"
]


class Call(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One AWS call of a dry run. A read was made; a write was not.

    Attributes:
        call: as the IAM action names it, `service:Operation`.
        parameters: as sent; a body that is JSON as JSON, another as its name.
        note: what the dry_run had to assume.
    """

    call: str
    writes: bool
    parameters: dict[str, Any]
    note: str | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The end of a command that acts, or of any that failed.

    Attributes:
        outcome: in one word.
        exit: the exit status.
        summary: in one sentence.
        hint: of a failure, what to type or look at next.
        operation: id under which the journal has it.
        warnings: what else to know.
        next: commands to type next.
        calls: of a dry run, the AWS calls.
        detail: what the command adds for machines.
    """

    outcome: Word
    exit: Exit
    summary: str
    hint: str | None = None
    operation: str | None = None
    warnings: tuple[str, ...] = ()
    next: tuple[str, ...] = ()
    calls: tuple[Call, ...] | None = None
    detail: object = None


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A view. `document` is what --json prints, `parts` what people see."""

    document: object
    parts: tuple[str | Marked | Table, ...]
    exit: Exit = Exit.DONE


def tell(outcome: Outcome, *, as_json: bool) -> int:
    """Print it and return its exit status. A failure is said on stderr in any case."""
    failed = outcome.exit is not Exit.DONE
    if as_json:
        print(document(outcome))
    if failed:
        hint = f": {outcome.hint}" if outcome.hint else ""
        print(f"modelctl: {outcome.summary}{hint}", file=sys.stderr)
    elif not as_json:
        print(outcome.summary)
    if not as_json:
        for call in outcome.calls or ():
            print(_spelled(call))
    for warning in outcome.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    if not as_json:
        for command in outcome.next:
            print(f"next: {command}", file=sys.stderr if failed else sys.stdout)
    return int(outcome.exit)


def _spelled(call: Call) -> str:
    shown = {name: msgspec.json.encode(value).decode() for name, value in call.parameters.items()}
    lines = [
        f"  {name} = {text if len(text) <= SHORT else text[:SHORT] + '…'}" for name, text in shown.items()
    ]
    note = f"  ({call.note})" if call.note else ""
    return "\n".join((f"{'would call' if call.writes else 'read'} {call.call}{note}", *lines))


def document(value: object) -> str:
    """A value as indented JSON; times are ISO 8601 in UTC."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
