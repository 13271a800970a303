"""What one account has in SageMaker, in memory."""

import threading
import time
from dataclasses import dataclass, field

from sandbox.hosting.endpoint import Endpoint
from sandbox.refusal import RefusedError
from sandbox.sagemaker.requests import CreateEndpointConfig, CreateModel, CreateModelPackage

_PARTITION = "aws"


@dataclass(frozen=True)
class Model:
    arn: str
    created: float
    request: CreateModel


@dataclass(frozen=True)
class Config:
    arn: str
    created: float
    request: CreateEndpointConfig


@dataclass(frozen=True)
class Group:
    arn: str
    created: float
    name: str
    description: str | None


@dataclass(frozen=True)
class Package:
    arn: str
    created: float
    modified: float
    version: int
    group: str
    request: CreateModelPackage
    approval_description: str | None = None


@dataclass
class Account:
    """Resources by name; packages by ARN; tags by ARN. Every use is under `lock`."""

    id: str
    region: str
    models: dict[str, Model] = field(default_factory=dict)
    configs: dict[str, Config] = field(default_factory=dict)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    packages: dict[str, Package] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)  # last version given out per group: never reused
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    unseen: dict[str, tuple[float, float]] = field(default_factory=dict)  # by ARN: from when, until when

    def hide(self, arn: str, *, described: float, used: float) -> None:
        """Let a new thing be found by what describes it, and by what uses it, only after so many seconds.

        Those that use it read eventually consistently, and AWS recommends to try again; whoever describes what it has
        just made finds it, or pulumi-aws would fail.
        https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpoint.html
        """
        if used:
            now = time.monotonic()
            self.unseen[arn] = now + described, now + used

    def sees(self, arn: str, *, describing: bool = False) -> bool:
        described, used = self.unseen.get(arn, (0.0, 0.0))
        return time.monotonic() >= (described if describing else used)

    def arn(self, kind: str, name: str) -> str:
        """ARN of a resource; SageMaker writes names in lowercase there."""
        return f"arn:{_PARTITION}:sagemaker:{self.region}:{self.id}:{kind}/{name.lower()}"


def absent(kind: str, arn: str) -> RefusedError:
    return RefusedError(f'Could not find {kind} "{arn}".')


def existing(kind: str, arn: str) -> RefusedError:
    return RefusedError(f'Cannot create already existing {kind} "{arn}".')
