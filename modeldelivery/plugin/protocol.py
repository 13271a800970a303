"""What a resource provider is: plain values in, frozen records out; the gRPC around it is `modeldelivery.plugin`."""

import enum
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from modeldelivery.plugin.values import Properties


class ProviderError(Exception):
    """A refusal or failure in one sentence for the person who reads it: what is wrong, where, what to type next."""


class InitFailedError(ProviderError):
    """The resource exists but is not right yet: Pulumi keeps it in its state, and the next `up` updates it.

    Attributes:
        id: its id.
        outputs: what is known of it.
        inputs: the inputs that it was made with, as far as they were carried out.
        reasons: sentences for the user.
    """

    def __init__(
        self, id_: str, *, outputs: Mapping[str, Any], inputs: Mapping[str, Any], reasons: Sequence[str]
    ) -> None:
        super().__init__("; ".join(reasons))
        self.id = id_
        self.outputs = outputs
        self.inputs = inputs
        self.reasons = tuple(reasons)


@dataclass(frozen=True)
class Resource:
    """Which resource a call is about: its URN, its type token and the name the program gave it."""

    urn: str
    type: str
    name: str


@dataclass(frozen=True)
class Failure:
    """An input that is not allowed: the property's path, and a sentence."""

    property: str
    reason: str


@dataclass(frozen=True)
class Checked:
    """The inputs, completed, or what is wrong with them."""

    inputs: Mapping[str, Any]
    failures: Sequence[Failure] = ()


class Change(enum.Enum):
    """How one property changes; the second of each pair makes the engine replace the resource."""

    ADD = "ADD"
    ADD_REPLACE = "ADD_REPLACE"
    DELETE = "DELETE"
    DELETE_REPLACE = "DELETE_REPLACE"
    UPDATE = "UPDATE"
    UPDATE_REPLACE = "UPDATE_REPLACE"

    @property
    def replaces(self) -> bool:
        return self.name.endswith("_REPLACE")


@dataclass(frozen=True)
class Diff:
    """What changes, by property path (`tags.owner`, `rules[0].status`); without a path nothing changes.

    Attributes:
        changes: the kind of change of each path.
        delete_before_replace: a replacement deletes the old resource first.
        against_outputs: changes are against the old outputs, not the old inputs; so the engine displays them.
    """

    changes: Mapping[str, Change] = field(default_factory=dict)
    delete_before_replace: bool = False
    against_outputs: bool = False


@dataclass(frozen=True)
class Created:
    """A new resource; in a preview its id is not used and outputs may be `UNKNOWN`."""

    id: str
    outputs: Mapping[str, Any]


@dataclass(frozen=True)
class Found:
    """A resource as it is now. `inputs` are what a program would have to say to get it."""

    id: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]


class Log(Protocol):
    """Messages to the user, each at a resource when its URN is given."""

    def debug(self, message: str, urn: str = "") -> None: ...
    def info(self, message: str, urn: str = "") -> None: ...
    def warning(self, message: str, urn: str = "") -> None: ...
    def status(self, message: str, urn: str = "") -> None:
        """Show progress beside the resource; the next one replaces it and none stays."""


class Provider(ABC):
    """A resource provider. Calls come from many threads at once and may block.

    Any call may raise `ProviderError`; any other exception reaches the user as one sentence with its class and message,
    and its traceback goes to the debug log. Timeouts are seconds, 0 where the user sets none.

    Attributes:
        log: messages to the user.
        cancelled: set when the user interrupts; whoever waits must look at it and end with a `ProviderError`.
    """

    def __init__(self, log: Log) -> None:
        self.log = log
        self.cancelled = threading.Event()

    def schema(self) -> Mapping[str, Any]:
        """Pulumi's package schema, for `pulumi package` commands."""
        return {}

    def check_config(self, news: Properties) -> Checked:
        """Judge the provider's own config: texts, or JSON in texts."""
        return Checked(news)

    @abstractmethod
    def configure(self, config: Properties) -> None:
        """Take the checked config; called once, before any call about a resource."""

    @abstractmethod
    def check(self, resource: Resource, olds: Properties, news: Properties, random_seed: bytes) -> Checked:
        """Complete and judge inputs. `olds` are the last checked inputs, empty for a new or replaced resource."""

    @abstractmethod
    def diff(
        self,
        resource: Resource,
        id_: str,
        *,
        old_inputs: Properties,
        old_outputs: Properties,
        news: Properties,
        ignore_changes: Sequence[str],
    ) -> Diff:
        """Say what `news` change."""

    @abstractmethod
    def create(self, resource: Resource, inputs: Properties, *, timeout: float, preview: bool) -> Created:
        """Make it; in a preview say what would be known.

        Raises:
            InitFailedError: it was made but is not right.
        """

    @abstractmethod
    def read(self, resource: Resource, id_: str, inputs: Properties, outputs: Properties) -> Found | None:
        """Look at it, None when it is gone. For an import `inputs` and `outputs` are empty."""

    @abstractmethod
    def update(
        self,
        resource: Resource,
        id_: str,
        *,
        old_inputs: Properties,
        old_outputs: Properties,
        news: Properties,
        timeout: float,
        preview: bool,
    ) -> Mapping[str, Any]:
        """Change it in place and give the new outputs; in a preview say what would be known.

        Raises:
            InitFailedError: it was changed but is not right.
        """

    @abstractmethod
    def delete(
        self, resource: Resource, id_: str, inputs: Properties, outputs: Properties, *, timeout: float
    ) -> None:
        """Delete it; something already gone is deleted."""

    @abstractmethod
    def invoke(self, token: str, args: Properties, *, preview: bool) -> Mapping[str, Any]:
        """Call a function."""
