"""An endpoint as it is, in the words of a program that would have made it: for refresh and import."""

from typing import Any

import msgspec

from modeldelivery.plugin.protocol import Found
from modeldelivery.plugin.values import Properties
from modeldelivery.provider.inputs import BadInputError
from modeldelivery.release.aws.configs import capture_in, members_in
from modeldelivery.release.aws.environment import AwsEndpoint
from modeldelivery.release.aws.errors import ask
from modeldelivery.release.aws.session import Opens, profile_for
from modeldelivery.release.aws.traffic import MARK_TAG, OWNER_TAG
from modeldelivery.release.core import weights
from modeldelivery.release.core.request import IgnoredTags, Member, Rules
from modeldelivery.release.naming import journal_key, registry_bucket

_OF_A_CHECK = {"servingAtCheck", "fallbackAtCheck", "drillAtCheck"}


def look_up(id_: str, properties: Properties, opens: Opens) -> Found | None:
    """Look the endpoint up by its ARN; `properties` are the state's inputs, empty for an import.

    Returns:
        None when it is gone.

    Raises:
        BadInputError: the id is no endpoint's ARN.
        WrongAccountError: the credentials are of another account than the endpoint: there, it would seem to be gone.
        UncertainError, UnreachableError: AWS does not answer.
    """
    region, account_id, name = _parse_arn(id_)
    inputs: dict[str, Any] = dict(properties)
    profile = inputs.get("profile") or profile_for(name.rpartition("-")[2])
    account = opens(profile, region)
    account.refuse_unless([account_id])
    inputs.setdefault("allowedAccounts", [account_id])
    inputs.setdefault("rules", Rules().plain())
    inputs.setdefault(
        "journal", {"bucket": registry_bucket(name, account_id, region), "key": journal_key(name)}
    )
    if profile:
        inputs.setdefault("profile", profile)
    place = inputs["journal"]
    endpoint = AwsEndpoint(account=account, name=name, bucket=place["bucket"], key=place["key"])
    return _found(endpoint, region, inputs)


def _parse_arn(id_: str) -> tuple[str, str, str]:
    """Region, account and name; raises BadInputError for anything but an endpoint's ARN."""
    parts = id_.split(":", 5)
    kind, _, name = parts[-1].partition("/")
    if len(parts) != 6 or parts[2] != "sagemaker" or kind != "endpoint" or not name:  # noqa: PLR2004 (an ARN's fields)
        raise BadInputError(
            "id", f"{id_!r} is not an endpoint's ARN: arn:aws:sagemaker:REGION:ACCOUNT:endpoint/NAME"
        )
    return parts[3], parts[4], name


def _found(where: AwsEndpoint, region: str, existing: dict[str, Any]) -> Found | None:
    traffic = where.patient_traffic
    endpoint = traffic.describe()
    if endpoint is None or traffic.arn is None:
        return None
    journal = where.patient_store.read().journal
    config = where.configs.describe(endpoint.config) or {}
    members = members_in(config)
    fleet = [v for v in journal.fleet if v in members] + [v for v in members if v not in journal.fleet]
    inputs = {
        **existing,
        "endpointName": where.name,
        "region": region,
        "release": {"live": journal.live or weights.main_version(endpoint.current), "fleet": fleet},
        "variants": [_variant(members[v], journal.digests.get(v, "")) for v in fleet],
        "weights": weights.shares(endpoint.current),
        "kmsKeyArn": config.get("KmsKeyId"),
        "capture": capture.plain() if (capture := capture_in(config)) else None,
        "tags": _tags(where, traffic.arn, msgspec.convert(existing.get("ignoreTags", {}), IgnoredTags)),
    }
    inputs = {key: value for key, value in inputs.items() if key not in _OF_A_CHECK and value is not None}
    return Found(traffic.arn, inputs, {**inputs, "arn": traffic.arn, "name": where.name})


def _variant(member: Member, digest: str) -> dict[str, Any]:
    return dict(msgspec.to_builtins(msgspec.structs.replace(member, digest=digest)))


def _tags(where: AwsEndpoint, arn: str, ignored: IgnoredTags) -> dict[str, str]:
    sagemaker = where.account.patient.sagemaker
    response = ask(f"sagemaker:ListTags {arn}", lambda: sagemaker.list_tags(ResourceArn=arn))
    tags = {tag["Key"]: tag["Value"] for tag in response["Tags"]}
    return {
        key: value for key, value in tags.items() if key not in {OWNER_TAG, MARK_TAG} and not ignored.has(key)
    }
