"""What is known of a type of resource, whatever its inputs say."""

from enum import StrEnum

import msgspec


class Nature(StrEnum):
    """What is lost when a resource goes, the gravest first."""

    HOLDS = "holds"  # data, keys or traffic
    GUARDS = "guards"  # others are less safe without it
    PLAIN = "plain"  # it can be made again as it was


class Cost(StrEnum):
    """How a resource is paid for. Prices change and have a date: they are in review/prices.toml."""

    FREE = "free"
    BY_USE = "by use"  # by what is stored or sent, which no preview knows
    BY_MONTH = "by month"  # each has a price a month
    BY_INSTANCE = "by instance"  # what its instances cost, which the endpoint's versions tell
    BY_NODE = "by node"  # what its pods ask for, on the bill of whoever runs the cluster's nodes
    UNKNOWN = "unknown"  # listed as unpriced, never as free


class ResourceKind(msgspec.Struct, frozen=True):
    """One row of the table. Properties are named as in a resource's inputs, in camelCase.

    Attributes:
        words: what a reviewer calls it.
        nature: what is lost with it.
        cost: how it is paid for.
        taggable: whether it has `tags`, and so must carry them.
        irreplaceable: why it refuses to be deleted where the environment protects; empty for what may be deleted.
        encryption_key: the property without which its data is unencrypted, or under a key that is not the environment's;
            empty for a type without data, and for one whose encryption is more than one property.
        data_policy: whether a policy among its inputs decides who reads or writes data.
        star_is_itself: whether the resource `*` in its policy is the very thing that carries the policy.
        grants: the properties that give permissions without a policy; None where nobody has looked, and an IAM type is then
            one whose permissions cannot be told.
        per_version: whether the program makes one for each version that serves, and drops it with that version.
        is_known: whether the table has the type.
    """

    words: str
    nature: Nature
    cost: Cost
    taggable: bool = True
    irreplaceable: str = ""
    encryption_key: str = ""
    data_policy: bool = False
    star_is_itself: bool = False
    grants: tuple[str, ...] | None = None
    per_version: bool = False
    is_known: bool = True
