"""One request to a variant, and whether what it answers is what it must."""

import csv
import io
from typing import Any, Literal, TypeAlias

import msgspec

from modeldelivery.release.core.contract import TOLERANCE, Output, departs

_SHOWN = 200  # characters at most of an answer that go into a sentence
OK = range(200, 300)
_CLIENT = range(400, 500)
# Refusals that are about what was sent. Any other 4xx is about who sent it, where to, or how often.
_OF_CONTENT = frozenset({400, 406, 413, 415, 422})
TIMEOUT = 60.0  # seconds that SageMaker waits for a container
_TIMED_OUT = TIMEOUT - 1
_JSON, _CSV = "application/json", "text/csv"

# What is wrong, from the gravest on: no answer, none in time, an answer that is an error, a refusal of anything, an answer of
# another shape, another number, a bad request that was taken.
Kind: TypeAlias = Literal["dead", "late", "broken", "closed", "schema", "golden", "refusal"]

# What JSON is not, or nested more deeply than anybody reads.
_NO_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

SILENT: frozenset[Kind] = frozenset({"dead", "late"})


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent. `accept` is "" where anything is."""

    body: bytes
    content_type: str
    accept: str = ""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back.

    Attributes:
        status: of the container's own answer; 0 where it gave none.
        body: of the answer, or the platform's words about one that was not given.
        seconds: from the request to the answer, as the caller measures it.
        content_type: of the body; "" where nobody told it.
    """

    status: int
    body: bytes = b""
    seconds: float = 0.0
    content_type: str = ""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What a variant does otherwise. `text` goes on after the probe's name."""

    kind: Kind
    probe: str
    text: str


class Predicts(msgspec.Struct, frozen=True, kw_only=True):
    """Predictions in JSON, one for each row, that keep to the schema; the numbers of the rows `at` are `golden`."""

    output: Output
    rows: int
    version: str
    golden: dict[str, Any]
    at: tuple[int, ...] = (0,)


class Cells(msgspec.Struct, frozen=True, kw_only=True):
    """One line of CSV with these values; None is any."""

    values: list[float | str | None]


class Equals(msgspec.Struct, frozen=True, kw_only=True):
    """JSON with this value; numbers within the tolerance."""

    value: Any


class Answers(msgspec.Struct, frozen=True):
    """Anything, with a status that says that it went well."""


