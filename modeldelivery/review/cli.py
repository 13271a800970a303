"""`preview`, `comment`, `deploy`, `drift` and `report`: the reviewer's and the build's command line."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import msgspec

from modeldelivery.release.cli.project import serves_on_cluster
from modeldelivery.release.errors import InvalidError
from modeldelivery.review import credentials, engine
from modeldelivery.review.commands import FAILED, REFUSED, UNREACHABLE, Asked, parse
from modeldelivery.review.core.change import Change, classify
from modeldelivery.review.core.compare import Place, fingerprints
from modeldelivery.review.core.config import PROJECT, ConfigError, read_config
from modeldelivery.review.core.cost import Prices
from modeldelivery.review.core.document import Document, DocumentError, read
from modeldelivery.review.core.drift import Drift, drifted
from modeldelivery.review.core.errors import ReviewError
from modeldelivery.review.core.missing import Failure
from modeldelivery.review.core.reasons import fitted
from modeldelivery.review.core.review import Review, review
from modeldelivery.review.core.touched import touched
from modeldelivery.review.deploying import deploy
from modeldelivery.review.evidence_source import decided, observe, waiting
from modeldelivery.review.folder import Folder, FolderError, Look
from modeldelivery.review.gathered import Gathered, Record, gather, short
from modeldelivery.review.platform.here import platform
from modeldelivery.review.platform.port import PlatformUnreachableError
from modeldelivery.review.report import drift as drift_report
from modeldelivery.review.report import markdown, terminal
from modeldelivery.review.report.page import Kept
from modeldelivery.review.report.preview import headline, tell
from modeldelivery.terminal import program
from modeldelivery.terminal.steps import step

_PROGRAM = "review"
_PRICES = Path(__file__).with_name("prices.toml")
_EDGE_JOBS = "EDGE_JOBS"  # CI's variable: `yes` where its jobs look at environments on a cluster (docs/ci.md)
_SWITCH = ("yes", "no", "")
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
    except OSError as error:  # of a file: no room, another user's, a folder that is none
        _complain(f"{error.filename or options.folder}: {error.strerror}. FOLDER=… names another folder")
        return FAILED
    return status


def _complain(sentence: str) -> None:
    program.complain(_PROGRAM, sentence)


def _preview(options: Asked) -> int:
    folder, environment = Folder(options.folder), options.env
    folder.make()
    with _left(folder, Look.PREVIEW, environment), step(f"preview of {environment}", sys.stderr) as shown:
        previewed = engine.preview(
            environment, folder.plan(environment), folder.policies(environment), options.config_file
        )
        try:
            document = read(previewed.document)
            reviewed = _review(folder, environment, document, previewed)
        except (ConfigError, DocumentError) as error:
            if (
                previewed.why
            ):  # a preview that failed says why itself, also of what cannot be read for that very reason
                raise engine.EngineFailedError(previewed.why) from error
            raise
        shown.outcome(terminal.text(headline(reviewed.change)))
    if reviewed.problem:
        _complain(reviewed.problem)
    folder.write(folder.left(Look.PREVIEW, environment), reviewed)
    if options.json:
        program.give(msgspec.json.format(msgspec.json.encode(reviewed)).decode())
    else:
        terminal.draw(tell([reviewed]))
    if reviewed.problem or reviewed.change.errors:
        lacking = _say_what_lacks(options, document.config.get("aws:profile"))
        if lacking and credentials.blamed(*reviewed.change.errors):
            return UNREACHABLE
    return REFUSED if reviewed.refusals else 0


@contextmanager
def _left(folder: Folder, look: Look, environment: str) -> Iterator[None]:
    """A look at an environment: nothing of an earlier one stays, and why it came to nothing is left for whoever tells of it."""
    folder.forget(look, environment)
    commit = engine.commit()
    try:
        yield
    except ReviewError as error:
        why = fitted(str(error))
        folder.write(
            folder.failure(look, environment), Failure(environment=environment, commit=commit, why=why)
        )
        raise


def _say_what_lacks(options: Asked, profile: str | None) -> bool:
    """Whether there are no credentials; if so, what to type is said."""
    why = credentials.lacking(options.env, profile)
    if why:
        remedy = credentials.without_credentials(why, profile or options.env, options.sign_in)
        _complain(remedy)
    return bool(why)


def _review(folder: Folder, environment: str, document: Document, previewed: engine.Previewed) -> Review:
    config = read_config(environment, document)
    change = classify(environment, document, _prices())
    if not change.errors and (previewed.why or not previewed.judged):
        not_judged = _NOT_JUDGED.format(environment, os.path.relpath(folder.policies(environment)))
        change = msgspec.structs.replace(change, errors=(fitted(previewed.why) or not_judged,))
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
        drill=observation.drill,
        goes_live=observation.goes_live,
        judged=observation.judged,
        problem=observation.problem,
        violations=previewed.violations,
        before=_before(folder, change, commit),
    )


def _before(folder: Folder, change: Change, commit: str) -> Review | None:
    """The review of the environment that this one promotes from, when it is of the same commit."""
    source = change.promotes_from
    if source is None or not folder.left(Look.PREVIEW, source).exists():
        return None
    before = folder.read(folder.left(Look.PREVIEW, source), Review, Look.PREVIEW.command(source))
    if before.commit != commit:
        _complain(
            f"{folder.left(Look.PREVIEW, source)} is of commit {short(before.commit)} and this is {short(commit)}: "
            f"`make preview ENV={source}` brings it up to date"
        )
        return None
    return before


def _comment(options: Asked) -> int:
    _comment_on_model(Folder(options.folder))
    gathered = _gathered(Folder(options.folder), Look.PREVIEW, Review)
    page = tell(_in_order(gathered.records), gathered.missing)
    where = platform()
    address = where.comment(markdown.draw(page, where.limit), markdown.MARKER)
    if address:
        _complain(address)
    return 0


def _comment_on_model(folder: Folder) -> None:
    """What `make model` said of this commit, if it was run: a comment of its own, which says less often something new."""
    if not folder.model.exists():
        return
    try:
        kept = folder.read(folder.model, Kept, "make model")
    except FolderError as error:  # what the change does to the environments is another matter
        _complain(str(error))
        return
    if kept.commit != engine.commit():
        _complain(f"{os.path.relpath(folder.model)} is of another commit: `make model` writes it anew")
        return
    where = platform()
    address = where.comment(
        markdown.draw(kept.page, where.limit, markdown.MODEL_MARKER), markdown.MODEL_MARKER
    )
    if address:
        _complain(address)


def _gathered(folder: Folder, look: Look, kind: type[Record]) -> Gathered[Record]:
    """What there is of this commit. Raises FolderError when that is nothing at all."""
    expected = _environments()
    gathered = gather(folder, look, kind, commit=engine.commit(), expected=expected)
    if not gathered.records and not gathered.failed:
        commands = " or ".join(f"`{look.command(each)}`" for each in expected or ["…"])
        whys = "; ".join(terminal.text(each.why) for each in gathered.missing)
        raise FolderError(
            f"{os.path.relpath(folder.path)} holds no {look} of this commit: {commands} writes one. {whys}"
        )
    return gathered


def _environments() -> list[str]:
    """Those that the project has: a page that lacks one says so.

    One on a cluster is expected where CI's jobs look at it, and elsewhere told of when somebody has: not every build reaches it.
    """
    if (given := os.environ.get(_EDGE_JOBS, "")) not in _SWITCH:
        _complain(
            f"{_EDGE_JOBS} is {given!r}, which turns nothing on: `yes` does, for environments on a cluster (docs/ci.md)"
        )
    files = engine.project().glob("Pulumi.*.yaml")
    return sorted(path.stem.removeprefix("Pulumi.") for path in files if _expected(path))


def _expected(file: Path) -> bool:
    if os.environ.get(_EDGE_JOBS) == "yes":
        return True
    try:
        return not serves_on_cluster(file)
    except InvalidError:  # that it cannot be read is what its preview failed of
        return True


def _in_order(reviews: Mapping[str, Review]) -> list[Review]:
    """An environment after the one that it promotes from. Raises FolderError."""
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


def _deploy(options: Asked) -> int:
    return deploy(Folder(options.folder), options.env, options.config_file, options.wait, _complain)


def _drift(options: Asked) -> int:
    folder, environment = Folder(options.folder), options.env
    title = f"looking for drift in {environment}"
    with _left(folder, Look.DRIFT, environment), step(title, sys.stderr) as shown:
        document = read(engine.drift(environment, options.config_file))
        observed = decided(environment, document.config)
        waits = () if isinstance(observed, str) else waiting(environment, document.config)
        drift = drifted(environment, document, observed, commit=engine.commit(), waiting=waits)
        shown.outcome(drift_report.summary(drift))
    folder.write(folder.left(Look.DRIFT, environment), drift)
    if options.json:
        program.give(msgspec.json.format(msgspec.json.encode(drift)).decode())
    else:
        terminal.draw(drift_report.tell([drift]))
    return 0


def _report(options: Asked) -> int:
    gathered = _gathered(Folder(options.folder), Look.DRIFT, Drift)
    drifts = [gathered.records[name] for name in sorted(gathered.records)]
    where = platform()
    page = drift_report.tell(drifts, gathered.missing)
    if not page.refused and (unseen := drift_report.unseen(drifts, gathered.missing)):
        for line in unseen:
            _complain(terminal.text(line))
        _complain(f"an issue {drift_report.TITLE!r} stays as it is, open or closed")
        return 0
    body = markdown.draw(page, where.limit, drift_report.MARKER) if page.refused else None
    address = where.issue(drift_report.TITLE, body, drift_report.MARKER)
    if address:
        _complain(address)
    return 0


def _prices() -> Prices:
    return msgspec.toml.decode(_PRICES.read_bytes(), type=Prices)


_COMMANDS = {"preview": _preview, "comment": _comment, "deploy": _deploy, "drift": _drift, "report": _report}
