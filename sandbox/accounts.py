"""The two accounts, and whose an access key is."""

from dataclasses import dataclass

REGION = "eu-west-1"


@dataclass(frozen=True)
class Account:
    profile: str
    id: str
    access_key: str
    secret: str


ACCOUNTS = (
    Account("staging", "111111111111", "AKIASANDBOXSTAGING00", "sandbox-staging"),
    Account("prod", "222222222222", "AKIASANDBOXPROD00000", "sandbox-prod"),
)
