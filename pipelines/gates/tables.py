"""Every table of every part of a data set, held to its suite.

Relations are derived only of a part whose tables passed: of others they would say nothing, or could not be made.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from pipelines.dataset import Tables
from pipelines.gates.expectations import Validator
from pipelines.gates.suite import Suite, resolve
from pipelines.gates.validation import UNREACHED, Batch, batch_failures


class UnreadableError(ValueError):
    """A table of a part that is missing or is no table; the sentence says why."""


@dataclass(frozen=True)
class Plan:
    """What is validated.

    Attributes:
        parts: of the data, such as months, in their order.
        tables: that each part must have.
        derived: that `relations` makes.
        suites: of each table and derived table.
        parameters: values of a part that suites name by `$PARAMETER`.
        read: a table of a part; raises UnreadableError.
        relations: derived tables, from a part's tables and those of the part before, None for the first.
    """

    parts: tuple[str, ...]
    tables: tuple[str, ...]
    derived: tuple[str, ...]
    suites: Mapping[str, Suite]
    parameters: Callable[[str], Mapping[str, object]]
    read: Callable[[str, str], pd.DataFrame]
    relations: Callable[[Tables, Tables | None], Tables]


def validate(plan: Plan, validator: Validator) -> Iterator[tuple[tuple[Batch, ...], Tables]]:
    """The batches of each part in order, and those of its tables that could be read.

    Raises:
        SuiteError: a suite names an expectation, key or parameter that there is not.
    """
    before: Tables | None = None
    for part in plan.parts:
        parameters = plan.parameters(part)
        suites = {name: resolve(suite, parameters) for name, suite in plan.suites.items()}
        tables: Tables = {}
        batches = []
        for name in plan.tables:
            try:
                tables[name] = plan.read(name, part)
            except UnreadableError as error:
                batches.append(_without_results(suites[name], part, str(error)))
            else:
                batches.append(validator.validate(tables[name], suites[name], part))
        if any(batch_failures(batch) for batch in batches):
            batches += [_without_results(suites[name], part, UNREACHED) for name in plan.derived]
            yield tuple(batches), tables
            before = None
        else:
            related = plan.relations(tables, before)
            batches += [validator.validate(related[name], suites[name], part) for name in plan.derived]
            yield tuple(batches), tables
            before = tables


def _without_results(suite: Suite, part: str, problem: str) -> Batch:
    return Batch(
        table=suite.name,
        part=part,
        suite=f"{suite.name}.json",
        expectations=len(suite.expectations),
        rows=0,
        problem=problem,
    )
