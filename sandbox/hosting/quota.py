"""How many instances an account may have for endpoints.

An update makes a whole new fleet beside the old one: both count until it is through.
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpoint.html
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from sandbox.faults import Faults
from sandbox.hosting.account import Account
from sandbox.hosting.endpoint import Variant
from sandbox.refusal import RefusedError


def of_fleet(variants: Iterable[Variant]) -> Counter[str]:
    """Instances by type, as many as the variants want."""
    wanted: Counter[str] = Counter()
    for variant in variants:
        wanted[variant.instance_type] += variant.desired_count
    return wanted


def require(account: Account, more: Mapping[str, int], faults: Faults) -> None:
    """Raise RefusedError, ResourceLimitExceeded, unless the account may have so many more instances of each type."""
    used: Counter[str] = Counter()
    for endpoint in account.endpoints.values():
        used.update(endpoint.arriving)
        for variant in endpoint.variants.values():
            used[variant.instance_type] += variant.current_count
    for instance_type, delta in more.items():
        quota = faults.quota(account.id, instance_type)
        if quota is not None and used[instance_type] + delta > quota:
            raise RefusedError(
                f"The account-level service limit '{instance_type} for endpoint usage' is {quota} Instances, with current "
                f"utilization of {used[instance_type]} Instances and a request delta of {delta} Instances. Please use AWS "
                "Service Quotas to request an increase for this quota. If AWS Service Quotas is not available, contact AWS "
                "support to request an increase for this quota.",
                "ResourceLimitExceeded",
            )
