"""How `modelctl` ends, in words."""

from modeldelivery.release.cli.options import Options
from modeldelivery.release.errors import Exit

MEANING = {
    Exit.DONE: "done, or it was already so",
    Exit.REFUSED: "refused: nothing was changed; the message says what to do instead",
    Exit.USAGE: "the command line makes no sense",
    Exit.NOT_MOVED: "recorded, traffic NOT seen to move: run the same command again, it goes on",
    Exit.UNRECORDED: "traffic moved without the journal: `modelctl adopt` when the journal is back",
    Exit.UNREACHABLE: "AWS unreachable or access denied; outcome unknown",
    Exit.DAMAGED: "the journal or a record is deleted or damaged: the message says how to get it back",
    Exit.UNHEALTHY: "with --check: something needs a person; the output says what to type",
    Exit.GATE: "a gate stopped it: nothing was registered; the same inputs would not pass either",
    Exit.FAILED: "a step failed, or somebody stopped it: run the same command again, it goes on from there",
    Exit.UNVERIFIED: "the version does not hold what was verified: the message says what; traffic and rejections are as they were",
    Exit.BROKEN: "an error of modelctl itself: outcome unknown; look at `modelctl status`",
    Exit.INTERRUPTED: "interrupted (SIGINT, SIGTERM, SIGHUP): run the same command again",
}
_LOOKING = {
    Exit.DONE: "shown, or written",
    Exit.UNREACHABLE: "AWS unreachable or access denied: what is shown is not all",
}
_OWN = {
    "status": {Exit.REFUSED: "the journal requires a newer modelctl: nothing of it can be told"},
    "drill": {
        Exit.REFUSED: "refused, or ended early because somebody else decided: the message says which, and what stands",
        Exit.NOT_MOVED: "not at its end: another version may serve; `modelctl drill --end` takes it back",
        Exit.UNHEALTHY: "at its end: requests were lost, or answered by the version left after a rollback was done",
    },
}
_ALWAYS = (Exit.USAGE, Exit.UNREACHABLE, Exit.DAMAGED, Exit.BROKEN, Exit.INTERRUPTED)
_ACTING = (Exit.DONE, Exit.REFUSED, *_ALWAYS)
# The statuses that each command can have.
STATUSES = {
    "status": (Exit.DONE, Exit.REFUSED, *_ALWAYS, Exit.UNHEALTHY),
    "history": (Exit.DONE, Exit.REFUSED, *_ALWAYS),
    "artifact": (Exit.DONE, Exit.REFUSED, *_ALWAYS),
    "rollback": (*_ACTING, Exit.NOT_MOVED, Exit.UNRECORDED),
    "drill": (*_ACTING, Exit.NOT_MOVED, Exit.UNHEALTHY),
    "accept": _ACTING,
    "approve": _ACTING,
    "reject": _ACTING,
    "adopt": _ACTING,
    "register": _ACTING,
    "lineage": (Exit.DONE, Exit.REFUSED, *_ALWAYS),
    "builds": (Exit.DONE, Exit.REFUSED, *_ALWAYS, Exit.FAILED),
    "train": (*_ACTING, Exit.GATE, Exit.FAILED),
    "verify": (*_ACTING, Exit.UNVERIFIED),
}


def statuses(kind: type[Options]) -> dict[int, str]:
    """The statuses of one command, each with its meaning."""
    meaning = MEANING if kind.acts else MEANING | _LOOKING
    meaning = meaning | _OWN.get(kind.command, {})
    return {int(status): meaning[status] for status in sorted(STATUSES[kind.command])}
