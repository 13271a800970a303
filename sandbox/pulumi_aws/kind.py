"""A resource type: its table of properties, and the calls that make, read, change and delete one."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from sandbox.pulumi_aws.calls import AwsError, Calls
from sandbox.pulumi_aws.naming import AutoName
from sandbox.pulumi_aws.property import Property, mapping, text

REGION = {"region": text(replaces=True, computed=True)}
TAGS = {"tags": mapping(), "tagsAll": mapping(output=True)}


@dataclass(frozen=True)
class Place:
    """AWS, in the region of the resource at hand."""

    aws: Calls
    region: str

    def __call__(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        return self.aws(service, operation, region=self.region, **parameters)

    @property
    def account(self) -> str:
        return self.aws.identity()["Account"]


class Kind(ABC):
    """A resource type of pulumi-aws 7.

    Attributes:
        pulumi_type: its type token.
        properties: its table, inputs and outputs.
        auto_name: the property that is named when the program does not.
        completes: the properties that `complete` sets.
        gone: words in a failure (`service: code: message`) by which the service says that there is none.
    """

    pulumi_type: ClassVar[str]
    properties: ClassVar[Mapping[str, Property]]
    auto_name: ClassVar[AutoName | None] = None
    completes: ClassVar[Collection[str]] = ()
    gone: ClassVar[Collection[str]] = ()

    def is_gone(self, failure: AwsError) -> bool:
        """Whether the service says that there is none."""
        return any(word in str(failure) for word in self.gone)

    @abstractmethod
    def create(self, place: Place, inputs: Mapping[str, Any]) -> str:
        """Make it and give its id; what cannot be set at once is left to `complete`."""

    def complete(self, place: Place, id_: str, inputs: Mapping[str, Any]) -> None:  # noqa: B027 - most need none
        """Set what creation could not; a failure leaves a resource that the next `up` completes."""

    @abstractmethod
    def read(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> dict[str, Any] | None:
        """Its properties as they are now, None when it is gone. `known` is what state has; nothing for an import."""

    def update(
        self,
        place: Place,
        id_: str,
        *,
        inputs: Mapping[str, Any],
        outputs: Mapping[str, Any],
        changed: frozenset[str],
    ) -> None:
        """Change the properties named in `changed`; tags are `tag`'s and `untag`'s."""
        raise NotImplementedError(f"{self.pulumi_type} has no call that changes {', '.join(sorted(changed))}")

    @abstractmethod
    def delete(self, place: Place, id_: str, recorded: Mapping[str, Any]) -> None:
        """Delete it; `gone` errors count as done."""

    def tag(self, place: Place, id_: str, outputs: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        """Set these tags beside others."""
        raise NotImplementedError(f"{self.pulumi_type} has tags but no call that sets them")

    def untag(self, place: Place, id_: str, outputs: Mapping[str, Any], keys: Collection[str]) -> None:
        """Remove these tags."""
        raise NotImplementedError(f"{self.pulumi_type} has tags but no call that removes them")
