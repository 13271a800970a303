"""What each section of config may hold: its fields, their bounds, and what must agree with what inside one."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from components.build import Stage as ProjectStage
from components.definition import Network as JobNetwork
from modeldelivery.release.approval import Approver
from modeldelivery.release.naming import Environment, parse_environment

_TOPIC = (
    r"arn:aws:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}"  # a standard topic: CloudWatch takes no FIFO topic
)
_CONNECTION = r"arn:aws:(codeconnections|codestar-connections):[a-z0-9-]+:\d{12}:connection/[0-9a-f-]{36}"

Count = Annotated[int, Meta(ge=1, le=100)]
Days = Annotated[int, Meta(ge=1, le=3650)]
InstanceType = Annotated[str, Meta(pattern=r"^ml\.[a-z0-9-]+\.[a-z0-9]+$")]


ScheduleExpression = Annotated[
    str, Meta(pattern=r"^(rate\([1-9]\d* (minute|hour|day)s?\)|cron\(([^ ()]+ ){5}[^ ()]+\))$")
]


def _check_schedule(expression: str) -> None:
    """What EventBridge Scheduler demands of a cron expression beside its six fields; raises ValueError."""
    if expression.startswith("cron("):
        fields = expression.removeprefix("cron(").removesuffix(")").split()
        if (fields[2] == "?") == (fields[4] == "?"):
            raise ValueError(f"of day-of-month and day-of-week in {expression} exactly one is to be ?")


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename="camel"):
    """A config object; a field that it does not know is refused."""


class Rollout(_Section, frozen=True):
    required: bool


class Changes(_Section, frozen=True):
    separate_drop: bool
    bake_minutes: Annotated[int, Meta(ge=0, le=10080)]


class Promotion(_Section, frozen=True, rename={"source": "from"}):
    """The environment where a version must have carried all traffic before it gets any here; a preview's reader asks it."""

    source: Environment | None = None

    def __post_init__(self) -> None:
        if self.source is not None:
            parse_environment(self.source)


class Drills(_Section, frozen=True):
    """What the policy `drill` demands: that rollbacks were tried within so many days, and lost nothing (`modelctl drill`)."""

    within_days: Days | None = None


class Approvals(_Section, frozen=True):
    """Who approves a version that was registered: the gates of the execution that trained it, or a person alone."""

    by: Approver = Approver.PERSON


class Alarms(_Section, frozen=True):
    max_error_rate_percent: Annotated[float, Meta(gt=0, le=100)]
    max_latency_ms: Annotated[int, Meta(ge=1, le=60000)]  # of the model alone, 99th percentile
    topic: Annotated[str, Meta(pattern=f"^{_TOPIC}$")] | None = (
        None  # that alarms tell; without one the program makes one
    )


class Retention(_Section, frozen=True):
    noncurrent_days: Days  # of replaced or deleted objects in the registry bucket
    log_days: Days  # of the registry bucket's access logs


class Data(_Section, frozen=True):
    """The environment that trains has the data bucket; `protect` is its own, since data outlives an environment's registry."""

    bucket: bool = False
    protect: bool = True


class Network(_Section, frozen=True):
    """Of training's jobs; AWS takes 16 subnets and 5 security groups at most."""

    subnets: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^subnet-[0-9a-f]+$")], ...], Meta(min_length=1, max_length=16)
    ]
    security_groups: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^sg-[0-9a-f]+$")], ...], Meta(min_length=1, max_length=5)
    ]

    def plain(self) -> JobNetwork:
        """As the components take it."""
        return {"subnets": list(self.subnets), "security_groups": list(self.security_groups)}


class Training(_Section, frozen=True):
    """The environment that trains has the pipeline. A step's result is taken from the cache for 30 days, so runs stay longer."""

    instance: InstanceType
    run_days: Annotated[int, Meta(ge=31, le=3650)]  # that what steps leave for each other is kept
    network: Network | None = None
    schedule: ScheduleExpression | None = None  # by which a model of the latest months is proposed

    def __post_init__(self) -> None:
        if self.schedule is not None:
            _check_schedule(self.schedule)


