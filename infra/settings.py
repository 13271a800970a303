"""The only reader of config: from the texts of Pulumi.<stack>.yaml to domain types, or one sentence that says what to fix.

`parse` is a pure function of a stack's name and its config as the engine hands it over: keys with their namespace
(`model-delivery:release`, `aws:region`), values as texts, objects as JSON.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple, NewType

import msgspec
import pulumi
from pulumi.runtime import config as engine

from infra.sections import (
    Alarms,
    Approvals,
    Build,
    Capture,
    Changes,
    Data,
    Drills,
    Instances,
    Monitoring,
    Promotion,
    Retention,
    Rollout,
    Training,
)
from modeldelivery.release.core.request import IgnoredTags, ReleaseRule, Rules
from modeldelivery.release.core.verification import ALLOWED, Demands
from modeldelivery.release.naming import (
    ACCOUNT,
    APPROVAL_TAG,
    CAPTURE_FOLDER,
    Environment,
    Model,
    Place,
    parse_environment,
    parse_model,
)

PROJECT = "model-delivery"
STANDARD_TAGS = ("model", "environment", "owner", "managed-by")
_OWN_TAGS = (*STANDARD_TAGS, APPROVAL_TAG)

Region = NewType("Region", str)
Owner = NewType("Owner", str)

_REGION = re.compile(r"(?!cn-|.*gov|.*iso)[a-z]{2}(-[a-z]+)+-\d")  # ARNs and hosts are the partition aws's
_OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.:/=+@-]{0,62}")  # what every AWS service takes as a tag's value
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")  # one step of the path in msgspec's messages


class SettingsError(ValueError):
    """Config that is not allowed; the message names the file, the key, the value and what is allowed."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One environment, complete."""

    place: Place
    profile: str | None
    owner: Owner
    ignored_tags: IgnoredTags | None  # that others manage: pulumi-aws reads the same key
    release: ReleaseRule | None
    instances: Instances
    rollout: Rollout
    changes: Changes
    promotion: Promotion
    drill: Drills
    approval: Approvals
    alarms: Alarms
    retention: Retention
    capture: Capture | None
    monitoring: Monitoring
    data: Data
    training: Training | None
    build: Build | None
    verify: Demands  # `modelctl verify` reads the same key, and nothing here depends on it
    protect: bool

    @property
    def expiring(self) -> dict[str, int]:
        """Days that what lies in a folder of the registry bucket is kept, by the folder."""
        runs = {"runs": self.training.run_days} if self.training else {}
        captured = {CAPTURE_FOLDER: self.capture.days} if self.capture else {}
        built = {self.place.build_folder: self.build.artifact_days} if self.build else {}
        return runs | captured | built

    @property
    def captured_percent(self) -> int | None:
        """Of the invocations; None where nothing is captured."""
        return (self.capture and self.capture.percent) or None

    @property
    def rules(self) -> Rules:
        """What this environment demands of a change: each rule from its place in config."""
        return Rules(
            rollout_required=self.rollout.required,
            separate_drop=self.changes.separate_drop,
            bake_seconds=self.changes.bake_minutes * 60,
            promotes_from=self.promotion.source,
            drill_within_days=self.drill.within_days,
        )


class _Key(NamedTuple):
    kind: Any
    allowed: str


_KEYS = {
    "model": _Key(str, "a model's name such as flights"),
    "owner": _Key(str, "the team that answers for the environment, such as ml-platform"),
    "release": _Key(
        ReleaseRule,
        "{live: v1.4.0, fleet: [v1.5.0, v1.4.0]}, 1 to 10 versions vMAJOR.MINOR.PATCH, none twice, live one of them "
        "(without the v, YAML reads 1.10 as the number 1.1), and perhaps candidates: 0 to 9 of the newest approved versions above "
        "live, which join by themselves",
    ),
    "instances": _Key(
        Instances,
        "{type: ml.c6i.large, min: 1, max: 4, targetInvocationsPerMinute: 6000}, 1 to 100 instances, max not below min",
    ),
    "rollout": _Key(Rollout, "{required: true} or {required: false}"),
    "changes": _Key(Changes, "{separateDrop: true, bakeMinutes: 30}, 0 to 10080 minutes"),
    "promotion": _Key(
        Promotion, "{from: ENVIRONMENT}, the environment where a version serves first, or no such line"
    ),
    "drill": _Key(
        Drills,
        "{withinDays: 30}, 1 to 3650 days within which a drill must have passed, or no such line where none has to",
    ),
    "approval": _Key(
        Approvals,
        "{by: gates} where a training whose gates passed approves its version, {by: person} or no such line where a person does",
    ),
    "alarms": _Key(
        Alarms,
        "{maxErrorRatePercent: 1, maxLatencyMs: 500}, above 0 to 100 percent, 1 to 60000 milliseconds, and perhaps topic: "
        "the ARN of a standard SNS topic in this region that CloudWatch may publish to",
    ),
    "retention": _Key(Retention, "{noncurrentDays: 90, logDays: 365}, 1 to 3650 days"),
    "data": _Key(
        Data,
        "{bucket: true} where models are trained, with protect: false to let it be deleted with all data, or no such line",
    ),
    "capture": _Key(
        Capture,
        "{percent: 10, days: 30}, 1 to 100 percent, or 0 where capture has ended and what is kept still is to, 1 to 3650 days, or no such "
        "line where nothing ever was kept",
    ),
    "monitoring": _Key(
        Monitoring,
        "{dashboard: true} where CloudWatch draws the endpoint (a dashboard costs by the month), or no such line",
    ),
    "training": _Key(
        Training,
        "{instance: ml.m5.large, runDays: 60}, 31 to 3650 days, and perhaps network: {subnets: [subnet-…], securityGroups: "
        "[sg-…]}, where `data` has the bucket; or no such line",
    ),
    "build": _Key(
        Build,
        "{repository: acme/model-delivery, provider: GitHub} or GitLab or Bitbucket, or connection: ARN in provider's place, and "
        "perhaps branch: main, logDays: 90, artifactDays: 30, stages: [{name: test}, {name: image}, {name: train, compute: "
        "BUILD_GENERAL1_MEDIUM, minutes: 60, retry: true}], then perhaps {name: deploy} with deployRole: ARN and backend: s3://…, and "
        "{name: verify} or {name: verify, load: true}, where there is `training`; or no such line",
    ),
    "verify": _Key(Demands, ALLOWED),
    "protect": _Key(bool, "true or false"),
}


