"""What each role does, from an empty account until the environment is taken down.

Every step is a command of the documentation; the order is that of an environment's life, so that one run shows all.
"""

import contextlib
import io
import json
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from modeldelivery.release.aws.sources import AwsSources
from modeldelivery.release.naming import APPROVAL_TAG, BASELINE
from tools.roles import datasets
from tools.roles.site import PLACE, Site

PREVIEW, DEPLOY, OPERATOR, REGISTRAR, APPROVER, PUSHER, READER, MONITOR, TRAINER, GATES, TEARDOWN = (
    "preview",
    "deploy",
    "operator",
    "registrar",
    "approver",
    "pusher",
    "reader",
    "monitor",
    "trainer",
    "gates",
    "teardown",
)
# A role of CI is what a job has; the one that takes an environment down may deploy as well, the one whose gates approve train.
ROLES = (PREVIEW, DEPLOY, OPERATOR, REGISTRAR, APPROVER, PUSHER, READER, MONITOR, TRAINER, GATES, TEARDOWN)
_ENV = ("--env", PLACE.environment)
_FIRST, _SECOND, _THIRD, _FOURTH = "v1.0.0", "v1.1.0", "v1.2.0", "v1.2.1"
_TRAINED, _BY_GATES, _FAILED, _STOPPED = "v2.0.0", "v2.1.0", "v2.2.0", "v2.3.0"
# Containers that do next to nothing: what a model computes is nothing to a role.
_CONTAINER = "tests/containers/echo"
_STEPS = "tests/containers/steps/Dockerfile"
_BUILT = "built-here"  # a repository of what was built, before it is pushed to where it belongs


@dataclass(frozen=True)
class Step:
    """Something that a role does.

    Attributes:
        renew: what must be done again before it is tried again.
        trains: whether the environment trains then, so that roles have what that takes.
        builds: likewise, whether it builds tags.
    """

    role: str
    what: str
    run: Callable[[Site], object]
    renew: Callable[[Site], object] | None = None
    trains: bool = False
    builds: bool = False


def _up(site: Site) -> None:
    _pulumi("up", DEPLOY, "--yes", "--skip-preview")(site)


def _pulumi(command: str, role: str, *more: str) -> Callable[[Site], object]:
    """The engine itself, which no policy judges: exceptions are of environments by name, and production has none of training's."""
    return lambda site: site.act(
        role,
        *("pulumi", command, *more, "--non-interactive", "--stack", PLACE.environment),
        *("--config-file", str(site.config_file)),
    )


def _review(command: str, role: str) -> Callable[[Site], object]:
    def run(site: Site) -> object:
        return site.act(
            role,
            *("python", "-m", "modeldelivery.review", "--folder", str(site.folder / "review"), command),
            *(*_ENV, "--config-file", str(site.config_file)),
        )

    return run


def _modelctl(
    *arguments: str, role: str = OPERATOR, allowed: tuple[int, ...] = (0,)
) -> Callable[[Site], object]:
    return lambda site: site.act(role, "modelctl", *arguments, *_ENV, allowed=allowed)


def _push(repository: str, context: str, file: str | None = None) -> Callable[[Site], object]:
    """As `docker push` ends, with the manifest; `sandbox image` itself is always the account's user."""

    def run(site: Site) -> object:
        ecr = site.administrator("ecr")
        with contextlib.suppress(ecr.exceptions.RepositoryAlreadyExistsException):
            ecr.create_repository(repositoryName=_BUILT)
        digest = site.build(_BUILT, context, file).rpartition("@")[2]
        built = ecr.batch_get_image(repositoryName=_BUILT, imageIds=[{"imageDigest": digest}])["images"][0]
        pushed = site.client(PUSHER, "ecr").put_image(
            repositoryName=repository,
            imageManifest=built["imageManifest"],
            imageManifestMediaType=built["imageManifestMediaType"],
            imageTag="pushed",
        )["image"]
        where = f"{PLACE.account}.dkr.ecr.{PLACE.region}.amazonaws.com/{repository}"
        return (site.folder / repository).write_text(f"{where}@{pushed['imageId']['imageDigest']}")

    return run


