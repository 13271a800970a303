"""The functions of pulumi-aws 7 that a program of this project calls."""

from collections.abc import Callable, Mapping
from typing import Any

from modeldelivery.plugin.protocol import ProviderError
from sandbox.pulumi_aws.calls import Calls
from sandbox.pulumi_aws.policy_document import POLICY_DOCUMENT, policy_document
from sandbox.pulumi_aws.property import Property, failures, text

# Partitions by the beginning of a region's name: https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
_PARTITIONS = {
    "cn-": ("aws-cn", "amazonaws.com.cn", "cn.com.amazonaws"),
    "us-gov-": ("aws-us-gov", "amazonaws.com", "com.amazonaws"),
}
_PARTITION = ("aws", "amazonaws.com", "com.amazonaws")


def call(token: str, args: Mapping[str, Any], aws: Calls) -> Mapping[str, Any]:
    """Call a function by its token.

    Raises:
        ProviderError: it is not known, or its arguments are wrong.
    """
    if token not in FUNCTIONS:
        raise ProviderError(
            f"the sandbox's aws provider has no function {token}; it has {', '.join(sorted(FUNCTIONS))}"
        )
    table, function = FUNCTIONS[token]
    given = {name: value for name, value in args.items() if value is not None}
    wrong = [failure.reason for failure in failures(token, table, given)]
    if wrong:
        raise ProviderError("; ".join(wrong))
    return function(given, aws)


def _caller_identity(args: Mapping[str, Any], aws: Calls) -> Mapping[str, Any]:
    del args
    who = aws.identity()
    return {"accountId": who["Account"], "arn": who["Arn"], "userId": who["UserId"], "id": who["Account"]}


def _region(args: Mapping[str, Any], aws: Calls) -> Mapping[str, Any]:
    region = args.get("region") or args.get("name") or aws.region
    return {
        "id": region,
        "name": region,
        "region": region,
        "endpoint": f"ec2.{region}.{_partition_of(region)[1]}",
        "description": aws.region_description(region),
    }


def _partition(args: Mapping[str, Any], aws: Calls) -> Mapping[str, Any]:
    del args
    partition, suffix, reverse = _partition_of(aws.region)
    return {"id": partition, "partition": partition, "dnsSuffix": suffix, "reverseDnsPrefix": reverse}


def _policy_document(args: Mapping[str, Any], aws: Calls) -> Mapping[str, Any]:
    del aws
    return policy_document(args)


def _partition_of(region: str) -> tuple[str, str, str]:
    return next(
        (partition for start, partition in _PARTITIONS.items() if region.startswith(start)), _PARTITION
    )


FUNCTIONS: dict[
    str, tuple[Mapping[str, Property], Callable[[Mapping[str, Any], Calls], Mapping[str, Any]]]
] = {
    "aws:index/getCallerIdentity:getCallerIdentity": ({"id": text()}, _caller_identity),
    "aws:index/getRegion:getRegion": ({"id": text(), "name": text(), "region": text()}, _region),
    "aws:index/getPartition:getPartition": ({"id": text()}, _partition),
    "aws:iam/getPolicyDocument:getPolicyDocument": (POLICY_DOCUMENT, _policy_document),
}
