"""What a command says when it ends: sentences for a person, one JSON document for a machine."""

import json
import sys
from typing import Any, Literal

import msgspec

from modeldelivery.release.errors import Exit
from modeldelivery.terminal import program, tables, text
from modeldelivery.terminal.tables import Marked, Table

SHORT = 160  # characters of a call's parameter that a person reads; --json has them whole

Word = Literal[
    "done",
    "already",
    "dry run",
    "refused",
    "not moved",
    "unrecorded",
    "unreachable",
    "damaged",
    "gate",
    "failed",
    "unverified",
    "broken",
    "interrupted",
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


def show(ended: Outcome | Shown, *, as_json: bool) -> int:
    """Print how a command ended and return its exit status."""
    if as_json:
        program.give(document(ended if isinstance(ended, Outcome) else ended.document))
    if isinstance(ended, Outcome):
        _tell(ended, as_json=as_json)
    elif not as_json:
        tables.show(ended.parts)
    return int(ended.exit)


def _tell(outcome: Outcome, *, as_json: bool) -> None:
    """A failure is said on stderr in any case."""
    failed = outcome.exit is not Exit.DONE
    if failed:
        hint = f": {outcome.hint}" if outcome.hint else ""
        print(text.line(f"modelctl: {outcome.summary}{hint}"), file=sys.stderr)
    elif not as_json:
        print(text.line(outcome.summary))
    if not as_json:
        for call in outcome.calls or ():
            print(_spelled(call))
    for warning in outcome.warnings:
        print(text.line(f"warning: {warning}"), file=sys.stderr)
    if not as_json:
        for command in outcome.next:
            print(text.line(f"next: {command}"), file=sys.stderr if failed else sys.stdout)


def _spelled(call: Call) -> str:
    shown = {name: text.line(msgspec.json.encode(value).decode()) for name, value in call.parameters.items()}
    lines = [
        f"  {name} = {value if len(value) <= SHORT else value[:SHORT] + '…'}" for name, value in shown.items()
    ]
    note = f"  ({call.note})" if call.note else ""
    return "\n".join((f"{'would call' if call.writes else 'read'} {call.call}{note}", *lines))


def document(value: object) -> str:
    """A value as indented JSON; times are ISO 8601 in UTC."""
    return json.dumps(msgspec.to_builtins(value, str_keys=True), indent=2, ensure_ascii=False)
