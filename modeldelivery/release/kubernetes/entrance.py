"""How requests come to an HTTPRoute: by the gateways that it names as its parents, for its hostnames.

Source: https://gateway-api.sigs.k8s.io/reference/spec/#httproute.
"""

from collections.abc import Sequence

import msgspec

from modeldelivery.release.core.request import Entrance


class ParentRef(msgspec.Struct, frozen=True, rename="camel"):
    """A gateway that a route names; of one of its listeners alone where it says which."""

    name: str
    namespace: str = ""
    section_name: str = ""
    port: int | None = None

    @property
    def text(self) -> str:
        listener = self.section_name or (str(self.port) if self.port is not None else "")
        return f"{self.namespace}/{self.name}" + (f" ({listener})" if listener else "")


def entrance_of(parents: Sequence[ParentRef], hostnames: Sequence[str], settle: float) -> Entrance:
    """A route's, as config would state it; what config cannot state (several gateways, one listener alone) is named whole."""
    plain = [(each.name, each.namespace) for each in parents if each == ParentRef(each.name, each.namespace)]
    gateway, namespace = (
        plain[0] if len(plain) == len(parents) == 1 else (", ".join(each.text for each in parents), "")
    )
    return Entrance(
        gateway=gateway,
        gateway_namespace=namespace,
        hostname=", ".join(hostnames),
        settle_seconds=settle,
    )


def is_same(entrance: Entrance, other: Entrance) -> bool:
    """Whether requests come to both alike; how long a gateway takes is not asked."""
    return _by(entrance) == _by(other)


def words(entrance: Entrance) -> str:
    """In words."""
    gateway, namespace, hostname = _by(entrance)
    named = f"{namespace}/{gateway}" if namespace else gateway
    return f"{named or 'no gateway'} by {hostname or 'any name'}"


def _by(entrance: Entrance) -> tuple[str, str, str]:
    return entrance.gateway, entrance.gateway_namespace, entrance.hostname
