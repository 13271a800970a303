"""The keys of a stack's config: what each is read as, and what it may hold."""

from collections.abc import Mapping
from typing import Any, NamedTuple

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
from infra.serving import SAGEMAKER, SERVING, Instances, Serving
from modeldelivery.release.core.request import ReleaseRule
from modeldelivery.release.core.verification import ALLOWED, Demands


class Key(NamedTuple):
    """What is read, and what may be written there, for whoever wrote something else."""

    kind: Any
    allowed: str


KEYS: Mapping[str, Key] = {
    "model": Key(str, "a model's name such as flights"),
    "owner": Key(str, "the team that answers for the environment, such as ml-platform"),
    "release": Key(
        ReleaseRule,
        "{live: v1.4.0, fleet: [v1.5.0, v1.4.0]}, 1 to 10 versions vMAJOR.MINOR.PATCH, none twice, live one of them "
        "(without the v, YAML reads 1.10 as the number 1.1), and perhaps candidates: 0 to 9 of the newest approved versions above "
        "live, which join by themselves",
    ),
    "serving": Key(Serving, SERVING),
    "instances": Key(Instances, SAGEMAKER),
    "rollout": Key(Rollout, "{required: true} or {required: false}"),
    "changes": Key(Changes, "{separateDrop: true, bakeMinutes: 30}, 0 to 10080 minutes"),
    "promotion": Key(
        Promotion, "{from: ENVIRONMENT}, the environment where a version serves first, or no such line"
    ),
    "drill": Key(
        Drills,
        "{withinDays: 30}, 1 to 3650 days within which a drill must have passed, or no such line where none has to",
    ),
    "approval": Key(
        Approvals,
        "{by: gates} where a training whose gates passed approves its version, {by: person} or no such line where a person does",
    ),
    "alarms": Key(
        Alarms,
        "{maxErrorRatePercent: 1, maxLatencyMs: 500}, above 0 to 100 percent, 1 to 60000 milliseconds, and perhaps topic: "
        "the ARN of a standard SNS topic in this region that CloudWatch may publish to",
    ),
    "retention": Key(Retention, "{noncurrentDays: 90, logDays: 365}, 1 to 3650 days"),
    "data": Key(
        Data,
        "{bucket: true} where models are trained, with protect: false to let it be deleted with all data, or no such line",
    ),
    "capture": Key(
        Capture,
        "{percent: 10, days: 30}, 1 to 100 percent, or 0 where capture has ended and what is kept still is to, 1 to 3650 days, or no such "
        "line where nothing ever was kept",
    ),
    "drift": Key(
        Drift,
        "{schedule: cron(0 2 * * ? *), instance: ml.m5.large, days: 400}, a schedule of EventBridge Scheduler's by rate(…) or cron(…), UTC, and "
        "1 to 3650 days, where `capture` keeps a week or more and `training` is; or no such line",
    ),
    "monitoring": Key(
        Monitoring,
        "{dashboard: true} where CloudWatch draws the endpoint (a dashboard costs by the month), or no such line",
    ),
    "training": Key(
        Training,
        "{instance: ml.m5.large, runDays: 60}, 31 to 3650 days, and perhaps network: {subnets: [subnet-…], securityGroups: "
        "[sg-…]}, and schedule: cron(0 6 2 * ? *), a schedule of EventBridge Scheduler's by rate(…) or cron(…), UTC, at whose times a model of "
        "the latest months is proposed, where `data` has the bucket; or no such line",
    ),
    "build": Key(
        Build,
        "{repository: acme/model-delivery, provider: GitHub} or GitLab or Bitbucket, or connection: ARN in provider's place, and "
        "perhaps branch: main, logDays: 90, artifactDays: 30, stages: [{name: test}, {name: image}, {name: train, compute: "
        "BUILD_GENERAL1_MEDIUM, minutes: 60, retry: true}], then perhaps {name: deploy} with deployRole: ARN and backend: s3://…, and "
        "{name: verify} or {name: verify, load: true}, where there is `training`; or no such line",
    ),
    "verify": Key(Demands, ALLOWED),
    "protect": Key(bool, "true or false"),
}
