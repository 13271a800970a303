"""A suite: what a table must hold, as a reviewed JSON file in Great Expectations' own form.

    {"name": "flights",
     "expectations": [
       {"type": "expect_column_values_to_be_in_set",
        "kwargs": {"column": "month", "value_set": [{"$PARAMETER": "month"}]},
        "notes": "a file holds the month that its name says"}]}

The order is the author's: what failed is told from the top, so what explains the rest (columns, types) stands first.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

PARAMETER = "$PARAMETER"
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class SuiteError(ValueError):
    """A suite that cannot be used; the message names file, expectation and key."""


class Expectation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One expectation.

    Attributes:
        type: Great Expectations' name of it.
        kwargs: its arguments; `{"$PARAMETER": name}` stands for a value of the part that is looked at.
        notes: why it is expected, for whoever reads the page.
    """

    type: str
    kwargs: dict[str, Any] = {}
    notes: str = ""


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A suite's file; expectations are read one by one, so that a mistake is told with its place."""

    name: str
    expectations: tuple[msgspec.Raw, ...]


class Suite(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All that is expected of one table. `name` is the table's, and the file's."""

    name: str
    expectations: tuple[Expectation, ...]


def read_suite(path: Path) -> Suite:
    """Read a suite file.

    Raises:
        SuiteError: it is missing or no JSON; has an unknown key; expects nothing, or the same twice; or is of another table
            than its name says.
    """
    try:
        document = msgspec.json.decode(path.read_bytes(), type=_Document)
    except OSError as error:
        raise SuiteError(f"{path}: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SuiteError(f"{path}: {error}") from None
    suite = Suite(
        name=document.name,
        expectations=tuple(_read(each, place, path) for place, each in enumerate(document.expectations)),
    )
    if suite.name != path.stem:
        raise SuiteError(f'{path}: name is "{suite.name}"; a suite is named like its file: "{path.stem}"')
    if not suite.expectations:
        raise SuiteError(f"{path}: expectations is empty, which any table would pass; name at least one")
    places: dict[bytes, int] = {}
    for place, expectation in enumerate(suite.expectations):
        same = msgspec.json.encode((expectation.type, expectation.kwargs), order="sorted")
        if same in places:
            raise SuiteError(
                f"{path}: expectations[{place}] {expectation.type} is the same as expectations[{places[same]}]"
            )
        places[same] = place
    return suite


def _read(text: msgspec.Raw, place: int, path: Path) -> Expectation:
    try:
        return msgspec.json.decode(text, type=Expectation)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        keys = ", ".join(Expectation.__struct_fields__)
        raise SuiteError(f"{path}: expectations[{place}]: {error}; its keys are {keys}") from None


def resolve(suite: Suite, parameters: Mapping[str, object]) -> Suite:
    """Put a part's values where the suite names parameters.

    Raises:
        SuiteError: it names one that the part does not have.
    """
    return msgspec.structs.replace(
        suite,
        expectations=tuple(
            msgspec.structs.replace(
                each, kwargs=_resolved(each.kwargs, parameters, f"{suite.name}.json: expectations[{place}]")
            )
            for place, each in enumerate(suite.expectations)
        ),
    )


def _resolved(value: Any, parameters: Mapping[str, object], where: str) -> Any:
    if isinstance(value, list):
        return [_resolved(each, parameters, where) for each in value]
    if not isinstance(value, dict):
        return value
    if PARAMETER not in value:
        return {key: _resolved(each, parameters, where) for key, each in value.items()}
    name = value[PARAMETER]
    if len(value) > 1 or not isinstance(name, str) or not _NAME.fullmatch(name):
        raise SuiteError(
            f'{where}: {value} is no parameter; write {{"{PARAMETER}": "name"}} and no other key'
        )
    if name not in parameters:
        allowed = ", ".join(sorted(parameters)) or "none"
        raise SuiteError(f"{where}: {PARAMETER} {name!r} is unknown; a part of this table has {allowed}")
    return parameters[name]
