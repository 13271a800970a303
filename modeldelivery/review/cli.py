"""`preview`, `comment`, `deploy`, `drift` and `report`: the reviewer's and the build's command line."""

import os
import sys
from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import msgspec

from modeldelivery.review import credentials, engine
from modeldelivery.review.commands import FAILED, REFUSED, UNREACHABLE, Asked, parse
from modeldelivery.review.core.change import Change, classify
from modeldelivery.review.core.compare import Place, fingerprints
from modeldelivery.review.core.config import PROJECT, read_config
from modeldelivery.review.core.cost import Prices
from modeldelivery.review.core.document import Document, read
from modeldelivery.review.core.drift import Drift, drifted
from modeldelivery.review.core.errors import ReviewError
from modeldelivery.review.core.review import Review, review
from modeldelivery.review.core.touched import touched
from modeldelivery.review.evidence_source import decided, observe
from modeldelivery.review.folder import Folder, FolderError
from modeldelivery.review.platform.here import platform
from modeldelivery.review.platform.port import PlatformUnreachableError
from modeldelivery.review.report import drift as drift_report
from modeldelivery.review.report import markdown, terminal
from modeldelivery.review.report.preview import headline, tell
from modeldelivery.terminal import program
from modeldelivery.terminal.steps import step

_PROGRAM = "review"
_PRICES = Path(__file__).with_name("prices.toml")
_UNFINISHED = "the engine did not come to an end, and did not say why"
_NOT_JUDGED = "the policy pack did not judge it: `pulumi preview --stack {} --policy-pack {}` says why"


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit status, as `--help` lists them."""
    return program.run(
        _PROGRAM,
        lambda: _carry_out(parse(arguments)),
        "interrupted; what was not written is as it was before",
        own=arguments is None,
    )


def _carry_out(options: Asked) -> int:
    try:
        status = _COMMANDS[options.command](options)
    except engine.EngineFailedError as error:
        _complain(str(error))
        if remedy := credentials.without_state(str(error), options.sign_in):
            _complain(remedy)
            return FAILED
        lacking = _say_what_lacks(options, None)
        return UNREACHABLE if lacking and credentials.blamed(str(error)) else FAILED
    except PlatformUnreachableError as error:
        _complain(str(error))
        return UNREACHABLE
    except ReviewError as error:
        _complain(str(error))
        return FAILED
    return status


def _complain(sentence: str) -> None:
    program.complain(_PROGRAM, sentence)


def _preview(options: Asked) -> int:
    folder, environment = Folder(options.folder), options.env
    folder.make()
    folder.file(environment).unlink(missing_ok=True)
    with step(f"preview of {environment}", sys.stderr) as shown:
        found = engine.preview(
            environment, folder.plan(environment), folder.policies(environment), options.config_file
        )
        document = read(found.document)
        reviewed = _review(folder, environment, document, found)
        shown.outcome(terminal.text(headline(reviewed.change)))
    if reviewed.problem:
        _complain(reviewed.problem)
    folder.write(folder.file(environment), reviewed)
    if options.json:
        program.give(msgspec.json.format(msgspec.json.encode(reviewed)).decode())
    else:
        terminal.draw(tell([reviewed]))
    if reviewed.problem or reviewed.change.errors:
        lacking = _say_what_lacks(options, document.config.get("aws:profile"))
        if lacking and credentials.blamed(*reviewed.change.errors):
            return UNREACHABLE
    return REFUSED if reviewed.refusals else 0


def _say_what_lacks(options: Asked, profile: str | None) -> bool:
    """Whether there are no credentials; if so, what to type is said."""
    why = credentials.lacking(options.env, profile)
    if why:
        remedy = credentials.without_credentials(why, profile or options.env, options.sign_in)
        _complain(remedy)
    return bool(why)


def _review(folder: Folder, environment: str, document: Document, found: engine.Previewed) -> Review:
    config = read_config(environment, document)
    change = classify(environment, document, _prices())
    if not change.errors and not (found.ok and found.judged):
        not_judged = _NOT_JUDGED.format(environment, os.path.relpath(folder.policies(environment)))
        change = msgspec.structs.replace(change, errors=(_UNFINISHED if found.judged else not_judged,))
    observation = observe(environment, document.config)
    commit = engine.commit()
    return review(
        commit=commit,
        change=change,
        fingerprints=fingerprints(
            Place(environment=environment, account=config.account, region=config.region),
            touched(document, PROJECT),
        ),
        standing=observation.standing,
        health=observation.findings,
        problem=observation.problem,
        violations=found.violations,
        before=_before(folder, change, commit),
    )


def _before(folder: Folder, change: Change, commit: str) -> Review | None:
    """The review of the environment that this one promotes from, when it is of the same commit."""
    source = change.promotes_from
    if source is None or not folder.file(source).exists():
        return None
    before = folder.read(folder.file(source), Review, f"make preview ENV={source}")
    if before.commit != commit:
        _complain(
            f"{folder.file(source)} is of commit {_short(before.commit)} and this is {_short(commit)}: "
            f"`make preview ENV={source}` brings it up to date"
        )
        return None
    return before


def _comment(options: Asked) -> int:
    folder = Folder(options.folder)
    reviews = _reviews(folder)
    page = tell(reviews)
    where = platform()
    address = where.comment(markdown.draw(page, where.limit), markdown.MARKER)
    if address:
        _complain(address)
    return 0


def _reviews(folder: Folder) -> list[Review]:
    """All that there are, an environment after the one that it promotes from. Raises FolderError."""
    files = [path for path in sorted(folder.path.glob("*.json")) if not path.name.startswith("drift-")]
    if not files:
        raise FolderError(
            f"{os.path.relpath(folder.path)} holds no preview: {_commands('preview')} writes one"
        )
    reviews = {path.stem: folder.read(path, Review, f"make preview ENV={path.stem}") for path in files}
    order = TopologicalSorter[str]()
    for name, each in reviews.items():
        order.add(name, *(other for other in reviews if other == each.change.promotes_from))
    try:
        return [reviews[name] for name in order.static_order()]
    except CycleError as error:
        circle = " → ".join(error.args[1])
        raise FolderError(
            f"environments promote in a circle: {circle}. Mend model-delivery:promotion of one"
        ) from None


def _commands(verb: str) -> str:
    """What to type, for each environment that the project has."""
    environments = sorted(
        path.stem.removeprefix("Pulumi.") for path in engine.project().glob("Pulumi.*.yaml")
    )
    return " or ".join(f"`make {verb} ENV={each}`" for each in environments or ["…"])


def _deploy(options: Asked) -> int:
    folder, environment = Folder(options.folder), options.env
    command = f"make preview ENV={environment}"
    reviewed = folder.read(folder.file(environment), Review, command)
    if reviewed.refusals:
        _complain(f"{environment} is refused: {terminal.text(reviewed.refusals[0].why)}")
        return REFUSED
    plan, commit = folder.plan(environment), engine.commit()
    if reviewed.commit != commit:
        raise FolderError(
            f"the plan is of commit {_short(reviewed.commit)} and this is {_short(commit)}: `{command}`"
        )
    if not plan.exists():
        raise FolderError(f"{os.path.relpath(plan)} is not there: `{command}` writes it")
    status, stale = engine.update(environment, plan, folder.policies(environment), options.config_file)
    if stale:
        _complain(
            f"the plan is stale: since it was made, someone moved traffic, deployed, or changed config. Nothing was "
            f"changed. See what it would do now: `{command}`"
        )
        return REFUSED
    return status


def _drift(options: Asked) -> int:
    folder, environment = Folder(options.folder), options.env
    with step(f"looking for drift in {environment}", sys.stderr) as shown:
        document = read(engine.drift(environment, options.config_file))
        found = drifted(environment, document, decided(environment, document.config))
        shown.outcome(drift_report.summary(found))
    folder.write(folder.drift(environment), found)
    if options.json:
        program.give(msgspec.json.format(msgspec.json.encode(found)).decode())
    else:
        terminal.draw(drift_report.tell([found]))
    return 0


def _report(options: Asked) -> int:
    folder = Folder(options.folder)
    files = sorted(folder.path.glob("drift-*.json"))
    if not files:
        raise FolderError(f"{os.path.relpath(folder.path)} holds no drift: {_commands('drift')} writes one")
    found = [folder.read(path, Drift, f"make drift ENV={path.stem.removeprefix('drift-')}") for path in files]
    where = platform()
    page = drift_report.tell(found)
    body = markdown.draw(page, where.limit, drift_report.MARKER) if page.refused else None
    if body is None and (problems := [each for each in found if each.problem]):
        for each in problems:
            _complain(f"not everything of {each.environment} could be looked at: {each.problem}")
        _complain(f"an issue {drift_report.TITLE!r} stays as it is, open or closed")
        return 0
    address = where.issue(drift_report.TITLE, body, drift_report.MARKER)
    if address:
        _complain(address)
    return 0


def _short(commit: str) -> str:
    head, plus, changed = commit.partition("+")
    return f"{head[:12]}{plus}{changed[:6]}"


def _prices() -> Prices:
    return msgspec.toml.decode(_PRICES.read_bytes(), type=Prices)


_COMMANDS = {"preview": _preview, "comment": _comment, "deploy": _deploy, "drift": _drift, "report": _report}
