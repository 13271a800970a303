"""What a rule judges: resources as plain data, and the environment that they are for."""

import json
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, Final

import msgspec

from modeldelivery.release.naming import registry_bucket


class Unknown(Enum):
    """A value that a preview does not know yet, because it is of a resource that is not there."""

    UNKNOWN = "not known before it is made"


UNKNOWN: Final = Unknown.UNKNOWN


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """One resource.

    Attributes:
        type: its token, such as `aws:s3/bucket:Bucket`.
        name: its name in the program.
        urn: its URN.
        props: its inputs, after the provider's check; numbers are floats, what is not known is UNKNOWN.
        protect: whether the engine refuses to delete it.
        links: for each property, the URNs of the resources whose outputs it is made of.
    """

    type: str
    name: str
    urn: str
    props: Mapping[str, Any]
    protect: bool = False
    links: Mapping[str, frozenset[str]] = {}

    def belongs_to(self, other: "Resource", key: str) -> bool:
        """Whether the property `key` names the other resource, by the same text or by its output."""
        value = self.props.get(key)
        return other.urn in self.links.get(key, ()) or (
            isinstance(value, str) and value == other.props.get(key)
        )


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """Where config has jobs run."""

    subnets: frozenset[str]
    security_groups: frozenset[str]


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule may know of an environment; it comes from config.

    Attributes:
        name: `prod`.
        model: `flights`.
        protects: whether what cannot be made again refuses to be deleted.
        registry_bucket: the name of the bucket with records, artifacts and the journal.
        network: of the jobs that train; None for SageMaker's own.
    """

    name: str
    model: str
    protects: bool
    registry_bucket: str
    network: Network | None = None


class Stack(msgspec.Struct, frozen=True, kw_only=True):
    """All resources of an environment."""

    resources: tuple[Resource, ...]
    environment: Environment

    def of(self, *types: str) -> Iterator[Resource]:
        return (resource for resource in self.resources if resource.type in types)


def environment_of(name: str, config: Mapping[str, str]) -> Environment:
    """Read what rules need of a stack's config, as the engine hands it over.

    An environment protects unless its config says that it does not: a pack that is told no config is strict.
    """
    model = config.get("model-delivery:model", "")
    return Environment(
        name=name,
        model=model,
        protects=config.get("model-delivery:protect") != "false",
        registry_bucket=registry_bucket(
            f"{model}-{name}", _account(config.get("aws:allowedAccountIds", "")), config.get("aws:region", "")
        ),
        network=_network(config.get("model-delivery:training", "")),
    )


def _network(training: str) -> Network | None:
    """Of the section `training`, JSON; what is wrong with another text, the program says."""
    try:
        network = msgspec.json.decode(training or b"{}", type=_Training).network
    except msgspec.DecodeError:
        return None
    if network is None:
        return None
    return Network(subnets=frozenset(network.subnets), security_groups=frozenset(network.security_groups))


class _Configured(msgspec.Struct, rename="camel"):
    subnets: list[str]
    security_groups: list[str]


class _Training(msgspec.Struct):
    network: _Configured | None = None


def _account(allowed: str) -> str:
    """The one account of a list in JSON; what is wrong with another text, the program says."""
    try:
        accounts = json.loads(allowed)
    except ValueError:
        return ""
    return str(accounts[0]) if isinstance(accounts, list) and accounts else ""
