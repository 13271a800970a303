"""How `modelctl` ends, in words."""

from modeldelivery.release.errors import Exit

MEANING = {
    Exit.DONE: "done, or it was already so",
    Exit.REFUSED: "refused: nothing was changed; the message says what to do instead",
    Exit.USAGE: "the command line makes no sense",
    Exit.NOT_MOVED: "recorded, traffic NOT seen to move: run the same command again, it goes on",
    Exit.UNRECORDED: "traffic moved without the journal: `modelctl adopt` when the journal is back",
    Exit.UNREACHABLE: "AWS unreachable or access denied; outcome unknown",
    Exit.DAMAGED: "the journal or a record is deleted or damaged: the message says how to get it back",
    Exit.BROKEN: "an error of modelctl itself: outcome unknown; look at `modelctl status`",
    Exit.INTERRUPTED: "interrupted (SIGINT, SIGTERM, SIGHUP): run the same command again",
}

EPILOG = "exit status:\n" + "\n".join(f"  {status.value:<4} {text}" for status, text in MEANING.items())