class Refuses(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal with this status of the container's; `says`: and with a sentence, as this project's server has it."""

    status: int
    says: bool = False


class Survives(msgspec.Struct, frozen=True):
    """Anything but silence: what a container of another kind makes of it is its own affair."""


Expectation: TypeAlias = Predicts | Cells | Equals | Answers | Refuses | Survives


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """`name` says what is sent, as words of a sentence."""

    name: str
    request: Request
    expects: Expectation


def judge(probe: Probe, answer: Answer) -> Fault | None:
    """What is wrong with an answer; None where nothing is."""

    def fault(kind: Kind, text: str) -> Fault:
        return Fault(kind=kind, probe=probe.name, text=text)

    if answer.status == 0 and answer.seconds >= _TIMED_OUT:
        return fault("late", f"got no answer in {TIMEOUT:g} s: {_shown(answer.body)}")
    if answer.status == 0:
        return fault("dead", f"got no answer: {_shown(answer.body)}")
    if isinstance(probe.expects, Survives):
        return None
    if isinstance(probe.expects, Refuses):
        text = _unrefused(probe.expects, answer)
        return fault("refusal", text) if text else None
    if answer.status in _CLIENT:
        kind: Kind = "schema" if answer.status in _OF_CONTENT else "closed"
        return fault(kind, f"was refused with {answer.status}: {_shown(answer.body)}")
    if answer.status not in OK:
        return fault("broken", f"was answered by {answer.status}: {_shown(answer.body)}")
    if text := _mistyped(probe, answer):
        return fault("schema", text)
    match probe.expects:
        case Predicts():
            kind, text = _mispredicted(probe.expects, answer)
        case Cells(values=values):
            kind, text = _miswritten(values, answer)
        case Equals(value=value):
            kind, text = _unequal(value, answer)
        case _:
            return None
    return fault(kind, text) if text else None


def differs(expected: Any, given: Any, where: str = "it") -> str | None:
    """Where a value in JSON differs from what it must be, as words of a sentence; None where it does not."""
    if isinstance(expected, dict) and isinstance(given, dict):
        if expected.keys() != given.keys():
            return (
                f"{where} has {', '.join(map(str, given)) or 'nothing'}, not {', '.join(map(str, expected))}"
            )
        pairs = [(f"{where}.{name}", expected[name], given[name]) for name in expected]
    elif isinstance(expected, list) and isinstance(given, list):
        if len(expected) != len(given):
            return f"{where} has {len(given)} entries, not {len(expected)}"
        pairs = [(f"{where}[{n}]", *pair) for n, pair in enumerate(zip(expected, given, strict=True))]
    else:
        return None if _same(expected, given) else f"{where} is {given!r}, not {expected!r}"
    return next((text for name, one, other in pairs if (text := differs(one, other, name))), None)


def _same(expected: Any, given: Any) -> bool:
    if _is_number(expected) and _is_number(given):
        return bool(abs(given - expected) <= TOLERANCE * max(1.0, abs(expected)))
    return type(expected) is type(given) and bool(expected == given)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _unrefused(expects: Refuses, answer: Answer) -> str | None:
    if answer.status != expects.status:
        return f"is to be refused with {expects.status}, and was answered by {answer.status}: {_shown(answer.body)}"
    if not expects.says:
        return None
    document = _document(answer)
    if isinstance(document, dict) and isinstance(document.get("error"), str) and document["error"]:
        return None
    return f"was refused with {answer.status} and without a sentence: {_shown(answer.body)}"


def _mistyped(probe: Probe, answer: Answer) -> str | None:
    """An answer whose type is not what was requested, whatever is in it: callers choose by it how to read that."""
    match probe.expects:
        case Predicts():
            wanted = _JSON
        case Cells():
            wanted = _CSV
        case _:
            wanted = _media(probe.request.accept)
    given = _media(answer.content_type)
    if not given or not wanted or "*" in wanted or "," in wanted or given == wanted:
        return None
    return f"was answered as {given}, not as {wanted}: {_shown(answer.body)}"


def _media(content_type: str) -> str:
    """Without its parameters."""
    return content_type.partition(";")[0].strip().lower()


def _mispredicted(expects: Predicts, answer: Answer) -> tuple[Kind, str | None]:
    document = _document(answer)
    if document is None:
        return "schema", f"was answered by what is no JSON: {_shown(answer.body)}"
    predictions = document.get("predictions") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(predictions, list):
        return "schema", f"was answered without predictions: {_shown(answer.body)}"
    if document.get("model_version") != expects.version:
        return (
            "schema",
            f"was answered by the model {document.get('model_version')!r}, not by {expects.version}",
        )
    if len(predictions) != expects.rows:
        return "schema", f"has {expects.rows} rows and got {len(predictions)} predictions"
    for row, given in enumerate(predictions):
        if departs_so := departs(expects.output, given):
            return "schema", f"row {row}: the prediction {_shown(str(given).encode())} {departs_so}"
    for row in expects.at:
        given = {name: predictions[row][name] for name in expects.golden}
        if wrong := differs(expects.golden, given, "it" if not row else f"row {row}"):
            return "golden", f"got another prediction than training computed: {wrong}"
    return "golden", None


def _miswritten(values: list[float | str | None], answer: Answer) -> tuple[Kind, str | None]:
    try:
        lines = list(csv.reader(io.StringIO(answer.body.decode(errors="replace"))))
    except csv.Error as error:  # a cell longer than any number, for example
        return "schema", f"got {_shown(answer.body)}, which is no CSV: {error}"
    if len(lines) != 1 or len(lines[0]) != len(values):
        return "schema", f"got {_shown(answer.body)}, not one line of {len(values)} values"
    fixed = [(value, cell) for value, cell in zip(values, lines[0], strict=True) if value is not None]
    given = [_number(cell) if isinstance(value, float) else cell for value, cell in fixed]
    wrong = differs([value for value, _ in fixed], given, "the line")
    return "golden", f"got another prediction than training computed: {wrong}" if wrong else None


def _number(cell: str) -> float | str:
    try:
        return float(cell)
    except ValueError:
        return cell


def _unequal(value: Any, answer: Answer) -> tuple[Kind, str | None]:
    try:
        wrong = differs(value, msgspec.json.decode(answer.body))
    except _NO_JSON:
        return "schema", f"was answered by what is no JSON: {_shown(answer.body)}"
    return "golden", f"got another answer than its sample has: {wrong}" if wrong else None


def _document(answer: Answer) -> Any:
    try:
        return msgspec.json.decode(answer.body)
    except _NO_JSON:
        return None


def _shown(body: bytes) -> str:
    text = " ".join(body.decode(errors="replace").split())
    return (text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…") or "(empty)"