class BuildStage(_Section, frozen=True):
    """What a pushed tag goes through; `pipelines/buildspecs/NAME.yml` says how."""

    name: Literal["test", "image", "train", "deploy", "verify"]
    compute: Literal[
        "BUILD_GENERAL1_SMALL", "BUILD_GENERAL1_MEDIUM", "BUILD_GENERAL1_LARGE", "BUILD_GENERAL1_XLARGE"
    ] = "BUILD_GENERAL1_MEDIUM"
    minutes: Annotated[int, Meta(ge=5, le=480)] = 60
    # Once by itself, when it failed. Of the others a failure is about the commit; a deploy may have met somebody else's change.
    retry: bool | None = None
    load: bool | None = None  # of verify: also how many requests a minute one instance serves

    def __post_init__(self) -> None:
        if self.load is not None and self.name != "verify":
            raise ValueError(f"load is of the stage verify, and this one is {self.name}")

    def plain(self) -> ProjectStage:
        """As the components take it."""
        retry = self.name == "deploy" if self.retry is None else self.retry
        return {
            "name": self.name,
            "compute": self.compute,
            "minutes": self.minutes,
            "retry": retry,
            "load": bool(self.load),
        }


_ORDER = ("test", "image", "train", "deploy", "verify")
_STAGES = (BuildStage(name="test"), BuildStage(name="image"), BuildStage(name="train"))


class Build(_Section, frozen=True):
    """Where the code is, and what its tags go through. A `connection` is one that is there; without it one to `provider` is made."""

    repository: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+$", max_length=200)]
    branch: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_./-]*$", max_length=200)] = "main"
    provider: Literal["GitHub", "GitLab", "Bitbucket"] | None = None
    connection: Annotated[str, Meta(pattern=f"^{_CONNECTION}$")] | None = None
    stages: Annotated[tuple[BuildStage, ...], Meta(min_length=1)] = _STAGES
    # By digest: the same commit gives the same image.
    base_image: (
        Annotated[str, Meta(pattern=r"^[a-z0-9][\w./:-]*@sha256:[0-9a-f]{64}$", max_length=300)] | None
    ) = None
    # Who deploys, and where the stack's state is: what CI's deploys have too (docs/ci.md).
    deploy_role: Annotated[str, Meta(pattern=r"^arn:aws:iam::\d{12}:role/[\w+=,.@/-]+$")] | None = None
    backend: Annotated[str, Meta(pattern=r"^(s3|https)://\S+$", max_length=300)] | None = None
    log_days: Literal[
        1,
        3,
        5,
        7,
        14,
        30,
        60,
        90,
        120,
        150,
        180,
        365,
        400,
        545,
        731,
        1096,
        1827,
        2192,
        2557,
        2922,
        3288,
        3653,
    ] = 90
    artifact_days: Days = 30

    def __post_init__(self) -> None:
        if (self.provider is None) == (self.connection is None):
            raise ValueError("it has either provider or connection")
        names = [stage.name for stage in self.stages]
        ordered = [name for name in _ORDER if name in names]
        if names != ordered:
            raise ValueError(f"stages {', '.join(names)} are to be {', '.join(ordered)}, each once")
        if ("deploy" in names) != (self.deploy_role is not None):
            raise ValueError("a stage deploy and deployRole go together")
        if "verify" in names and "deploy" not in names:
            raise ValueError("the stage verify looks at what the stage deploy brought, which is not there")
        if self.backend is not None and "deploy" not in names:
            raise ValueError("backend is of the stage deploy, which is not there")


class Capture(_Section, frozen=True):
    """What callers ask and what they are answered is kept for so many days, of so many invocations in a hundred.

    With 0 in a hundred nothing more is, and what was kept before goes on ending after these days.
    """

    percent: Annotated[int, Meta(ge=0, le=100)]
    days: Days


class Drift(_Section, frozen=True):
    """What each version is asked is judged against its baseline by schedule, a week at a time."""

    schedule: ScheduleExpression
    instance: InstanceType
    days: Days  # that reports, and labels, are kept

    def __post_init__(self) -> None:
        _check_schedule(self.schedule)


class Monitoring(_Section, frozen=True):
    """What is drawn of the environment in CloudWatch."""

    dashboard: bool
