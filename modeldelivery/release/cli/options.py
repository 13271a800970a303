"""What a command line asks for, typed."""

from pathlib import Path
from typing import Any, ClassVar

import msgspec

from modeldelivery.release.naming import Environment, Model
from modeldelivery.release.version import Version

PATIENCE = 1200.0  # seconds; SageMaker may take that long to change a fleet
TRAINING = 86_400.0  # seconds that a training is followed for


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """Of every command.

    Attributes:
        command: its name, and the module of this package that runs it.
        acts: it may change something.
        fenced: it acts through the runner, which asks again by itself, so that its clients send each call once; those of any other
            command ask again themselves.
        env, model: whose endpoint.
        json: one JSON document on stdout.
        profile: AWS profile; None for the usual one.
        dry_run: nothing is written, and the calls are listed.
        actor: who asks; None for what the environment says.
        timeout: seconds to wait for the platform.
    """

    command: ClassVar[str]
    acts: ClassVar[bool] = True
    fenced: ClassVar[bool] = False
    env: Environment
    model: Model
    json: bool = False
    profile: str | None = None
    dry_run: bool = False
    actor: str | None = None
    timeout: float = PATIENCE


class Status(Options, frozen=True, kw_only=True):
    """`check`: end with a status of its own when something needs a person."""

    command = "status"
    acts = False
    check: bool = False


class History(Options, frozen=True, kw_only=True):
    """`limit`: events to show."""

    command = "history"
    acts = False
    limit: int


class Artifact(Options, frozen=True, kw_only=True):
    """`version`: None for the one that serves; `out`: the folder."""

    command = "artifact"
    acts = False
    version: Version | None
    out: Path


class Rollback(Options, frozen=True, kw_only=True):
    """`to`: None for the fallback; `kubernetes`: CONTEXT/NAMESPACE of the route, where the journal cannot say it."""

    command = "rollback"
    fenced = True
    reason: str
    to: Version | None
    keep: bool
    now: bool
    without_journal: bool
    kubernetes: str | None = None


class Drill(Options, frozen=True, kw_only=True):
    """`rounds`: there and back; `rate`: requests a second; `samples`: what is sent, None for what the version that serves brought.

    `anyway`: why also where config protects; `end`: only end a killed one.
    """

    command = "drill"
    fenced = True
    reason: str
    rounds: int
    rate: int
    samples: Path | None
    anyway: str | None
    end: bool


class Accept(Options, frozen=True, kw_only=True):
    command = "accept"
    fenced = True
    version: Version
    reason: str


class Approve(Options, frozen=True, kw_only=True):
    """`overrule`: also what was rejected."""

    command = "approve"
    version: Version
    reason: str
    overrule: bool


class Reject(Options, frozen=True, kw_only=True):
    command = "reject"
    fenced = True
    version: Version
    reason: str


class Adopt(Options, frozen=True, kw_only=True):
    command = "adopt"
    fenced = True
    reason: str


class Register(Options, frozen=True, kw_only=True):
    """`image`: by digest; `artifact`: model.tar.gz; `metrics`: a flat JSON object; `samples`: sample requests.

    `evaluation`: the report of the model's evaluation; `evidence`: further documents by name; `commit` and `execution`: what the
    version comes from.

    `reader`: a command in shell words that reads an archive on stdin, None for the checkout's.
    """

    command = "register"
    version: Version
    image: str
    artifact: Path
    data_revision: str
    metrics: Path | None
    evidence: tuple[tuple[str, Path], ...]
    samples: Path | None
    evaluation: Path | None
    commit: str | None
    execution: str | None
    reader: str | None


class Train(Options, frozen=True, kw_only=True):
    """What is None is the newest that there is, or what the checkout says.

    `fit`: parameters of the recipe, beside those of the checkout's; `skip`: gates, with `because`; `propose`: register nothing.
    """

    command = "train"
    version: Version
    data_revision: str | None
    image: str | None
    step_image: str | None
    commit: str | None
    first: str | None
    until: str | None
    fit: tuple[tuple[str, Any], ...]
    skip: tuple[str, ...]
    because: str | None
    propose: bool


class Verify(Options, frozen=True, kw_only=True):
    """`version`: None for the newest candidate; `load`: also how much it serves; `anyway`: that even where it has traffic.

    `again`: also what was verified, or measured, before.
    """

    command = "verify"
    version: Version | None
    load: bool
    anyway: bool
    again: bool


class Lineage(Options, frozen=True, kw_only=True):
    """`version`: None for the one that serves."""

    command = "lineage"
    acts = False
    version: Version | None


class Builds(Options, frozen=True, kw_only=True):
    """`limit`: builds to show; `follow`: the newest, to its end, or that of `version`, which may not have begun."""

    command = "builds"
    acts = False
    limit: int
    follow: bool
    version: Version | None