def parse(stack: str, config: Mapping[str, str]) -> Settings:
    """Read one environment's config.

    Args:
        stack: the stack's name; it is the environment's name, and only that.
        config: keys with their namespace, values as the engine hands them over.

    Raises:
        SettingsError: for the first key that is unknown, missing or not allowed.
    """
    source = _Source(f"Pulumi.{stack}.yaml", config)
    source.refuse_unknown_keys()
    try:
        environment: Environment = parse_environment(stack)
    except ValueError as wrong:
        raise SettingsError(f"the stack's name is the environment's name: {wrong}") from wrong
    release = None if source.text("release") in {None, "{}"} else source.section("release")
    return Settings(
        place=Place(
            model=source.model(),
            environment=environment,
            account=source.account(),
            region=source.region(),
        ),
        profile=source.profile(),
        owner=source.owner(),
        ignored_tags=source.ignored_tags(),
        release=release,
        instances=source.section("instances"),
        rollout=source.section("rollout"),
        changes=source.section("changes"),
        promotion=source.promotion(stack),
        drill=Drills() if source.text("drill") in {None, "{}"} else source.section("drill"),
        approval=Approvals() if source.text("approval") is None else source.section("approval"),
        alarms=source.alarms(),
        retention=source.section("retention"),
        monitoring=Monitoring(dashboard=False)
        if source.text("monitoring") in {None, "{}"}
        else source.section("monitoring"),
        data=source.data(),
        capture=None if source.text("capture") in {None, "{}"} else source.section("capture"),
        training=source.training(),
        build=source.build(),
        verify=Demands() if source.text("verify") in {None, "{}"} else source.section("verify"),
        protect=source.section("protect"),
    )


def load() -> Settings:
    """Read the running stack's config; raises pulumi.RunError, which the engine prints without a traceback."""
    try:
        return parse(pulumi.get_stack(), {**engine.get_config_env(), **engine.CONFIG.get()})
    except SettingsError as wrong:
        raise pulumi.RunError(str(wrong)) from wrong


