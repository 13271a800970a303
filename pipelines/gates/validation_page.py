"""A validation as one page for people: nothing in it is fetched from anywhere, and it is read on a phone as well."""

from pipelines.gates import page
from pipelines.gates.validation import UNREACHED, Result, Validation, batch_failures, failed
from pipelines.gates.words import number


def draw(validation: Validation) -> str:
    """The page, the same text for the same validation. What data brought is escaped wherever it stands."""
    batches = {(each.part, each.table): each for each in validation.batches}
    return page.render(
        "validation.html",
        {"number": number},
        validation=validation,
        batches=batches,
        failures=batch_failures,
        failed=failed,
        unreached=UNREACHED,
        what=_what,
        evaluated=sum(len(each.results) for each in validation.batches),
        missed=sum(bool(failed(result)) for each in validation.batches for result in each.results),
    )


def _what(result: Result) -> str:
    """What was there, in words, for a cell of the table."""
    if result.error:
        return result.error
    parts = []
    if result.failing is not None and result.rows:
        parts.append(f"{result.failing:,} of {result.rows:,} rows are not so")
    if result.observed:
        parts.append(result.observed)
    return "; ".join(parts)
