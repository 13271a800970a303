"""`make model`: what a change makes of the model, from its data to both gates.

Data is pulled, the model that serves is fetched, every changed stage runs. One page tells of it: printed here, and left in the
folder from which `make comment` puts it on the pull request.

    python -m tools.model --base origin/main

Exit status: 0 passed, or nothing of the model changed; 3 stopped at a gate; 1 it could not be judged.
"""

import argparse
import os
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from modeldelivery.release.cli.project import read_yaml
from modeldelivery.release.errors import InvalidError
from modeldelivery.review import engine
from modeldelivery.review.core.errors import ReviewError
from modeldelivery.review.platform.port import StandardOutput
from modeldelivery.review.report import markdown
from modeldelivery.review.report.page import Kept, Page
from modeldelivery.terminal import program
from tools.model import run, stages
from tools.model.page import tell
from tools.model.run import ROOT, RunError
from tools.model.stages import Outcome

_DONE, _FAILED, _STOPPED = 0, 1, 3
_PROGRAM = "model"
_PREFIX = "model."  # of what is left in the folder, beside the previews
_PAGE = "model.page"
_DATA = "model-delivery:data"
_ADDRESS = re.compile(r"https?://[\w.:/~%-]+")


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.model",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--folder", type=Path, default=Path(".review"), metavar="DIR", help="for the page")
    parser.add_argument(
        "--base", metavar="REF", help="what it would be merged into (the platform's, else main)"
    )

    def work() -> int:
        options = parser.parse_args(arguments)
        try:
            return _run(options.folder, options.base)
        except (RunError, ReviewError) as error:
            program.complain(_PROGRAM, str(error))
            return _FAILED

    return program.run(
        _PROGRAM, work, "interrupted; run it again, and it goes on with what is left", own=arguments is None
    )


def _run(folder: Path, base: str | None) -> int:
    for path in folder.glob(f"{_PREFIX}*"):
        path.unlink()
    platforms = run.base(os.environ)
    changes = run.changed(base or platforms or "main")
    if platforms and changes is not None and not changes:
        program.complain(_PROGRAM, "nothing that the model is made of changed")
        return _DONE
    given, environment = run.parameters(), trains(ROOT)
    run.fetch_champion(
        environment, given["model"]
    )  # first: modelctl says best what is wrong with credentials
    run.pull(environment)
    outcome = stages.train(given["model"])
    page = tell(
        given["model"],
        changes=changes,
        validation=outcome.validation,
        report=outcome.report,
        stopped=outcome.stopped,
        pictures=artifacts(os.environ),
        uncommitted=() if outcome.stopped else run.uncommitted(),
    )
    _keep(folder, page, outcome)
    program.say(markdown.draw(page, StandardOutput.limit, markdown.MODEL_MARKER))
    return _STOPPED if outcome.stopped else _DONE


def trains(root: Path) -> str:
    """The environment that holds the data, by its config.

    Raises:
        RunError: none does, or more than one.
    """
    models = [
        path.stem.removeprefix("Pulumi.") for path in sorted(root.glob("Pulumi.*.yaml")) if _has_data(path)
    ]
    if len(models) != 1:
        raise RunError(
            f"{_DATA}.bucket is true in {' and '.join(models) or 'no Pulumi.*.yaml'}; one environment trains"
        )
    return models[0]


def _has_data(file: Path) -> bool:
    """Whether a stack's file says that the data is there. Raises RunError."""
    try:
        config = read_yaml(file).get("config")
    except InvalidError as error:
        raise RunError(str(error)) from error
    data = config.get(_DATA) if isinstance(config, dict) else None
    return isinstance(data, dict) and data.get("bucket") is True


def artifacts(environ: Mapping[str, str]) -> str | None:
    """Where a platform shows what this build keeps; None where it has no such place, or a strange one."""
    if environ.get("GITHUB_ACTIONS") == "true":
        parts = [environ.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID")]
        address = "{}/{}/actions/runs/{}".format(*parts) if all(parts) else ""
    elif job := environ.get("CI_JOB_URL"):
        address = f"{job}/artifacts/browse/.review"
    elif build := environ.get("BUILD_URL"):
        address = f"{build.rstrip('/')}/artifact/.review"
    else:
        address = ""
    return address if _ADDRESS.fullmatch(address) else None


def _keep(folder: Path, page: Page, outcome: Outcome) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = [stages.VALIDATION] if outcome.validation else []
    kept += [stages.EVALUATION] if outcome.report else []
    for source in kept:
        for path in source.iterdir():
            shutil.copyfile(path, folder / f"{_PREFIX}{path.name}")
    (folder / _PAGE).write_bytes(msgspec.json.encode(Kept(commit=engine.commit(), page=page)))


if __name__ == "__main__":
    sys.exit(main())
