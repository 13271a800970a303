"""`modelctl register`: a version's name for an image and a model."""

import hashlib
import shlex
from pathlib import Path

import msgspec

from modeldelivery.release.cli.context import Context
from modeldelivery.release.cli.options import Register as RegisterOptions
from modeldelivery.release.cli.outcome import Outcome
from modeldelivery.release.errors import Exit, RefusedError
from modeldelivery.release.evaluation import read_gates
from modeldelivery.release.operations.register import Registration, register
from modeldelivery.release.reader import ServerReader
from modeldelivery.release.record import Evidence, GateOutcome


def run(context: Context, options: RegisterOptions) -> Outcome:
    """Raises RefusedError when a file cannot be read or the version names other bits."""
    digest = _digest(options.artifact)
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
            metrics=_evidence(options.evidence) if options.evidence else None,
            samples=options.samples,
            gates=_gates(options.evaluation, digest) if options.evaluation else None,
        ),
        context.progress,
        ServerReader(command=_words(options.reader)) if options.reader else ServerReader(),
    )
    record = registered.record
    by = f" by {record.registered_by}" if registered.already else ""
    return Outcome(
        outcome="already" if registered.already else "done",
        exit=Exit.DONE,
        summary=f"{record.version} is {'already ' if registered.already else ''}registered{by}: {record.package_arn}",
        detail=record,
        next=(f"add {record.version} to release.fleet of {context.place.environment}, then pulumi up",),
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


def _gates(path: Path, digest: str) -> dict[str, GateOutcome]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RefusedError(f"--evaluation {path}: {error.strerror}") from error
    return read_gates(content, digest, f"--evaluation {path}")


def _evidence(path: Path) -> Evidence:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Evidence)
    except OSError as error:
        raise RefusedError(f"--evidence {path}: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise RefusedError(
            f'--evidence {path}: {error}: write one flat JSON object of numbers and texts, for example {{"auc": 0.71}}'
        ) from error
