"""`python3 -m tools.builds version|check|image|train|deploy|verify`: one stage's work.

It leaves VERSION, REASON (why it failed, in a sentence), NOTE (what to know of a version though nothing failed), IMAGE and
STEP_IMAGE in `.build`, which the buildspecs export. Of the environment it reads MODEL, BRANCH and, of a build that has them,
ENVIRONMENT, REPOSITORY, STEP_REPOSITORY, IMAGE, STEP_IMAGE, DEPLOY_ROLE, PULUMI_BACKEND_URL and LOAD.

Exit status: 0 done, 1 not, 2 for another command.
"""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tools.builds import deploy, outcome, reason
from tools.builds.stage import StageError, required
from tools.builds.tag import TagError, check_model, commit_of, version_at_head

if TYPE_CHECKING:
    from tools.builds.modelctl import Told

_DONE, _FAILED, _USAGE = 0, 1, 2
_COMMANDS = ("version", "check", "image", "train", "deploy", "verify")


def main() -> int:
    """Run one stage's work; the exit status."""
    command = sys.argv[1] if len(sys.argv) == 2 else ""  # noqa: PLR2004 (a command)
    if command not in _COMMANDS:
        print(f"usage: python3 -m tools.builds {'|'.join(_COMMANDS)}", file=sys.stderr)
        return _USAGE
    try:
        match command:
            case "version":
                _version()
                why = ""
            case "deploy":
                print(deploy.run(Path.cwd(), os.environ))
                why = ""
            case _:
                why = _stage(command)
    except (TagError, StageError) as error:
        why = str(error)
    except Exception as error:
        if not isinstance(error, OSError) or not reason.is_full(str(error)):
            outcome.leave("REASON", reason.of_a_bug(error))
            raise
        why = str(error)
    why = reason.sentence(why)
    outcome.leave("REASON", why)
    if why:
        print(f"build: {why}", file=sys.stderr)
        return _FAILED
    return _DONE


def _version() -> None:
    """Before anything is set up."""
    model, branch = required(os.environ, "MODEL"), os.environ.get("BRANCH", "main")
    version = version_at_head(Path.cwd(), model, branch)
    check_model(Path.cwd(), model)
    outcome.leave("VERSION", version)
    print(f"{model}@{version} is commit {commit_of(Path.cwd())}")


def _stage(command: str) -> str:
    """In the project's environment, which set-up made: its packages are there. Why it failed; "" when it did not.

    A stage imports what is its own alone: what else of the commit is broken, the checks tell with file and line.
    """
    from modeldelivery.release.errors import DeliveryError  # noqa: PLC0415 - as above

    commit = commit_of(Path.cwd())
    try:
        match command:
            case "check":
                from tools.builds import check  # noqa: PLC0415 - as above

                return check.run(required(os.environ, "MODEL"))
            case "image":
                from tools.builds import bills, image, subject  # noqa: PLC0415 - as above

                of, built = subject.of(os.environ), image.build(os.environ)
                bills.keep(of, built, image.base_of(os.environ))
                for name, uri in built.items():
                    outcome.leave(name, uri)
            case "train":
                from tools.builds import subject, train  # noqa: PLC0415 - as above

                _told(train.train(subject.of(os.environ), commit, os.environ))
            case "verify":
                from tools.builds import subject, verify  # noqa: PLC0415 - as above

                _told(verify.verify(subject.of(os.environ), os.environ))
    except DeliveryError as error:
        return str(error)
    return ""


def _told(told: "Told") -> None:
    """Say what came of it, and leave what a person is to know though nothing failed."""
    print(told.summary)
    outcome.leave("NOTE", told.note)


if __name__ == "__main__":
    sys.exit(main())
