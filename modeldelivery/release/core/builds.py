"""Builds of pushed tags: what has become of them, and why one stopped."""

from collections.abc import Sequence

import msgspec

UNDER_WAY = frozenset({"InProgress", "Stopping"})
_REASON, _NOTE, _VERSION = (
    "REASON",
    "NOTE",
    "VERSION",
)  # variables that a stage's build exports: pipelines/buildspecs
_TIMED_OUT = "TIMED_OUT"  # CodeBuild's word, in CodePipeline's sentence


class StageRun(msgspec.Struct, frozen=True, kw_only=True):
    """The latest run of a stage.

    Attributes:
        status: in CodePipeline's word: InProgress, Succeeded, Failed, Abandoned.
        reason: of one that failed, in a sentence.
        note: what to know of one that did not, in sentences: that a version is not verified, or waits for an approval.
        started, ended: seconds since the epoch; it goes on without an end.
    """

    name: str
    status: str
    started: float
    ended: float | None = None
    reason: str = ""
    note: str = ""


class Build(msgspec.Struct, frozen=True, kw_only=True):
    """One execution of the build pipeline.

    Attributes:
        status: in CodePipeline's word: InProgress, Succeeded, Failed, Stopping, Stopped, Superseded, Cancelled.
        version: "" until a stage has told it.
        commit: 40 hex digits; "" until the source is there.
        message: the first line of the commit's.
        trigger: what began it, in CodePipeline's word: WebhookV2 (a push), CreatePipeline, StartPipelineExecution, ….
        stop: why somebody stopped it; "" where nobody did, or said why.
        started, ended: seconds since the epoch.
        stages: that were begun, the first first.
    """

    id: str
    status: str
    version: str
    commit: str
    message: str
    trigger: str = ""
    stop: str = ""
    started: float
    ended: float | None
    stages: tuple[StageRun, ...]

    @property
    def reason(self) -> str:
        """Why it stopped: what the last stage that failed said, or whoever stopped it; "" for one that did not."""
        if self.status == "Stopped":
            return "somebody stopped it" + (f": {self.stop}" if self.stop else "")
        failed = [stage for stage in self.stages if stage.status == "Failed"]
        return f"{failed[-1].name}: {failed[-1].reason}" if failed and self.status not in UNDER_WAY else ""

    @property
    def notes(self) -> tuple[str, ...]:
        """What its stages said though they did not fail."""
        return tuple(f"{stage.name}: {stage.note}" for stage in self.stages if stage.note)


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One run of an action, as CodePipeline tells of it.

    Attributes:
        build: id of CodeBuild's build; "" for none.
        message: CodePipeline's own word on a failure.
        variables: that it exported; of a build, also of one that failed.
    """

    execution: str
    stage: str
    status: str
    started: float
    changed: float
    build: str = ""
    message: str = ""
    variables: dict[str, str] = {}


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One execution of a list; `revision` and `summary` are of its source, `trigger` and `stop` as a `Build` has them."""

    id: str
    status: str
    started: float
    changed: float
    revision: str = ""
    summary: str = ""
    trigger: str = ""
    stop: str = ""


def to_follow(builds: Sequence[Build], version: str) -> Build | None:
    """Which of them, the newest first, to follow: the newest, or that of a version ("" for none); None while that is not to be told.

    One that is under way comes before one that ended: its tag was pushed again. Of one whose first stage has not told its version yet
    it may be.
    """
    if not version:
        return next(iter(builds), None)
    of = [each for each in builds if each.version == version]
    ended = None if is_untold(builds) else next(iter(of), None)
    return next((each for each in of if each.status in UNDER_WAY), ended)


def is_untold(builds: Sequence[Build]) -> bool:
    """Whether one is under way that has not told its version yet."""
    return any(each.status in UNDER_WAY and not each.version for each in builds)


def assemble(listed: Sequence[Listed], actions: Sequence[Action]) -> tuple[Build, ...]:
    """Executions with what became of their stages: each stage as it ran last."""
    return tuple(_build(each, [one for one in actions if one.execution == each.id]) for each in listed)


def _build(listed: Listed, actions: Sequence[Action]) -> Build:
    latest: dict[str, Action] = {}
    for action in sorted(actions, key=lambda each: each.started):
        latest[action.stage] = action
    ordered = sorted(latest.values(), key=lambda each: each.started)
    return Build(
        id=listed.id,
        status=listed.status,
        version=next((v for each in actions if (v := each.variables.get(_VERSION, ""))), ""),
        commit=listed.revision,
        message=listed.summary,
        trigger=listed.trigger,
        stop=listed.stop,
        started=listed.started,
        ended=None if listed.status in UNDER_WAY else listed.changed,
        stages=tuple(_stage(each) for each in ordered),
    )


def _stage(action: Action) -> StageRun:
    return StageRun(
        name=action.stage,
        status=action.status,
        started=action.started,
        ended=None if action.status == "InProgress" else action.changed,
        reason=_reason(action) if action.status == "Failed" else "",
        note=action.variables.get(_NOTE, "") if action.status == "Succeeded" else "",
    )


def _reason(action: Action) -> str:
    """What the stage exported; of a build that exported nothing CodePipeline's word on it, and where to read more."""
    if told := action.variables.get(_REASON):
        return told
    if not action.build:
        return action.message
    project, _, stream = action.build.partition(":")
    longer = (
        "; minutes of the stage in model-delivery:build is its time" if _TIMED_OUT in action.message else ""
    )
    log = f"aws logs tail /aws/codebuild/{project} --log-stream-names {stream} shows its log"
    return f"{action.message.rstrip('.')}{longer}; {log}"
