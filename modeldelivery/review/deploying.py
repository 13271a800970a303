"""An update by the plan that was previewed, and by no other; another deployer's is waited for, and who that is, is told."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from modeldelivery.review import engine
from modeldelivery.review.commands import DONE, LOCKED, REFUSED
from modeldelivery.review.core.deployed import Deployed, Outcome
from modeldelivery.review.core.errors import ReviewError
from modeldelivery.review.core.reasons import fitted
from modeldelivery.review.core.review import Review
from modeldelivery.review.folder import Folder, FolderError, Look
from modeldelivery.review.gathered import short
from modeldelivery.review.report import terminal

PAUSE = 5.0  # seconds between two tries at an environment that is held: each starts an engine
_STALE = (
    "the plan is stale: since it was made, someone moved traffic, deployed, or changed config. Nothing was changed. Preview again: "
    "`{}`"
)
_OVERTAKEN = (
    "the plan became stale while it was carried out: someone moved traffic, deployed, or changed config meanwhile. What is listed above as "
    "done was changed, the rest was not. Preview again what is left: `{}`"
)
_HELD = (
    "{environment} is held by another deployer: {holder}{waited}. Nothing was changed. Let it end, or, if it was killed, `pulumi "
    "cancel --stack {environment}`; then the same again"
)


def deploy(
    folder: Folder, environment: str, config: Path | None, wait: int, complain: Callable[[str], None]
) -> int:
    """Carry the plan out; what became of it is left in the folder.

    Args:
        folder: that the preview left the plan in.
        environment: whose.
        config: another file than Pulumi.<environment>.yaml.
        wait: minutes for another deployer to end.
        complain: says a sentence on standard error.

    Returns: the exit status.

    Raises:
        FolderError: there is no plan, or it is of another commit.
        EngineFailedError: there is no engine.
    """
    folder.deployed(environment).unlink(missing_ok=True)
    commit = engine.commit()

    def left(outcome: Outcome, why: str = "") -> None:
        folder.write(
            folder.deployed(environment),
            Deployed(environment=environment, commit=commit, outcome=outcome, why=fitted(why)),
        )

    def ended(outcome: Outcome, status: int, why: str) -> int:
        left(outcome, why)
        complain(why)
        return status

    try:
        if refusal := _refusal(folder, environment, commit):
            return ended(Outcome.REFUSED, REFUSED, refusal)
        updated = _updated(folder, environment, config, wait, complain)
    except ReviewError as error:
        left(Outcome.FAILED, str(error))
        raise
    if updated.holder:
        waited = f", and did not end within {wait} minutes" if wait else ""
        why = _HELD.format(environment=environment, holder=updated.holder, waited=waited)
        return ended(Outcome.LOCKED, LOCKED, why)
    if updated.stale:
        sentence, status = (_OVERTAKEN, updated.status) if updated.begun else (_STALE, REFUSED)
        return ended(Outcome.STALE, status, sentence.format(Look.PREVIEW.command(environment)))
    if updated.status:
        left(Outcome.FAILED, updated.why)
        return updated.status
    left(Outcome.DONE)
    return DONE


def _refusal(folder: Folder, environment: str, commit: str) -> str:
    """Why the change that was previewed may not be made; "" where it may. Raises FolderError where it cannot be told."""
    command = Look.PREVIEW.command(environment)
    file, plan = folder.left(Look.PREVIEW, environment), folder.plan(environment)
    _require_kept(file, command)
    reviewed = folder.read(file, Review, command)
    if reviewed.refusals:
        return f"{environment} is refused: {terminal.text(reviewed.refusals[0].why)}"
    _require_kept(plan, command)
    if reviewed.commit != commit:
        raise FolderError(
            f"the plan is of commit {short(reviewed.commit)} and this is {short(commit)}. Nothing was changed. Preview again: "
            f"`{command}`"
        )
    return ""


def _updated(
    folder: Folder, environment: str, config: Path | None, wait: int, complain: Callable[[str], None]
) -> engine.Updated:
    """The update, tried again for as long as another deployer holds the environment and the time allowed is not over."""
    end, told = time.monotonic() + wait * 60, ""
    while True:
        updated = engine.update(environment, folder.plan(environment), folder.policies(environment), config)
        if not updated.holder or time.monotonic() + PAUSE > end:
            return updated
        if updated.holder != told:
            complain(
                f"{environment} is held by another deployer: {updated.holder}; waiting, {wait} minutes at most"
            )
            told = updated.holder
        time.sleep(PAUSE)


def _require_kept(file: Path, command: str) -> None:
    """An approval may come later than what was approved is kept. Raises FolderError."""
    if not file.exists():
        raise FolderError(
            f"{os.path.relpath(file)} is not there: what was previewed is kept for some days (docs/ci.md). Nothing was "
            f"changed. Preview again: `{command}`; in CI, run everything again from the preview"
        )
