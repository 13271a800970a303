"""What was seen of an endpoint, on whichever platform it is."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from modeldelivery.release.formats import Record
from modeldelivery.release.version import Version


class Condition(StrEnum):
    """Whether an endpoint takes changes; one that is absent is described as None."""

    READY = "ready"
    BUSY = "busy"  # the platform is at work and refuses changes until it ends by itself
    SETTLING = (
        "settling"  # a change is on its way to where requests are answered; others are taken all the same
    )
    BROKEN = "broken"  # the platform takes no change any more
    IMPAIRED = (
        "impaired"  # it serves, not as requested; a change may be tried, and deleting it would be an outage
    )


class Incarnation(Record, frozen=True, kw_only=False):
    """One life of an endpoint: deleted and made again under the same name, it is another.

    Attributes:
        id: the platform's own (SageMaker: the ARN), the same in every life.
        created: seconds since the epoch.
    """

    id: str = msgspec.field(name="arn")
    created: float


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """One version on an endpoint.

    Weights are the platform's as reported; instances count what runs (current) and what is requested (desired).
    """

    current: float
    desired: float
    instances: int
    instances_desired: int


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint as last described.

    Attributes:
        word: the platform's own word for the condition, such as `Updating`.
        remedy: what to do about one that is broken or impaired; empty otherwise.
        config: name of the fleet's content that the endpoint runs.
        failure: why the last change failed, in the platform's words.
        token: version of the object that weights are written to, for a target with compare-and-swap; a call that carries
            an older one is refused there. Empty where there is none and fences do the work.
        seal: operation that last wrote weights, on a target with compare-and-swap.
        modified: when the platform last began or ended a change, in seconds since the epoch; None where it does not say.
        settles: seconds after which a change that is settling has ended, if nothing else happens; None where that is not known.
        in_force: the same for whoever knows that what was last written was in force once (`history.as_recorded`); None where
            that makes no difference.
    """

    incarnation: Incarnation
    condition: Condition
    word: str
    config: str
    variants: Mapping[Version, Variant]
    remedy: str = ""
    failure: str | None = None
    token: str = ""
    seal: str | None = None
    modified: float | None = None
    settles: float | None = None
    in_force: "Endpoint | None" = None

    @property
    def busy(self) -> bool:
        """Whether a change is under way."""
        return self.condition in {Condition.BUSY, Condition.SETTLING}

    @property
    def takes_none(self) -> bool:
        """Whether no other change is taken until the one under way has ended."""
        return self.condition is Condition.BUSY

    @property
    def broken(self) -> bool:
        return self.condition is Condition.BROKEN

    @property
    def impaired(self) -> bool:
        return self.condition is Condition.IMPAIRED

    def has_instances(self, version: Version, count: int) -> bool:
        """Whether so many run and no other number is requested: a request may be left behind that the platform gave up on."""
        variant = self.variants.get(version)
        return variant is not None and variant.instances == variant.instances_desired == count

    @property
    def current(self) -> dict[Version, float]:
        return {version: variant.current for version, variant in self.variants.items()}

    @property
    def desired(self) -> dict[Version, float]:
        return {version: variant.desired for version, variant in self.variants.items()}
