"""What a training needs of the world: the environment's pipeline, and what its executions read, what is left of them.

Beside `release.ports`, because a rollback imports those, and what it does not need costs it time. Every call raises errors
of `modeldelivery.release.errors`, as there.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from modeldelivery.release.core.training import Execution, Inputs


class Pipeline(msgspec.Struct, frozen=True, kw_only=True):
    """The environment's pipeline, as deployed.

    Attributes:
        parameters: names that an execution is given.
        digest: sha256 of its definition, hex.
    """

    parameters: frozenset[str]
    digest: str


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One execution of a list. `name` is its display name, "" where it has none; `status` is SageMaker's word."""

    arn: str
    name: str
    status: str


class Executions(Protocol):
    """The pipeline that trains, and its executions."""

    def pipeline(self) -> Pipeline | None:
        """None when the environment has none."""
        ...

    def listed(self) -> Sequence[Listed]:
        """All, the latest first."""
        ...

    def start(self, inputs: Inputs, token: str, name: str) -> str:
        """Start an execution, once for each token; its ARN."""
        ...

    def look(self, arn: str) -> Execution:
        """What has become of one."""
        ...

    def retry(self, arn: str, token: str) -> None:
        """Go on with one that failed or was stopped, from there; once for each token."""
        ...


class Sources(Protocol):
    """What an execution reads, each by content."""

    def newest_data(self) -> str | None:
        """Revision of the data set that was written last; None when there is none."""
        ...

    def data_uri(self, revision: str) -> str | None:
        """Where a data set lies; None when it is not there, or not whole."""
        ...

    def newest_image(self, *, steps: bool) -> str | None:
        """URI by digest of the image that was pushed last, of the model server or of the steps; None when there is none."""
        ...

    def has_image(self, uri: str, *, steps: bool) -> bool:
        """Whether the repository of the model server, or of the steps, has it. Raises RefusedError for one of another."""
        ...

    def champion_uri(self, digest: str | None) -> str:
        """The folder of a registered model, `sha256:<hex>`; of None, of a file that says that there is no champion yet."""
        ...

    def store_no_champion(self) -> None:
        """Have that file there."""
        ...


class Holdings(Protocol):
    """Whether what a version's record names is there still."""

    def has(self, uri: str) -> bool:
        """Whether there is an object."""
        ...

    def approval(self, arn: str) -> str | None:
        """A package's, in SageMaker's word and with who approved and why; None when there is no such package."""
        ...

    def job_image(self, arn: str) -> str | None:
        """URI of the image that a processing job ran in; None when there is no such job."""
        ...


class Training(msgspec.Struct, frozen=True, kw_only=True):
    """All of them."""

    executions: Executions
    sources: Sources
    holdings: Holdings


Watch = Callable[[Execution], None]  # is shown each look at an execution
