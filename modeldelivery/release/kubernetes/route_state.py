"""What a route keeps beside its rules, in annotations of the same write: who wrote it (the seal), what each backend serves, what was in force before."""

import msgspec

from modeldelivery.release import formats
from modeldelivery.release.core.request import Entrance
from modeldelivery.release.formats import Document, Record
from modeldelivery.release.naming import JOURNAL_ANNOTATION
from modeldelivery.release.version import Version

OPERATION = "model-delivery/operation"  # the seal
STATE = "model-delivery/state"
OWNER = JOURNAL_ANNOTATION
MARK = "model-delivery/unrecorded"
SETTLE = 2.0  # seconds; Traefik's default throttle of what its providers say


class Backend(Record, frozen=True, kw_only=True):
    """What serves a version: a Deployment and a Service of one name."""

    name: str
    port: int = 8080


class Before(Record, frozen=True, kw_only=True):
    """What was in force before the last write; `config` is "" where there was nothing."""

    config: str = ""
    weights: dict[Version, int] = msgspec.field(default_factory=dict)


class State(Document, frozen=True, kw_only=True):
    """What a route keeps beside its rules.

    Attributes:
        config: name of the fleet's content.
        settle: seconds that the gateway may go on as before after it has taken a route.
        backends: of each version.
        gateway, gateway_namespace, hostname: how requests were to come to it by the last change of the fleet; no gateway on a
            route that was written before that was kept.
        weights: as this project last wrote them; rules that differ were written by somebody else since.
        before: what the gateway may still do.
    """

    config: str
    weights: dict[Version, int]
    settle: float = SETTLE
    backends: dict[Version, Backend] = msgspec.field(default_factory=dict)
    gateway: str = ""
    gateway_namespace: str = ""
    hostname: str = ""
    before: Before = Before()

    def with_entrance(self, entrance: Entrance) -> "State":
        """The same of a route to which requests come so."""
        return msgspec.structs.replace(
            self,
            gateway=entrance.gateway,
            gateway_namespace=entrance.gateway_namespace,
            hostname=entrance.hostname,
            settle=entrance.settle_seconds,
        )


def annotations(state: State, operation: str) -> dict[str, str]:
    """What one write leaves beside the rules."""
    compact = msgspec.json.format(formats.encode(state), indent=-1)
    return {OPERATION: operation, STATE: compact.decode()}
