"""CodeConnections: a connection to a Git host, which a person authorises once (`sandbox authorize`)."""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import uuid4

import msgspec
from msgspec import field

from sandbox.accounts import REGION
from sandbox.json_service import JsonService, reads
from sandbox.refusal import RefusedError

Status = Literal["PENDING", "AVAILABLE"]


class _Input(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """A call's input."""


class _Tag(_Input, frozen=True, kw_only=True):
    key: str
    value: str


class _Create(_Input, frozen=True, kw_only=True):
    provider_type: Literal["GitHub", "GitLab", "Bitbucket"]
    connection_name: str
    tags: list[_Tag] = field(default_factory=list)


class _Resource(_Input, frozen=True, kw_only=True):
    resource_arn: str


class _TagResource(_Resource, frozen=True, kw_only=True):
    tags: list[_Tag]


class _UntagResource(_Resource, frozen=True, kw_only=True):
    tag_keys: list[str]


class _Arn(_Input, frozen=True, kw_only=True):
    connection_arn: str


@dataclass
class Connection:
    """A connection; it may be used once it is AVAILABLE."""

    arn: str
    account: str
    name: str
    provider: str
    tags: dict[str, str]
    status: Status = "PENDING"

    def show(self) -> dict[str, Any]:
        """What GetConnection answers."""
        return {
            "ConnectionName": self.name,
            "ConnectionArn": self.arn,
            "ProviderType": self.provider,
            "OwnerAccountId": self.account,
            "ConnectionStatus": self.status,
        }


class Connections:
    """The connections of all accounts, by ARN."""

    def __init__(self) -> None:
        self._connections: dict[str, Connection] = {}
        self.service = JsonService(
            "codeconnections",
            {
                "CreateConnection": reads(_Create, self._create),
                "GetConnection": reads(_Arn, self._get),
                "DeleteConnection": reads(_Arn, self._delete),
                "ListTagsForResource": reads(_Resource, self._tags),
                "TagResource": reads(_TagResource, self._tag),
                "UntagResource": reads(_UntagResource, self._untag),
            },
        )

    def authorize(self, name: str) -> list[str]:
        """What a person does in the console, once, for the connections of a name; their ARNs."""
        named = [each for each in list(self._connections.values()) if each.name == name]
        for connection in named:
            connection.status = "AVAILABLE"
        return [connection.arn for connection in named]

    def check(self, arn: str) -> None:
        """Refuse one that nobody authorised or that is not there; raises RefusedError."""
        connection = self._find(arn)
        if connection.status != "AVAILABLE":
            raise RefusedError(
                f"Connection {arn} is not available: it is {connection.status} until a person authorises it "
                f"(here: sandbox authorize {connection.name})",
                "ConnectionNotAvailable",
            )

    def tags_of(self, arn: str) -> dict[str, str]:
        """A connection's tags; none of one that is not there."""
        connection = self._connections.get(arn)
        return connection.tags if connection else {}

    def _create(self, account: str, request: _Create) -> dict[str, Any]:
        arn = f"arn:aws:codeconnections:{REGION}:{account}:connection/{uuid4()}"
        tags = {tag.key: tag.value for tag in request.tags}
        self._connections[arn] = Connection(
            arn, account, request.connection_name, request.provider_type, tags
        )
        return {"ConnectionArn": arn, "Tags": _listed(tags)}

    def _get(self, account: str, request: _Arn) -> dict[str, Any]:
        return {"Connection": self._find(request.connection_arn, account).show()}

    def _delete(self, account: str, request: _Arn) -> dict[str, Any]:
        del self._connections[self._find(request.connection_arn, account).arn]
        return {}

    def _tags(self, account: str, request: _Resource) -> dict[str, Any]:
        return {"Tags": _listed(self._find(request.resource_arn, account).tags)}

    def _tag(self, account: str, request: _TagResource) -> dict[str, Any]:
        self._find(request.resource_arn, account).tags |= {tag.key: tag.value for tag in request.tags}
        return {}

    def _untag(self, account: str, request: _UntagResource) -> dict[str, Any]:
        connection = self._find(request.resource_arn, account)
        connection.tags = {k: v for k, v in connection.tags.items() if k not in request.tag_keys}
        return {}

    def _find(self, arn: str, account: str = "") -> Connection:
        connection = self._connections.get(arn)
        if connection is None or (account and connection.account != account):
            raise RefusedError(f"Could not find resource {arn}", "ResourceNotFoundException")
        return connection


def _listed(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
