"""`python3 -m tools.setup [data] [definition] [drift] [tfma] [load] [kubernetes]`: see the package.

`data` is what keeps data under version besides, `definition` what writes the training pipeline's definition, `drift` what draws
reports of data that moved, `tfma` the evaluation gate's second engine, `load` what measures how much a variant serves, `kubernetes` what
`sandbox kubernetes` runs and the Kubernetes provider, `cluster` the first, and the second where it was built before;
`cluster-where-possible` goes on where that cannot be had, and says why.
"""

import os
import platform
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

_OLDEST = (3, 11)
# Environments that not every command needs (environments.py).
_BESIDES = ("data", "definition", "drift", "tfma", "load")
_KUBERNETES = (
    "kubernetes",
    "cluster",
    "cluster-where-possible",
)  # with its provider, or without (kubernetes.py)


def main(arguments: Sequence[str] = ()) -> int:
    """Make this clone ready; the exit status is 0 when it is, 1 when a step failed, 130 when interrupted."""
    if sys.version_info < _OLDEST:
        print(
            f"python3 is Python {platform.python_version()}, and 3.11 or later is needed: "
            "install it, then `make setup PYTHON=python3.11`",
            file=sys.stderr,
        )
        return 1
    # After the check: what follows does not even compile on an old Python.
    from modeldelivery.terminal import program  # noqa: PLC0415

    if unknown := [word for word in arguments if word not in _BESIDES + _KUBERNETES]:
        print(
            f"{unknown[0]}: write `python3 -m tools.setup [{'] ['.join(_BESIDES + _KUBERNETES)}]`",
            file=sys.stderr,
        )
        return 2
    return program.run(
        "Set-up",
        partial(_set_up, frozenset(arguments)),
        "interrupted. Run it again: it goes on where it stopped",
    )


def _set_up(words: frozenset[str]) -> int:
    from modeldelivery.terminal import program  # noqa: PLC0415 - as above
    from modeldelivery.terminal.steps import SetupError, step  # noqa: PLC0415 - as above
    from tools.builds import outcome, reason  # noqa: PLC0415 - as above

    from . import environments, kubernetes, pulumi, shell  # noqa: PLC0415 - as above

    besides = [each for word, each in environments.BESIDES.items() if word in words]
    root = Path(__file__).resolve().parents[2]
    # Programs that another user may change are that user's way in; a stricter umask stays.
    os.umask(os.umask(0o022) | 0o022)
    inside = shell.entered(os.environ, root)
    os.environ.clear()
    os.environ.update(inside)
    try:
        for environment in (environments.DEVELOPMENT, environments.SERVING, *besides):
            with step(f"Python environment {environment.folder}", sys.stdout) as under_way:
                environments.ensure(environment, root, under_way)
        with step("Pulumi", sys.stdout) as under_way:
            pulumi.ensure(root, under_way)
        if words.intersection(_KUBERNETES):
            kubernetes.set_up(
                root,
                sys.stdout,
                required=bool(words & {"kubernetes", "cluster"}),
                provider="kubernetes" in words,
            )
    except SetupError as error:
        program.complain("Set-up stopped", str(error))
        # Of the build whose stage begins with it.
        outcome.leave("REASON", reason.of_set_up(str(error)))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
