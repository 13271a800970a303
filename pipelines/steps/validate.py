"""Validate: hold every month of a data set to the model's suites, before anything is made of it.

Input `data`: a data set. Output `validation`: `validation.json` for machines and `validation.html` for people, whatever
the verdict.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines import dataset
from pipelines.dataset import BadDataError, Manifest, Tables
from pipelines.gates import tables as gate
from pipelines.gates.consistency import NAME as CONSISTENCY
from pipelines.gates.consistency import consistency
from pipelines.gates.expectations import Validator
from pipelines.gates.suite import SuiteError, read_suite
from pipelines.gates.tables import Plan, UnreadableError
from pipelines.gates.validation import (
    UNREACHED,
    Batch,
    Check,
    DamagedError,
    Validation,
    conclude,
    decode,
    encode,
)
from pipelines.gates.validation_page import draw
from pipelines.months import between, parse_month
from pipelines.recipe import Recipe
from pipelines.steps.contract import GateError, InputError
from pipelines.steps.step import Call

OUTPUT = "validation"
RESULT_FILE = "validation.json"
PAGE_FILE = "validation.html"
_MONTHS = "no other month"


def add_options(parser: argparse.ArgumentParser) -> None:
    """What whoever started the step took the data for."""
    parser.add_argument("--first", metavar="YYYY-MM", help="the month that the data set begins with")


def run(call: Call) -> None:
    """See the module.

    Raises:
        BadDataError: the manifest cannot be read.
        BadRecipeError: a parameter is not allowed.
        GateError: a table of a month is missing, or not as expected.
        InputError: a suite cannot be used.
    """
    window = call.window()
    folder = call.job.input("data")
    _refuse_another_beginning(folder, call.options.first)
    try:
        validation = validate(folder, call.recipe, window)
    except SuiteError as error:
        raise InputError(str(error)) from error
    with call.job.output(OUTPUT) as written:
        (written / RESULT_FILE).write_bytes(encode(validation))
        (written / PAGE_FILE).write_text(draw(validation), encoding="utf-8")
    passed = read_back(call.job.place_of_output(OUTPUT))
    if not passed.passed:
        raise GateError(passed.reason)


def validate(folder: Path, recipe: Recipe, window: Any) -> Validation:
    """The verdict on a data set, from its first month to the last that the window reads.

    Raises:
        BadDataError: the manifest cannot be read.
        SuiteError: a suite cannot be used.
    """
    manifest = dataset.read_manifest(folder)
    parts = _parts(manifest, recipe.checks.last(window))
    plan = plan_of(recipe, parts, lambda name, part: _read(folder, manifest, recipe, name, part))
    batches: list[Batch] = []
    read: dict[str, list[pd.DataFrame]] = {name: [] for name in plan.tables}
    for some, tables in gate.validate(plan, Validator()):
        batches += some
        for name, table in tables.items():
            read[name].append(table)
    months = _other_months(manifest, plan)
    tables_alone = conclude(
        model=recipe.name,
        data=manifest.revision,
        tables=(*plan.tables, *plan.derived),
        parts=parts,
        batches=tuple(batches),
        checks=(months,),
    )
    if tables_alone.passed:
        joined = {name: pd.concat(frames, ignore_index=True) for name, frames in read.items()}
        same = _consistency(recipe, joined, window)
    else:
        same = Check(name=CONSISTENCY, passed=False, finding=UNREACHED)
    return conclude(
        model=recipe.name,
        data=manifest.revision,
        tables=tables_alone.tables,
        parts=parts,
        batches=tables_alone.batches,
        checks=(months, same),
    )


def plan_of(recipe: Recipe, parts: tuple[str, ...], read: Callable[[str, str], pd.DataFrame]) -> Plan:
    """What is validated of a model's data; `read` gives a table of a month.

    Raises:
        SuiteError: a suite is missing or cannot be read.
    """
    checks, names = recipe.checks, tuple(table.name for table in recipe.tables)
    return Plan(
        parts=parts,
        tables=names,
        derived=checks.derived,
        suites={name: read_suite(checks.suites / f"{name}.json") for name in (*names, *checks.derived)},
        parameters=checks.parameters,
        read=read,
        relations=checks.relations,
    )


def read_back(folder: Path) -> Validation:
    """What was written, judged from the file itself.

    Raises:
        GateError: it is not there, cut short, or contradicts itself.
    """
    path = folder / RESULT_FILE
    try:
        return decode(path.read_bytes())
    except OSError as error:
        raise GateError(f"{path}: {error.strerror}: there is no result, so nothing passed") from error
    except DamagedError as error:
        raise GateError(f"{path}: {error}") from error


def _refuse_another_beginning(folder: Path, first: str | None) -> None:
    """Raises InputError unless the data set begins with `first`, where one is given."""
    held = _months(dataset.read_manifest(folder))
    if first is not None and held[:1] != [first]:
        raise InputError(
            f"{folder}: the data set begins with {held[0] if held else 'nothing'}, and --first is {first}: name the data "
            "set of these months"
        )


def _months(manifest: Manifest) -> list[str]:
    return sorted(file.path.rpartition("/")[2].removesuffix(".csv") for file in manifest.files)


def _parts(manifest: Manifest, last: str) -> tuple[str, ...]:
    """The months that there must be: none is left out between the first of any table and the last of the window."""
    held = _months(manifest)
    if not held:
        return ()
    first = min(parse_month(held[0]), parse_month(last))
    return tuple(str(month) for month in between(first, parse_month(last)))


def _other_months(manifest: Manifest, plan: Plan) -> Check:
    """Files that nothing validates must not be there."""
    wanted = {f"{name}/{part}.csv" for name in plan.tables for part in plan.parts}
    others = [file.path for file in manifest.files if file.path not in wanted]
    finding = f"{len(wanted)} files of {len(plan.parts)} months" + (
        f", and besides {', '.join(others[:3])}" if others else ""
    )
    return Check(name=_MONTHS, passed=not others, finding=finding)


def _read(folder: Path, manifest: Manifest, recipe: Recipe, name: str, part: str) -> pd.DataFrame:
    path = f"{name}/{part}.csv"
    file = next((file for file in manifest.files if file.path == path), None)
    if file is None:
        raise UnreadableError(f"the data set has no {path}")
    table = next(table for table in recipe.tables if table.name == name)
    try:
        content = dataset.content(folder, file)
        return dataset.parse({path: content}, (table,), str(folder)).tables[name]
    except BadDataError as error:
        raise UnreadableError(str(error)) from error


def _consistency(recipe: Recipe, tables: Tables, window: Any) -> Check:
    examples = recipe.featurize(tables, window)
    return consistency(examples.evaluation, recipe.checks.features(examples.training), recipe.checks.encode)
