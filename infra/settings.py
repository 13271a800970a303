"""The only reader of config: from the texts of Pulumi.<stack>.yaml to domain types, or one sentence that says what to fix.

`parse` is a pure function of a stack's name and its config as the engine hands it over: keys with their namespace
(`model-delivery:release`, `aws:region`), values as texts, objects as JSON.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, NewType

import msgspec
import pulumi
from pulumi.runtime import config as engine

from infra import aws_keys
from infra.keys import KEYS
from infra.sections import (
    Alarms,
    Approvals,
    Build,
    Capture,
    Changes,
    Data,
    Drift,
    Drills,
    Monitoring,
    Promotion,
    Retention,
    Rollout,
    Training,
)
from infra.serving import ABSENT, KUBERNETES, SAGEMAKER, Instances, Pods, Serving, only_elsewhere
from infra.source import PROJECT, SettingsError, Source
from modeldelivery.release.core.request import IgnoredTags, ReleaseRule, Rules
from modeldelivery.release.core.verification import Demands
from modeldelivery.release.naming import (
    CAPTURE_FOLDER,
    DRIFT_FOLDER,
    LABELS_FOLDER,
    QUALITY_FOLDER,
    Environment,
    Model,
    Place,
    parse_environment,
    parse_model,
)

_WINDOW = 7  # days that drift is judged over: as long as the windows of a baseline's history

Owner = NewType("Owner", str)

_OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.:/=+@-]{0,62}")  # what every AWS service takes as a tag's value


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One environment, complete."""

    place: Place
    profile: str | None
    owner: Owner
    ignored_tags: IgnoredTags | None  # that others manage: pulumi-aws reads the same key
    release: ReleaseRule | None
    serving: Serving
    instances: Instances | Pods  # by the target
    rollout: Rollout
    changes: Changes
    promotion: Promotion
    drill: Drills
    approval: Approvals
    alarms: Alarms | None  # of SageMaker's endpoints
    retention: Retention
    capture: Capture | None
    drift: Drift | None
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
        judged = (DRIFT_FOLDER, QUALITY_FOLDER, LABELS_FOLDER) if self.drift else ()
        return runs | captured | built | {folder: self.drift.days for folder in judged if self.drift}

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
    source.refuse_other_targets()
    source.refuse_shared_folder(stack)
    try:
        environment: Environment = parse_environment(stack)
    except ValueError as wrong:
        raise SettingsError(f"the stack's name is the environment's name: {wrong}") from wrong
    release = None if source.text("release") in {None, "{}"} else source.section("release")
    return Settings(
        place=Place(
            model=source.model(),
            environment=environment,
            account=aws_keys.account(source),
            region=aws_keys.region(source),
        ),
        profile=aws_keys.profile(source),
        owner=source.owner(),
        ignored_tags=aws_keys.ignored_tags(source),
        release=release,
        serving=source.serving(),
        instances=source.instances(),
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
        drift=source.drift(),
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


class _Source(Source):
    """A stack file's sections, each held to what it needs of the others."""

    def promotion(self, stack: str) -> Promotion:
        """Where versions come from; nowhere without such a line."""
        if self.text("promotion") is None:
            return Promotion()
        promotion: Promotion = self.section("promotion")
        if promotion.source == stack:
            raise SettingsError(
                f"{self.file}: {PROJECT}:promotion.from is {stack!r}, this environment itself; allowed: "
                f"{KEYS['promotion'].allowed}"
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
                f"{KEYS['data'].allowed}"
            )
        training: Training = self.section("training")
        if training.schedule is not None and self.serving().target != "sagemaker":
            raise self._misplaced(
                f"{PROJECT}:training.schedule",
                training.schedule,
                "there is no topic of alarms that could be told of a proposal",
                "no such field",
            )
        return training

    def build(self) -> Build | None:
        """What pushed tags go through; they start nothing without such a line."""
        if self.text("build") in {None, "{}"}:
            return None
        if self.training() is None:
            raise SettingsError(
                f"{self.file}: {PROJECT}:build is there, but {PROJECT}:training is not, so that nothing could be trained; allowed: "
                f"{KEYS['training'].allowed}"
            )
        build: Build = self.section("build")
        return build

    def serving(self) -> Serving:
        """Where versions serve; on SageMaker without such a line."""
        return Serving() if self.text("serving") in {None, "{}"} else self.section("serving")

    def refuse_shared_folder(self, stack: str) -> None:
        """Each environment is delivered from a folder of its own, which says whose it is."""
        cluster = self.serving().kubernetes
        if cluster is None or cluster.deliver is None or cluster.deliver.path.rpartition("/")[2] == stack:
            return
        raise SettingsError(
            f"{self.file}: {PROJECT}:serving.kubernetes.deliver.path is {cluster.deliver.path!r}; allowed: a folder that is called "
            f"{stack}, as the environment is, such as deploy/{stack}"
        )

    def instances(self) -> Instances | Pods:
        """What versions run on, by the target."""
        instances: Instances | Pods = (
            self._fitting("instances", Instances, SAGEMAKER)
            if self.serving().target == "sagemaker"
            else self._fitting("instances", Pods, KUBERNETES)
        )
        return instances

    def refuse_other_targets(self) -> None:
        """What nothing on Kubernetes would obey is refused there by name: a line of config is never passed over."""
        if self.serving().target == "sagemaker":
            return
        for key, why in ABSENT.items():
            if self.text(key) not in {None, "{}"}:
                raise self._misplaced(f"{PROJECT}:{key}", self.text(key), why, "no such line")
        release = self.text("release")
        if release not in {None, "{}"} and self.section("release").candidates:
            raise self._misplaced(
                f"{PROJECT}:release.candidates",
                release,
                "a version joins by its name in config alone",
                "no candidates",
            )
        build = self.build()
        if build is not None and build.deploy_role is not None:
            raise self._misplaced(
                f"{PROJECT}:build.stages",
                self.text("build"),
                "a build of AWS has no way to the cluster",
                "the stages test, image and train",
            )

    def _misplaced(self, name: str, value: str | None, why: str, allowed: str) -> SettingsError:
        return SettingsError(
            f"{self.file}: {name} is {value}, but {PROJECT}:serving.target is kubernetes, where nothing obeys it: {why}; "
            f"allowed: {allowed}"
        )

    def _fitting(self, key: str, kind: type[Instances] | type[Pods], allowed: str) -> Any:
        """A section whose fields are the target's; another target's are named."""
        name, target = f"{PROJECT}:{key}", self.serving().target
        value = self.json(name, allowed)
        for field in only_elsewhere(value, target):
            raise SettingsError(
                f"{self.file}: {name}.{field} is {json.dumps(value[field])}, but {PROJECT}:serving.target is {target}, which has no "
                f"such thing; allowed: {allowed}"
            )
        return self.converted(name, value, kind, allowed)

    def drift(self) -> Drift | None:
        """How data drift is judged; it is not without such a line."""
        if self.text("drift") in {None, "{}"}:
            return None
        name, missing = f"{PROJECT}:drift", ""
        capture: Capture | None = None if self.text("capture") in {None, "{}"} else self.section("capture")
        if capture is None or not capture.percent:
            key, missing = "capture", "captures nothing, so that nothing could be judged"
        elif capture.days < _WINDOW:
            key, missing = "capture", f"keeps {capture.days} days, and {_WINDOW} are judged at a time"
        elif self.training() is None:
            key, missing = "training", "is not, and with it the image of the steps, in which drift is judged"
        if missing:
            raise SettingsError(
                f"{self.file}: {name} is there, but {PROJECT}:{key} {missing}; allowed: {KEYS[key].allowed}"
            )
        drift: Drift = self.section("drift")
        return drift

    def alarms(self) -> Alarms | None:
        """An alarm tells topics of its own region only; on Kubernetes there are none."""
        if self.serving().target != "sagemaker":
            return None
        alarms: Alarms = self.section("alarms")
        if alarms.topic is not None and alarms.topic.split(":")[3] != (region := aws_keys.region(self)):
            raise SettingsError(
                f"{self.file}: {PROJECT}:alarms.topic is {alarms.topic!r}, in another region than aws:region "
                f"{region}; allowed: {KEYS['alarms'].allowed}"
            )
        return alarms

    def model(self) -> Model:
        name = f"{PROJECT}:model"
        text = self.required(name, KEYS["model"].allowed)
        try:
            return parse_model(text)
        except ValueError as wrong:
            raise SettingsError(f"{self.file}: {name}: {wrong}") from wrong

    def owner(self) -> Owner:
        return Owner(self.matching(f"{PROJECT}:owner", _OWNER, KEYS["owner"].allowed))
