"""What the validation gate found, as records; and its verdict, which is a function of the records alone.

The verdict fails closed. Great Expectations passes 37 of 40 expectations on an empty table, so nothing passes by
saying "success": each table of each part must have rows, as many results as its suite has expectations, no result with
an error, and none that looked at no value.
"""

from typing import Any, Literal

import msgspec

UNREACHED = (
    "not looked at, because tables that it follows from did not pass"  # a batch's problem, a check's finding
)
LONGEST_REASON = 900  # characters; a SageMaker job's message takes 1,024, and says the gate's name before it


class DamagedError(ValueError):
    """A validation that was not written to its end, or contradicts itself."""


class Example(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A value that was not expected; `row` counts from 0, after the header."""

    value: str
    row: int | None = None


class Result(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What became of one expectation.

    Attributes:
        type: Great Expectations' name of it.
        columns: that it is of, none when it is of the table.
        kwargs: as evaluated, the part's values in it.
        notes: the suite's.
        expected: in words.
        passed: whether it was met.
        rows: that it looked at; None where it does not look row by row.
        nulls: of these rows, those without a value; it judged the others.
        failing: rows that do not meet it.
        observed: what was there instead, in words.
        examples: up to three.
        error: why it could not be evaluated; empty when it could.
    """

    type: str
    columns: tuple[str, ...]
    kwargs: dict[str, Any]
    notes: str
    expected: str
    passed: bool
    rows: int | None = None
    nulls: int | None = None
    failing: int | None = None
    observed: str = ""
    examples: tuple[Example, ...] = ()
    error: str = ""


class Batch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One table of one part.

    Attributes:
        table: by name.
        part: of the data, such as a month.
        suite: file that it was held to.
        expectations: that the suite has.
        rows: of the table; 0 where it could not be read.
        results: in the suite's order.
        problem: why there are no results, or not all; empty when there are.
    """

    table: str
    part: str
    suite: str
    expectations: int
    rows: int
    results: tuple[Result, ...] = ()
    problem: str = ""


class Check(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A check that is no expectation of a table. `finding` says what it looked at, or what is wrong."""

    name: str
    passed: bool
    finding: str


class Validation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`validation.json`.

    Attributes:
        schema: of this document.
        model: whose data.
        data: revision of the data, `sha256:<hex>`.
        tables: that there must be, in the order in which they are told.
        parts: that each table must have.
        batches: one a table and part.
        checks: besides.
        passed: the verdict.
        reason: one sentence on what failed; empty when nothing did.
    """

    schema: Literal[1] = 1
    model: str
    data: str
    tables: tuple[str, ...]
    parts: tuple[str, ...]
    batches: tuple[Batch, ...]
    checks: tuple[Check, ...]
    passed: bool
    reason: str


_NEARLY_ALL = 99  # percent


def conclude(
    *,
    model: str,
    data: str,
    tables: tuple[str, ...],
    parts: tuple[str, ...],
    batches: tuple[Batch, ...],
    checks: tuple[Check, ...],
) -> Validation:
    """The verdict: passed only where everything that must be there is there and is right."""
    failures = _failures(tables, parts, batches, checks)
    return Validation(
        model=model,
        data=data,
        tables=tables,
        parts=parts,
        batches=batches,
        checks=checks,
        passed=not failures,
        reason=_reason(failures),
    )


def encode(validation: Validation) -> bytes:
    """The document, the same bytes for the same validation."""
    return msgspec.json.format(msgspec.json.encode(validation), indent=1) + b"\n"


def decode(text: bytes) -> Validation:
    """Read a document and judge it again: what a file says of itself is not believed.

    Raises:
        DamagedError: it is cut off, of another form, or its verdict does not follow from its results.
    """
    try:
        validation = msgspec.json.decode(text, type=Validation)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DamagedError(
            f"the validation's result cannot be read ({error}): run the validation again"
        ) from None
    again = conclude(
        model=validation.model,
        data=validation.data,
        tables=validation.tables,
        parts=validation.parts,
        batches=validation.batches,
        checks=validation.checks,
    )
    if (again.passed, again.reason) != (validation.passed, validation.reason):
        raise DamagedError(
            f"the validation's result says {_verdict(validation)} and its contents say {_verdict(again)}: "
            "run the validation again"
        )
    return validation


def failed(result: Result) -> str:
    """What is wrong with a result, in words; empty when nothing is."""
    if result.error:
        return f"could not be evaluated: {result.error}"
    if not result.passed:
        return _missed(result)
    if result.rows is not None and result.rows == (result.nulls or 0):
        return "looked at no value: " + (
            "there is no row" if not result.rows else f"all {result.rows:,} are null"
        )
    return ""


def place(batch: Batch) -> str:
    """Table and part in words."""
    return f"{batch.table} {batch.part}"


def batch_failures(batch: Batch) -> list[str]:
    """Why a batch does not pass, a sentence each; none when it does."""
    if batch.problem:
        return [f"{place(batch)}: {batch.problem}"]
    if not batch.rows:
        return [f"{place(batch)}: the table has no row"]
    sentences = [
        f"{place(batch)}, {_columns(each)}: {why} ({each.type} in {batch.suite})"
        for each in batch.results
        if (why := failed(each))
    ]
    if not batch.expectations or len(batch.results) != batch.expectations:
        sentences.append(
            f"{place(batch)}: {len(batch.results)} results of {batch.expectations} expectations in {batch.suite}"
        )
    return sentences


def _failures(
    tables: tuple[str, ...], parts: tuple[str, ...], batches: tuple[Batch, ...], checks: tuple[Check, ...]
) -> list[str]:
    by_place: dict[tuple[str, str], list[Batch]] = {}
    for batch in batches:
        by_place.setdefault((batch.table, batch.part), []).append(batch)
    wanted = {(table, part): None for part in parts for table in tables}
    sentences = [] if wanted else ["there is no table or no part to validate"]
    unreached = [f"{place(batch)}: {batch.problem}" for batch in batches if batch.problem == UNREACHED]
    unreached += [f"{check.name}: {check.finding}" for check in checks if check.finding == UNREACHED]
    for table, part in wanted:
        there = by_place.pop((table, part), [])
        if len(there) != 1:
            sentences.append(f"{table} {part}: validated {len(there)} times, not once")
        for batch in there:
            sentences += batch_failures(batch) if batch.problem != UNREACHED else []
    sentences += [f"{table} {part}: nobody wanted it" for table, part in by_place]
    sentences += [
        f"{check.name}: {check.finding}"
        for check in checks
        if not check.passed and check.finding != UNREACHED
    ]
    return sentences or unreached  # what explains them is told; alone, they fail all the same


def _reason(failures: list[str]) -> str:
    if not failures:
        return ""
    more = f"; and {len(failures) - 1:,} more failed" if len(failures) > 1 else ""
    room = LONGEST_REASON - len(more)
    first = failures[0]
    return (first if len(first) <= room else first[: room - 1] + "…") + more


def _percent(share: float) -> str:
    """Two figures at least, and no power of ten: 0.012, 2, 16, 99.99; 100 is all of them."""
    figures = 2 if share < _NEARLY_ALL else 4
    return f"{share:.{figures}g}"


def _missed(result: Result) -> str:
    sentence = f"expected {result.expected}"
    if result.failing is not None and result.rows:
        share = 100 * result.failing / result.rows
        sentence += f"; {result.failing:,} of {result.rows:,} rows ({_percent(share)} %) are not so"
    if result.observed:
        sentence += f"; {result.observed}"
    if result.examples:
        sentence += ", for example " + ", ".join(_example(each) for each in result.examples)
    return sentence


def _example(example: Example) -> str:
    return example.value if example.row is None else f"{example.value} in row {example.row:,}"


def _columns(result: Result) -> str:
    if not result.columns:
        return "the table"
    return f"column{'s' if len(result.columns) > 1 else ''} {', '.join(result.columns)}"


def _verdict(validation: Validation) -> str:
    return "passed" if validation.passed else f"stopped ({validation.reason})"