_SAMPLES = json.dumps([{"content_type": "text/csv", "body": "row"}]).encode()


def _register(version: str, bits: str = "") -> Callable[[Site], object]:
    """`bits`: the version whose they are; its own by default."""

    def run(site: Site) -> object:
        artifact = site.folder / f"{bits or version}.tar.gz"
        if not artifact.exists():
            _pack(
                artifact, {"behaviour.json": json.dumps({"name": version}).encode(), "samples.json": _SAMPLES}
            )
        return _modelctl(
            *("register", "--version", version, "--image", (site.folder / PLACE.repository).read_text()),
            *("--artifact", str(artifact), "--data-revision", f"data-{bits or version}"),
            *("--evidence", f"behaviour.json={_behaviour(site)}"),
            # By which alone it is told that there is something to judge by.
            *("--evidence", f"{BASELINE}={_behaviour(site)}"),
            role=REGISTRAR,
        )(site)

    return run


def _behaviour(site: Site) -> Path:
    """Some document to keep as evidence."""
    path = site.folder / "behaviour.json"
    path.write_text("{}")
    return path


def _approve(version: str) -> Callable[[Site], object]:
    return _modelctl("approve", version, "--reason", "it passed", role=APPROVER)


def _pack(archive: Path, files: Mapping[str, bytes]) -> None:
    with tarfile.open(archive, "w:gz") as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))


def _fetch_champion(site: Site) -> None:
    _modelctl("artifact", "--out", str(site.folder / "champion"), role=PREVIEW)(site)


def _train(
    version: str, *more: str, role: str = TRAINER, allowed: tuple[int, ...] = (0,)
) -> Callable[[Site], object]:
    """A version of a data set of one file, by steps that do next to nothing (tests/containers/steps)."""

    def run(site: Site) -> object:
        command = ("train", "--version", version, "--commit", "c" * 40, "--first", "2013-01", *more)
        datasets.publish(site)
        return _modelctl(*command, role=role, allowed=allowed)(site)

    return run


@dataclass(frozen=True)
class _Clients:
    """Of the trainer."""

    site: Site

    @property
    def s3(self) -> Any:
        return self.site.client(TRAINER, "s3")

    @property
    def ecr(self) -> Any:
        return self.site.client(TRAINER, "ecr")


def _no_champion(site: Site) -> None:
    """As `modelctl train` does while nothing serves: the file that says so is put in the place of a champion."""
    AwsSources(clients=_Clients(site), place=PLACE).store_no_champion()


def _approved_by_gates(then: Callable[[Site], object]) -> Callable[[Site], object]:
    """In an environment whose config says `approval: {by: gates}`: `pulumi up` writes that into a tag."""

    def run(site: Site) -> object:
        group = f"arn:aws:sagemaker:{PLACE.region}:{PLACE.account}:model-package-group/{PLACE.package_group}"
        site.administrator("sagemaker").add_tags(
            ResourceArn=group, Tags=[{"Key": APPROVAL_TAG, "Value": "gates"}]
        )
        return then(site)

    return run


def _stop(site: Site) -> None:
    """As `modelctl train` says how to: follow an execution that takes long no more, then stop it."""
    _train(_STOPPED, "--until", "2013-11", "--timeout", "1", allowed=(_GAVE_UP,))(site)
    sagemaker = site.client(TRAINER, "sagemaker")
    listed = site.administrator("sagemaker").list_pipeline_executions(PipelineName=PLACE.pipeline)
    for execution in listed["PipelineExecutionSummaries"]:
        if execution["PipelineExecutionStatus"] == "Executing":
            sagemaker.stop_pipeline_execution(
                PipelineExecutionArn=execution["PipelineExecutionArn"], ClientRequestToken="s" * 32
            )


def _scrape(site: Site) -> None:
    """As each scrape makes the exporter read."""
    site.act(MONITOR, "python", "-m", "monitoring", *_ENV, "--model", PLACE.model, "--once")


def _configured(then: Callable[[Site], object], **changes: object) -> Callable[[Site], object]:
    def run(site: Site) -> object:
        site.configure(**changes)
        return then(site)

    return run


