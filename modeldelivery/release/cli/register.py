"""`modelctl register`: a version's name for an image and a model."""

import hashlib
import shlex
from pathlib import Path

from modeldelivery.release.cli.context import Context
from modeldelivery.release.cli.options import Register as RegisterOptions
from modeldelivery.release.cli.outcome import Outcome
from modeldelivery.release.errors import Exit, RefusedError
from modeldelivery.release.evaluation import NAME as EVALUATION
from modeldelivery.release.evaluation import read_gates
from modeldelivery.release.figures import NAME as METRICS
from modeldelivery.release.figures import read_figures
from modeldelivery.release.operations.register import Registration, register
from modeldelivery.release.reader import ServerReader
from modeldelivery.release.record import Source

MOST_BYTES = 16 * 1024**2  # of one document of evidence
_OPTIONS = {EVALUATION: "--evaluation", METRICS: "--metrics"}  # documents that have one of their own


def run(context: Context, options: RegisterOptions) -> Outcome:
    """Raises RefusedError when a file cannot be read or the version names other bits."""
    digest = _digest(options.artifact)
    evidence = _evidence(options, digest)
    registered = register(
        context.place,
        context.registry,
        Registration(
            version=options.version,
            image=options.image,
            artifact=options.artifact,
            model_digest=digest,
            data_revision=options.data_revision,
            actor=context.actor,
            metrics=read_figures(evidence[METRICS], _named(METRICS, options.metrics))
            if METRICS in evidence
            else None,
            samples=options.samples,
            source=_source(options),
            evidence=evidence,
        ),
        context.progress,
        ServerReader(command=_words(options.reader)) if options.reader else ServerReader(),
    )
    record, place = registered.record, context.place
    by = f" by {record.registered_by}" if registered.already else ""
    return Outcome(
        outcome="already" if registered.already else "done",
        exit=Exit.DONE,
        summary=f"{record.version} is {'already ' if registered.already else ''}registered{by}: {record.package_arn}",
        detail=record,
        next=(
            f"modelctl approve {record.version} --env {place.environment} --model {place.model} --reason …",
        ),
    )


def _words(command: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(command))
    except ValueError as error:
        raise RefusedError(f"--reader {command!r}: {error}", hint="quote it as in a shell") from error
    if not words:
        raise RefusedError("--reader is empty", hint="name a command that reads an archive on stdin")
    return words


def _digest(artifact: Path) -> str:
    try:
        with artifact.open("rb") as body:
            return "sha256:" + hashlib.file_digest(body, "sha256").hexdigest()
    except OSError as error:
        raise RefusedError(f"--artifact {artifact}: {error.strerror}") from error


def _source(options: RegisterOptions) -> Source | None:
    source = Source(commit=options.commit, execution=options.execution)
    return source if source != Source() else None


def _evidence(options: RegisterOptions, model_digest: str) -> dict[str, bytes]:
    """The documents by name, metrics and evaluation among them; that one must have let the model pass. Raises RefusedError."""
    own = {EVALUATION: options.evaluation, METRICS: options.metrics}
    given = {name: path for name, path in own.items() if path}
    names = [*(name for name, _ in options.evidence), *given]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise RefusedError(
            f"evidence {twice} is given twice"
            + (f", {_OPTIONS[twice]} is one of them" if twice in given else ""),
            hint="give each document a name of its own",
        )
    documents = {name: _document(f"--evidence {name}={path}", path) for name, path in options.evidence}
    documents |= {name: _document(_named(name, path), path) for name, path in given.items()}
    if EVALUATION in documents:
        read_gates(documents[EVALUATION], model_digest, _named(EVALUATION, options.evaluation))
    return documents


def _named(name: str, path: Path | None) -> str:
    """How a document was given that has an option of its own."""
    return f"{_OPTIONS[name]} {path}" if path else f"--evidence {name}"


def _document(what: str, path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise RefusedError(f"{what}: {error.strerror}") from error
    if not content or len(content) > MOST_BYTES:
        raise RefusedError(
            f"{what}: {'it is empty' if not content else f'it holds more than {MOST_BYTES // 1024**2} MiB'}",
            hint="name the document that the step wrote",
        )
    return content
