"""Which instance answers a request: by weight, or the variant that the caller names."""

import random
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate

import msgspec

from sandbox.dataplane.capture import Capture
from sandbox.signature import Credential


class Instance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a model server listens; `door` leads into its network, where it has one of its own."""

    id: str
    port: int
    door: str | None = None


class VariantTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    weight: float
    instances: list[Instance]


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What hosting publishes: account → endpoint → variant."""

    keys: dict[str, Credential]  # by access key
    endpoints: dict[str, dict[str, dict[str, VariantTable]]]
    captures: dict[str, dict[str, Capture]] = {}  # account → endpoint
    denials: dict[str, dict[str, str]] = {}  # access key → endpoint that it may not invoke → what it is told


@dataclass
class Route:
    """One variant; `turn` makes its instances take turns."""

    name: str
    instances: list[Instance]
    turn: int = 0

    def next(self) -> Instance:
        """The next instance."""
        self.turn = (self.turn + 1) % len(self.instances)
        return self.instances[self.turn]


@dataclass
class EndpointRoutes:
    """The variants of one endpoint, with traffic shared w/Σw."""

    variants: dict[str, Route]
    shared: list[Route] = field(default_factory=list)  # those with a weight above 0
    bounds: list[float] = field(default_factory=list)  # running sums of their weights

    def pick(self, generator: random.Random) -> Route | None:
        """A variant by weight. A variant of weight 0 never gets a request (seldon-core#4067)."""
        if not self.shared:
            return None
        at = bisect_right(self.bounds, generator.random() * self.bounds[-1])
        return self.shared[min(at, len(self.shared) - 1)]


Routes = dict[tuple[str, str], EndpointRoutes]  # by account and endpoint


def compile_routes(table: Table) -> Routes:
    """Prepare a table for lookups; an endpoint or variant without an instance has no route."""
    routes: Routes = {}
    for account, endpoints in table.endpoints.items():
        for endpoint, variants in endpoints.items():
            names = {name: Route(name, v.instances) for name, v in variants.items() if v.instances}
            shared = [names[name] for name, v in variants.items() if name in names and v.weight > 0]
            bounds = list(accumulate(variants[route.name].weight for route in shared))
            if names:
                routes[account, endpoint] = EndpointRoutes(names, shared, bounds)
    return routes
