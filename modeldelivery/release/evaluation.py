"""The report of an evaluation, as far as a version's record keeps it: which gates passed, and who skipped which and why.

`pipelines.gates.report` writes it; whatever else is in it is not read here.
"""

import msgspec

from modeldelivery.release.errors import RefusedError
from modeldelivery.release.record import GateOutcome

SCHEMA = 1
NAME = "evaluation.json"  # among the evidence of a digest set
_VERDICTS = frozenset({"passed", "skipped", "no-champion"})


class _Skip(msgspec.Struct, frozen=True):
    by: str
    because: str


class _Gate(msgspec.Struct, frozen=True):
    name: str
    verdict: str
    skip: _Skip | None = None


class _Challenger(msgspec.Struct, frozen=True):
    digest: str


class _Report(msgspec.Struct, frozen=True):
    schema: int
    challenger: _Challenger
    passed: bool
    reason: str
    gates: list[_Gate]


def read_gates(content: bytes, model_digest: str, where: str) -> dict[str, GateOutcome]:
    """The gates of a report, by name.

    Args:
        content: of `evaluation.json`.
        model_digest: of the model that is registered, `sha256:<hex>`.
        where: it was read, for sentences.

    Raises:
        RefusedError: it is no report, of another model, of one that did not pass, or a skip without a person or a reason.
    """
    try:
        report = msgspec.json.decode(content, type=_Report)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RefusedError(f"{where}: {error}", hint="name the evaluation.json of the evaluation") from error
    if report.schema != SCHEMA:
        raise RefusedError(
            f"{where}: schema {report.schema}, but this program reads {SCHEMA}", hint="update modelctl"
        )
    if report.challenger.digest != model_digest:
        raise RefusedError(
            f"{where} judged the model {report.challenger.digest}, and the artifact is {model_digest}",
            hint="evaluate the model that is registered",
        )
    names = [gate.name for gate in report.gates]
    wrong = next((gate for gate in report.gates if gate.verdict not in _VERDICTS), None)
    if not report.passed or wrong is not None:
        raise RefusedError(
            f"{where}: the model did not pass: {report.reason or (wrong and f'{wrong.name} {wrong.verdict}') or 'no reason'}",
            hint="register one that did, or let a person skip the gate in the evaluation, with a reason",
        )
    if not names or len(set(names)) != len(names):
        raise RefusedError(f"{where}: it has {len(names)} gates, and each name is to be there once")
    return {gate.name: _outcome(gate, where) for gate in report.gates}


def _outcome(gate: _Gate, where: str) -> GateOutcome:
    skip = gate.skip
    if skip is None and gate.verdict != "skipped":
        return GateOutcome(verdict=gate.verdict)
    if skip is None or not skip.by.strip() or not skip.because.strip():
        raise RefusedError(f"{where}: gate {gate.name} is skipped, and nobody says who and why")
    return GateOutcome(verdict=gate.verdict, by=skip.by, because=skip.because)
