"""What a version is asked: by its schema where the server is this project's own, by its sample requests otherwise."""

import json
from collections.abc import Iterator
from typing import Any

from modeldelivery.release.core.contract import Contract, Feature, cells, numbers
from modeldelivery.release.core.probes import Cells, Predicts, Probe, Refuses, Request, Survives

JSON, CSV = "application/json", "text/csv"
TOO_LARGE = 6 * 1024 * 1024 + 1  # bytes: one more than the model server takes
_FEWEST_ROWS, _MOST_ROWS = 8, 1000  # of one request, beside the one that is known
_NOT_SERVED = "application/x-unknown"
_UNSEEN = "a name that no training had"


def golden(contract: Contract, version: str) -> Probe:
    """The row whose prediction training computed."""
    check = contract.self_check
    return Probe(
        name="the self-check",
        request=_json([check.instance]),
        expects=Predicts(
            output=contract.output,
            rows=1,
            version=version,
            golden=numbers(contract.output, check.output),
        ),
    )


def probes_of(contract: Contract, version: str) -> tuple[Probe, ...]:
    """Everything that a model of this project's server is asked, in order; the first one is the self-check."""
    return (
        golden(contract, version),
        *_goldens(contract, version),
        *_refusals(contract),
    )


def _goldens(contract: Contract, version: str) -> Iterator[Probe]:
    """The same row in the server's other form, and among others at the ends of what the schema allows."""
    check, names = contract.self_check, [feature.name for feature in contract.features]
    line = ",".join(_cell(check.instance.get(name)) for name in names)
    yield Probe(
        name="the self-check as CSV",
        request=Request(
            body=f"{','.join(names)}\n{line}\n".encode(), content_type=f"{CSV}; header=present", accept=CSV
        ),
        expects=Cells(values=cells(contract.output, check.output)),
    )
    for name, others in (
        ("at the ends of the schema's ranges", list(_allowed(contract))),
        ("across the schema's names and ranges", list(_across(contract))),
    ):
        # The row that is known is the last one too: what a row is answered does not follow from where it stands.
        rows = [check.instance, *others, check.instance]
        yield Probe(
            name=f"{len(rows)} rows {name}",
            request=_json(rows),
            expects=Predicts(
                output=contract.output,
                rows=len(rows),
                version=version,
                golden=numbers(contract.output, check.output),
                at=(0, len(rows) - 1),
            ),
        )


def _allowed(contract: Contract) -> Iterator[dict[str, Any]]:
    row = contract.self_check.instance
    for end in ("minimum", "maximum"):
        yield {feature.name: _end(feature, end) for feature in contract.features}
    nulls = {feature.name: None for feature in contract.features if feature.nullable}
    if nulls:
        yield row | nulls
    unseen = {f.name: _UNSEEN for f in contract.features if f.type == "category" and f.unseen == "missing"}
    if unseen:
        yield row | unseen


def _across(contract: Contract) -> Iterator[dict[str, Any]]:
    """Every name that a category has, `_MOST_ROWS` of them at most, and numbers from end to end beside them."""
    names = max((len(feature.categories) for feature in contract.features), default=0)
    count = min(max(names, _FEWEST_ROWS), _MOST_ROWS)
    for turn in range(count):
        yield {feature.name: _between(feature, turn, count) for feature in contract.features}


def _between(feature: Feature, turn: int, count: int) -> Any:
    if feature.type == "category":
        return feature.categories[turn % len(feature.categories)]
    value = feature.minimum + (feature.maximum - feature.minimum) * (turn + 0.5) / count
    return int(value) if feature.type == "integer" else value


def _end(feature: Feature, end: str) -> Any:
    if feature.type == "category":
        return feature.categories[0 if end == "minimum" else -1]
    value = float(getattr(feature, end))
    return int(value) if feature.type == "integer" else value


def _refusals(contract: Contract) -> Iterator[Probe]:
    """Bodies and rows that the server must refuse, each with the status that it declares."""
    row, refused = contract.self_check.instance, Refuses(status=400, says=True)
    for name, bad in _bad_rows(contract):
        yield Probe(name=name, request=_json([row, bad]), expects=refused)
    good = _json([row])
    for name, body in (("a body that is no JSON", b"{"), ("a body without rows", b"[]")):
        yield Probe(name=name, request=Request(body=body, content_type=JSON), expects=refused)
    yield Probe(
        name="a body of an unknown type",
        request=Request(body=good.body, content_type=_NOT_SERVED),
        expects=Refuses(status=415, says=True),
    )
    yield Probe(
        name="a request for an unknown type",
        request=Request(body=good.body, content_type=JSON, accept=_NOT_SERVED),
        expects=Refuses(status=406, says=True),
    )
    yield Probe(
        name=f"a body of {TOO_LARGE} bytes",
        request=Request(body=b" " * TOO_LARGE, content_type=JSON),
        expects=Refuses(status=413),  # where SageMaker itself refuses it, it has no sentence of the server's
    )


def _bad_rows(contract: Contract) -> Iterator[tuple[str, dict[str, Any]]]:
    """One of each kind that the schema has."""
    row, done = contract.self_check.instance, set[str]()
    for feature in contract.features:
        for kind, value in _bad_values(feature):
            if kind not in done:
                done.add(kind)
                yield f"a row with {kind} as {feature.name}", row | {feature.name: value}
        if not feature.nullable and "lacks" not in done:
            done.add("lacks")
            yield (
                f"a row without {feature.name}",
                {name: value for name, value in row.items() if name != feature.name},
            )
    names = {feature.name for feature in contract.features}
    unknown = next(name for n in range(len(names) + 1) if (name := f"unknown_{n}") not in names)
    yield "a row with a field that the schema does not have", row | {unknown: 1}


def _bad_values(feature: Feature) -> Iterator[tuple[str, Any]]:
    if not feature.nullable:
        yield "null", None
    if feature.type == "category":
        yield "a number in place of a name", 1
        if feature.unseen == "refuse":
            yield "an unknown name", _UNSEEN
        return
    step = max(1.0, feature.maximum - feature.minimum)
    whole = int if feature.type == "integer" else float
    yield "a number below the least", whole(feature.minimum - step)
    yield "a number above the most", whole(feature.maximum + step)
    yield "a text in place of a number", "one"
    if feature.type == "integer" and feature.maximum - feature.minimum >= 1:
        yield "a fraction", feature.minimum + 0.5


def garbage(content_type: str) -> tuple[Probe, ...]:
    """What a container of another kind need not understand, and must outlive."""
    return (
        Probe(
            name="a body that is no request",
            request=Request(body=b"\x00\xff{", content_type=content_type),
            expects=Survives(),
        ),
        Probe(
            name="a body of an unknown type",
            request=Request(body=b"\x00\xff{", content_type=_NOT_SERVED),
            expects=Survives(),
        ),
        Probe(
            name=f"a body of {TOO_LARGE} bytes",
            request=Request(body=b" " * TOO_LARGE, content_type=content_type),
            expects=Survives(),
        ),
    )


def _json(rows: list[dict[str, Any]]) -> Request:
    return Request(body=json.dumps(rows).encode(), content_type=JSON, accept=JSON)


def _cell(value: Any) -> str:
    """A value as a cell of CSV (RFC 4180)."""
    text = "" if value is None else str(value)
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\r\n') else text
