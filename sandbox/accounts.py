"""The two accounts."""

from dataclasses import dataclass

REGION = "eu-west-1"


@dataclass(frozen=True)
class Account:
    profile: str
    id: str


ACCOUNTS = (Account("staging", "111111111111"), Account("prod", "222222222222"))
# Of the environments on Kubernetes, whose registries are in the same accounts: another profile of the same keys, by the account's own.
ALSO = {"staging": ("edge-staging",), "prod": ("edge-prod",)}