def _delete_packages(site: Site) -> None:
    """As docs/operations.md says: SageMaker keeps a group that still has packages."""
    sagemaker = site.client(TEARDOWN, "sagemaker")
    response = sagemaker.list_model_packages(ModelPackageGroupName=PLACE.package_group)
    for package in response["ModelPackageSummaryList"]:
        sagemaker.delete_model_package(ModelPackageName=package["ModelPackageArn"])


def _destroy(site: Site) -> None:
    datasets.take_away(site)
    site.act(
        TEARDOWN,
        *("pulumi", "destroy", "--yes", "--skip-preview", "--non-interactive", "--stack", PLACE.environment),
        *("--config-file", str(site.config_file)),
    )


_WHY = ("--reason", "errors doubled")
_UNREACHABLE = 5  # modelctl's status where there is nothing to see yet
_UNRECORDED = 4
_GAVE_UP, _STEP_FAILED = 1, 9

# Of an environment that does not train yet.
_BEFORE = (
    Step(OPERATOR, "looks at an empty account", _modelctl("status", allowed=(_UNREACHABLE,))),
    Step(PREVIEW, "previews the first update", _configured(_review("preview", PREVIEW), release=None)),
    Step(DEPLOY, "makes the registry", _up),
    Step(OPERATOR, "looks at a registry of which nothing serves", _modelctl("status")),
    Step(PUSHER, "pushes an image", _push(PLACE.repository, _CONTAINER)),
    Step(REGISTRAR, f"registers {_FIRST}", _register(_FIRST)),
    Step(REGISTRAR, f"registers {_SECOND}", _register(_SECOND)),
    Step(REGISTRAR, f"registers {_SECOND} once more", _register(_SECOND)),
    Step(REGISTRAR, f"registers {_THIRD}", _register(_THIRD)),
    Step(REGISTRAR, f"registers {_FOURTH}, with bits that are kept already", _register(_FOURTH, bits=_THIRD)),
    Step(APPROVER, f"approves {_FIRST}", _approve(_FIRST)),
    Step(APPROVER, f"approves {_SECOND}", _approve(_SECOND)),
    Step(APPROVER, f"approves {_THIRD}", _approve(_THIRD)),
    Step(
        DEPLOY,
        f"makes the endpoint, {_FIRST} live",
        _configured(_up, release={"live": _FIRST, "fleet": [_SECOND, _FIRST]}),
    ),
    Step(
        PREVIEW,
        f"previews {_SECOND} going live, a larger fleet, another owner, other limits, a dashboard",
        _configured(
            _review("preview", PREVIEW),
            release={"live": _SECOND, "fleet": [_THIRD, _SECOND, _FIRST]},
            owner="ml-serving",
            alarms={"maxErrorRatePercent": 2, "maxLatencyMs": 400},
            retention={"noncurrentDays": 300, "logDays": 300},
            monitoring={"dashboard": True},
            capture={"percent": 100, "days": 7},
        ),
    ),
    Step(DEPLOY, "previews by itself, as the stage of a build does", _review("preview", DEPLOY)),
    Step(DEPLOY, "deploys by that plan", _review("deploy", DEPLOY), renew=_review("preview", PREVIEW)),
    Step(PREVIEW, "fetches the model that serves, beside which another is judged", _fetch_champion),
    Step(MONITOR, "is scraped", _scrape),
    Step(OPERATOR, "looks", _modelctl("status")),
    Step(
        OPERATOR,
        "tries the way back",
        _modelctl("drill", "--rounds", "1", "--rate", "5", "--anyway", "no callers here"),
    ),
    Step(OPERATOR, "rolls back", _modelctl("rollback", *_WHY)),
    Step(OPERATOR, "accepts", _modelctl("accept", _SECOND, *_WHY)),
    Step(
        OPERATOR,
        "moves without the journal",
        _modelctl("rollback", "--without-journal", "--to", _SECOND, *_WHY, allowed=(_UNRECORDED,)),
    ),
    Step(OPERATOR, "adopts", _modelctl("adopt", *_WHY)),
    Step(OPERATOR, f"rejects {_THIRD}", _modelctl("reject", _THIRD, *_WHY)),
    Step(OPERATOR, "reads the history", _modelctl("history")),
)
_TRAINING = {"instance": "ml.m5.large", "runDays": 60}
_PROPOSALS = {**_TRAINING, "schedule": "cron(0 6 2 * ? *)"}
_DRIFT = {"schedule": "cron(0 2 * * ? *)", "instance": "ml.m5.large", "days": 300}
# And where it does.
_THEN = (
    Step(
        DEPLOY,
        "makes a bucket for data, and the pipeline that trains",
        _configured(_up, data={"bucket": True}, training=_TRAINING),
    ),
    Step(PUSHER, "pushes an image of the pipeline's steps", _push(PLACE.step_repository, ".", _STEPS)),
    Step(
        DEPLOY,
        "schedules the jobs that judge data drift and propose models",
        _configured(_up, drift=_DRIFT, training=_PROPOSALS),
    ),
    Step(PREVIEW, "previews an environment that has both", _pulumi("preview", PREVIEW)),
    Step(PREVIEW, "pulls data", lambda site: datasets.pull(site, PREVIEW)),
    Step(TRAINER, f"trains {_TRAINED}, which a person approves", _train(_TRAINED, "--until", "2013-01")),
    Step(TRAINER, "says that nothing serves yet", _no_champion),
    Step(
        TRAINER,
        f"trains {_FAILED}, of which a step fails",
        _train(_FAILED, "--until", "2013-12", allowed=(_STEP_FAILED,)),
    ),
    Step(
        TRAINER,
        f"goes on with {_FAILED}",
        _train(_FAILED, "--until", "2013-12", allowed=(_STEP_FAILED,)),
    ),
    Step(TRAINER, f"stops the training of {_STOPPED}", _stop),
    Step(
        GATES,
        f"trains {_BY_GATES}, which its gates approve",
        _approved_by_gates(_train(_BY_GATES, "--until", "2013-01", role=GATES)),
    ),
    Step(
        READER,
        f"reads where {_TRAINED} comes from",
        _modelctl("lineage", "--version", _TRAINED, role=READER),
    ),
    Step(READER, "reads where the version comes from that serves", _modelctl("lineage", role=READER)),
    Step(
        READER,
        "reads where a version comes from that there is not",
        _modelctl("lineage", "--version", _FAILED, role=READER),
    ),
)
_STAGES = tuple({"name": name} for name in ("test", "image", "train", "deploy", "verify"))
_BUILD = {
    "repository": "acme/model-delivery",
    "provider": "GitHub",
    "deployRole": f"arn:aws:iam::{PLACE.account}:role/{DEPLOY}",
}
# And where it builds tags.
_LAST = (
    Step(DEPLOY, "makes the pipeline of pushed tags", _configured(_up, build={**_BUILD, "stages": _STAGES})),
    Step(READER, "reads what became of pushed tags", _modelctl("builds", role=READER)),
    Step(PREVIEW, "looks for drift", _review("drift", PREVIEW)),
    Step(
        DEPLOY,
        f"drops a stage, {_THIRD} and the dashboard, other instances, another hour for drift and proposals, no protection any more",
        _configured(
            _up,
            release={"live": _SECOND, "fleet": [_SECOND, _FIRST]},
            instances={"type": "ml.c6i.xlarge", "min": 1, "max": 4, "targetInvocationsPerMinute": 3000},
            data={"bucket": True, "protect": False},
            training={**_PROPOSALS, "instance": "ml.m5.xlarge", "schedule": "cron(0 7 2 * ? *)"},
            drift={**_DRIFT, "schedule": "cron(0 3 * * ? *)"},
            build={**_BUILD, "stages": _STAGES[:-1], "logDays": 30},
            monitoring={"dashboard": False},
            protect=False,
        ),
    ),
    Step(TEARDOWN, "deletes the packages", _delete_packages),
    Step(TEARDOWN, "destroys", _destroy),
)
STEPS = (
    *_BEFORE,
    *(replace(each, trains=True) for each in _THEN),
    *(replace(each, trains=True, builds=True) for each in _LAST),
)
