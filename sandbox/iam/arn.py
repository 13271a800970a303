"""The parts of an ARN."""

from typing import NamedTuple

_FIELDS = 6  # arn:partition:service:region:account:name; the name may hold colons


class Arn(NamedTuple):
    """What names a resource; all parts are empty where there is no resource ("*")."""

    service: str = ""
    region: str = ""
    account: str = ""
    name: str = ""


def parse(text: str) -> Arn:
    """Take an ARN apart."""
    fields = text.split(":", _FIELDS - 1)
    return Arn(*fields[2:]) if len(fields) == _FIELDS else Arn()