class _Source(NamedTuple):
    """A stack file's texts, and how to complain about one of them."""

    file: str
    config: Mapping[str, str]

    def text(self, key: str) -> str | None:
        return self.config.get(f"{PROJECT}:{key}")

    def refuse_unknown_keys(self) -> None:
        for name, value in self.config.items():
            namespace, _, key = name.partition(":")
            if namespace == PROJECT and key not in _KEYS:
                raise SettingsError(
                    f"{self.file}: {name} is {value}, but {PROJECT} has no such key; allowed: {', '.join(_KEYS)}"
                )

    def required(self, name: str, allowed: str) -> str:
        value = self.config.get(name)
        if value is None:
            raise SettingsError(f"{self.file}: {name} is missing; allowed: {allowed}")
        return value

    def section(self, key: str) -> Any:
        """Read a value that is JSON, strictly: `"1"` is no number and `1` is no boolean."""
        name = f"{PROJECT}:{key}"
        kind, allowed = _KEYS[key]
        text = self.required(name, allowed)
        try:
            value = msgspec.json.decode(text)
        except msgspec.DecodeError as wrong:
            raise SettingsError(f"{self.file}: {name} is {text!r}; allowed: {allowed}") from wrong
        try:
            return msgspec.convert(value, kind)
        except msgspec.ValidationError as wrong:
            reason, _, path = str(wrong).partition(" - at `$")
            path = path.rstrip("`")
            raise SettingsError(
                f"{self.file}: {name}{path} is {_at(value, path)}: {reason}; allowed: {allowed}"
            ) from wrong

    def promotion(self, stack: str) -> Promotion:
        """Where versions come from; nowhere without such a line."""
        if self.text("promotion") is None:
            return Promotion()
        promotion: Promotion = self.section("promotion")
        if promotion.source == stack:
            raise SettingsError(
                f"{self.file}: {PROJECT}:promotion.from is {stack!r}, this environment itself; allowed: "
                f"{_KEYS['promotion'].allowed}"
            )
        return promotion

    def data(self) -> Data:
        """Where training data lives; not here without such a line."""
        return Data() if self.text("data") in {None, "{}"} else self.section("data")

    def training(self) -> Training | None:
        """How versions are trained; not here without such a line."""
        if self.text("training") in {None, "{}"}:
            return None
        if not self.data().bucket:
            raise SettingsError(
                f"{self.file}: {PROJECT}:training is there, but {PROJECT}:data has no bucket to train from; allowed: "
                f"{_KEYS['data'].allowed}"
            )
        training: Training = self.section("training")
        return training

    def build(self) -> Build | None:
        """What pushed tags go through; they start nothing without such a line."""
        if self.text("build") in {None, "{}"}:
            return None
        if self.training() is None:
            raise SettingsError(
                f"{self.file}: {PROJECT}:build is there, but {PROJECT}:training is not, so that nothing could be trained; allowed: "
                f"{_KEYS['training'].allowed}"
            )
        build: Build = self.section("build")
        return build

    def alarms(self) -> Alarms:
        """An alarm tells topics of its own region only."""
        alarms: Alarms = self.section("alarms")
        if alarms.topic is not None and alarms.topic.split(":")[3] != self.region():
            raise SettingsError(
                f"{self.file}: {PROJECT}:alarms.topic is {alarms.topic!r}, in another region than aws:region "
                f"{self.region()}; allowed: {_KEYS['alarms'].allowed}"
            )
        return alarms

    def model(self) -> Model:
        name = f"{PROJECT}:model"
        text = self.required(name, _KEYS["model"].allowed)
        try:
            return parse_model(text)
        except ValueError as wrong:
            raise SettingsError(f"{self.file}: {name}: {wrong}") from wrong

    def owner(self) -> Owner:
        return Owner(self._matching(f"{PROJECT}:owner", _OWNER, _KEYS["owner"].allowed))

    def region(self) -> Region:
        return Region(
            self._matching("aws:region", _REGION, "a region of the partition aws, such as eu-west-1")
        )

    def profile(self) -> str | None:
        profile = self.config.get("aws:profile")
        if profile == "":
            raise SettingsError(
                f"{self.file}: aws:profile is empty; allowed: a profile's name, or no such line"
            )
        return profile

    def ignored_tags(self) -> IgnoredTags | None:
        """Read pulumi-aws' own key, which no typing error may turn into nothing, nor into this program's own tags."""
        name = "aws:ignoreTags"
        allowed = (
            '{keys: [CostCenter], keyPrefixes: ["acme:"]}, tags that others manage, none of them '
            + ", ".join(_OWN_TAGS)
        )
        text = self.config.get(name)
        if text is None:
            return None
        try:
            ignored = msgspec.json.decode(text, type=IgnoredTags)
        except msgspec.DecodeError as wrong:
            raise SettingsError(f"{self.file}: {name} is {text}: {wrong}; allowed: {allowed}") from wrong
        ours = [tag for tag in _OWN_TAGS if ignored.has(tag)]
        if ours or "" in (*ignored.keys, *ignored.key_prefixes):
            raise SettingsError(f"{self.file}: {name} is {text}; allowed: {allowed}")
        return ignored

    def account(self) -> str:
        """Read the one account that may be touched; names follow from it."""
        name = "aws:allowedAccountIds"
        allowed = 'exactly one account, 12 digits in quotes, such as ["111111111111"]'
        text = self.required(name, allowed)
        try:
            accounts = msgspec.json.decode(text, type=tuple[str, ...])
        except msgspec.DecodeError as wrong:
            raise SettingsError(f"{self.file}: {name} is {text}: {wrong}; allowed: {allowed}") from wrong
        if len(accounts) != 1 or not ACCOUNT.fullmatch(accounts[0]):
            raise SettingsError(f"{self.file}: {name} is {text}; allowed: {allowed}")
        return accounts[0]

    def _matching(self, name: str, pattern: re.Pattern[str], allowed: str) -> str:
        value = self.required(name, allowed)
        if not pattern.fullmatch(value):
            raise SettingsError(f"{self.file}: {name} is {value!r}; allowed: {allowed}")
        return value


def _at(value: Any, path: str) -> str:
    """What stands at a path such as `.fleet[1]`, as JSON."""
    for field, index in _STEP.findall(path):
        value = value[field] if field else value[int(index)]
    return json.dumps(value)
