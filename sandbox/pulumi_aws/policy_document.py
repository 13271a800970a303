"""`aws:iam/getPolicyDocument`: a policy's JSON from statements, as terraform-provider-aws writes it; it calls nothing."""

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from modeldelivery.plugin.protocol import ProviderError
from sandbox.pulumi_aws.property import blocks, text, texts

_PRINCIPALS = blocks({"type": text(required=True), "identifiers": texts(required=True)})
POLICY_DOCUMENT = {
    "statements": blocks(
        {
            "sid": text(),
            "effect": text(one_of=("Allow", "Deny")),
            "actions": texts(),
            "notActions": texts(),
            "resources": texts(),
            "notResources": texts(),
            "principals": _PRINCIPALS,
            "notPrincipals": _PRINCIPALS,
            "conditions": blocks(
                {"test": text(required=True), "variable": text(required=True), "values": texts(required=True)}
            ),
        }
    ),
    "policyId": text(),
    "version": text(one_of=("2008-10-17", "2012-10-17")),
    "sourcePolicyDocuments": texts(),
    "overridePolicyDocuments": texts(),
}


def policy_document(args: Mapping[str, Any]) -> dict[str, Any]:
    """The document as `json` and `minifiedJson`, beside the arguments.

    Sources come first, then the statements, then overrides; a statement replaces one of the same sid.
    """
    statements = [_statement(one) for one in args.get("statements", ())]
    merged: list[dict[str, Any]] = []
    for source in args.get("sourcePolicyDocuments", ()):
        _add(merged, _statements_of(source), "sourcePolicyDocuments")
    for group in (statements, *(_statements_of(one) for one in args.get("overridePolicyDocuments", ()))):
        _override(merged, group)
    document: dict[str, Any] = {"Version": args.get("version", "2012-10-17")}
    if args.get("policyId"):
        document["Id"] = args["policyId"]
    if merged:
        document["Statement"] = merged
    pretty = json.dumps(document, indent=2)
    return {
        **args,
        "id": str(zlib.crc32(pretty.encode())),
        "json": pretty,
        "minifiedJson": json.dumps(document, separators=(",", ":")),
    }


def _statement(given: Mapping[str, Any]) -> dict[str, Any]:
    parts = {
        "Sid": given.get("sid"),
        "Effect": given.get("effect") or "Allow",
        "Action": _one_or_many(given.get("actions")),
        "NotAction": _one_or_many(given.get("notActions")),
        "Resource": _one_or_many(given.get("resources")),
        "NotResource": _one_or_many(given.get("notResources")),
        "Principal": _principals(given.get("principals")),
        "NotPrincipal": _principals(given.get("notPrincipals")),
        "Condition": _conditions(given.get("conditions")),
    }
    return {name: value for name, value in parts.items() if value}


def _one_or_many(values: Sequence[str] | None) -> str | list[str] | None:
    """IAM's shorthand; the upstream provider sorts a set of many downwards."""
    if not values:
        return None
    return values[0] if len(values) == 1 else sorted(values, reverse=True)


def _principals(given: Sequence[Mapping[str, Any]] | None) -> str | dict[str, Any] | None:
    by_type: dict[str, list[str]] = {}
    for principal in given or ():
        by_type.setdefault(principal["type"], []).extend(principal["identifiers"])
    if by_type == {"*": ["*"]}:
        return "*"
    return {kind: _one_or_many(names) for kind, names in sorted(by_type.items())}


def _conditions(given: Sequence[Mapping[str, Any]] | None) -> dict[str, Any]:
    tests: dict[str, dict[str, Any]] = {}
    for condition in given or ():
        values = condition["values"]
        # In order: unlike a statement's sets, a condition's values are a list upstream.
        tests.setdefault(condition["test"], {})[condition["variable"]] = (
            values[0] if len(values) == 1 else list(values)
        )
    return tests


def _statements_of(source: str) -> list[dict[str, Any]]:
    try:
        statements = json.loads(source).get("Statement", [])
    except (json.JSONDecodeError, AttributeError) as wrong:
        raise ProviderError(
            f"getPolicyDocument: a policy document to merge is no JSON object: {wrong}"
        ) from wrong
    return [statements] if isinstance(statements, dict) else list(statements)


def _add(merged: list[dict[str, Any]], statements: list[dict[str, Any]], where: str) -> None:
    taken = {one["Sid"] for one in merged if one.get("Sid")}
    for statement in statements:
        if statement.get("Sid") in taken:
            raise ProviderError(
                f"getPolicyDocument: {where} say {statement['Sid']!r} twice; sids must differ"
            )
        merged.append(statement)


def _override(merged: list[dict[str, Any]], statements: list[dict[str, Any]]) -> None:
    for statement in statements:
        sid = statement.get("Sid")
        place = next((index for index, one in enumerate(merged) if sid and one.get("Sid") == sid), None)
        if place is None:
            merged.append(statement)
        else:
            merged[place] = statement
