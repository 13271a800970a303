"""`modelctl`, the operator's command line. Nothing slow is imported before the command line makes sense."""

import gc
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from modeldelivery.release.errors import DamagedError, Exit
from modeldelivery.terminal import interrupts, program

if TYPE_CHECKING:
    from modeldelivery.release.cli.context import Context
    from modeldelivery.release.cli.options import Options
    from modeldelivery.release.cli.outcome import Outcome, Shown

Opens = Callable[["Options"], "Context"]
PROGRAM = "modelctl"
INTERRUPTED = int(Exit.INTERRUPTED)


def main(arguments: Sequence[str] | None = None, opens: Opens | None = None) -> int:
    """Run one command; returns the exit status (`modelctl --help` lists them).

    Args:
        arguments: without the program's name; None for the process's own, with its signals and standard streams.
        opens: gets the command its world; None for AWS.
    """
    if arguments is not None:
        return _carry_out(arguments, opens, own=False)
    program.begin()
    gc.disable()  # nothing of what is loaded becomes garbage, and to look for some is a fifth of the CPU until the first call
    try:
        return _carry_out(None, opens or _open, own=True)
    except KeyboardInterrupt:  # while modules are loaded, or in the instant after the end
        program.complain(PROGRAM, "interrupted: run the same command again")
        return INTERRUPTED
    finally:
        program.end(PROGRAM)


def _carry_out(arguments: Sequence[str] | None, opens: Opens | None, *, own: bool) -> int:
    options = _part("commands").parse(arguments)
    ended = _Command(options, opens).carry_out()
    if own:
        interrupts.ignore()
    status: int = _part("outcome").show(ended, as_json=options.json)
    return status


def _open(options: "Options") -> "Context":
    """The command's world on AWS. From here on garbage is collected, but not looked for in what was loaded so far."""
    context: Context = _part("context").open_context(options)
    gc.freeze()
    gc.enable()
    return context


class _Command:
    """One run of a command. However it ends, it ends as an outcome."""

    def __init__(self, options: "Options", opens: Opens | None) -> None:
        self._options, self._opens = options, opens
        self._context: Context | None = None

    def carry_out(self) -> "Outcome | Shown":
        try:
            return self._run()
        except KeyboardInterrupt:
            ended: Outcome = self._stopped("interrupted") or _part("endings").interrupted(self._context)
        except Exception as error:  # noqa: BLE001 - the last stop: every status must be true, whatever went wrong
            endings = _part("endings")
            if not endings.expected(error):
                program.complain(PROGRAM, f"an error of its own:\n{traceback.format_exc()}")
            gone = isinstance(error, DamagedError)  # what was recorded is not there any more
            ended = (None if gone else self._stopped(str(error))) or endings.failed(error, self._context)
        return ended

    def _run(self) -> "Outcome | Shown":
        opens = self._opens or _part("context").open_context
        self._context = context = opens(self._options).recording()
        ended: Outcome | Shown = _part(self._options.command).run(context, self._options)
        return ended if context.calls is None else _part("endings").of_dry_run(ended, context)

    def _stopped(self, why: str) -> "Outcome | None":
        """The end of a command that had recorded something by then; None of one that had not, or has no such end."""
        context = self._context
        if context is None or context.calls is not None or not context.recorded:
            return None
        unfinished = getattr(_part(self._options.command), "unfinished", None)
        return unfinished(context, why) if unfinished else None


def _part(name: str) -> Any:
    """A module of this package, imported when it is needed."""
    return import_module(f"{__name__}.{name}")
