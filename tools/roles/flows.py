"""What each role does, from an empty account until the environment is taken down.

Every step is a command of the documentation; the order is that of an environment's life, so that one run shows all.
"""

import contextlib
import io
import json
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.roles.site import PLACE, Site

PREVIEW, DEPLOY, OPERATOR, REGISTRAR, APPROVER, PUSHER, TEARDOWN = (
    "preview",
    "deploy",
    "operator",
    "registrar",
    "approver",
    "pusher",
    "teardown",
)
# A role of CI is what a job has; the one that takes an environment down may deploy as well.
ROLES = (PREVIEW, DEPLOY, OPERATOR, REGISTRAR, APPROVER, PUSHER, TEARDOWN)
_ENV = ("--env", PLACE.environment)
_FIRST, _SECOND, _THIRD, _FOURTH = "v1.0.0", "v1.1.0", "v1.2.0", "v1.2.1"
# A container that starts at once: what a model computes is nothing to a role.
_CONTAINER = "tests/containers/echo"
_BUILT = "built-here"  # a repository of what was built, before it is pushed to where it belongs


@dataclass(frozen=True)
class Step:
    """Something that a role does; `renew` is what must be done again before it is tried again."""

    role: str
    what: str
    run: Callable[[Site], object]
    renew: Callable[[Site], object] | None = None


def _up(site: Site) -> None:
    site.act(
        DEPLOY,
        *("pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "--stack", PLACE.environment),
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


def _push(site: Site) -> None:
    """As `docker push` ends, with the manifest; `sandbox image` itself is always the account's user."""
    ecr = site.administrator("ecr")
    with contextlib.suppress(ecr.exceptions.RepositoryAlreadyExistsException):
        ecr.create_repository(repositoryName=_BUILT)
    output = site.build(_BUILT, _CONTAINER)
    digest = output.rpartition("@")[2]
    built = ecr.batch_get_image(repositoryName=_BUILT, imageIds=[{"imageDigest": digest}])["images"][0]
    pushed = site.client(PUSHER, "ecr").put_image(
        repositoryName=PLACE.repository,
        imageManifest=built["imageManifest"],
        imageManifestMediaType=built["imageManifestMediaType"],
        imageTag="pushed",
    )["image"]
    where = f"{PLACE.account}.dkr.ecr.{PLACE.region}.amazonaws.com/{PLACE.repository}"
    (site.folder / "image").write_text(f"{where}@{pushed['imageId']['imageDigest']}")


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
            *("register", "--version", version, "--image", (site.folder / "image").read_text()),
            *("--artifact", str(artifact), "--data-revision", f"data-{bits or version}"),
            *("--evidence", f"behaviour.json={_behaviour(site)}"),
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


_DATUM = "dvc/files/md5/9a/0364b9e99bb480dd25e1f0284c8555"


def _pull(site: Site) -> None:
    """As `dvc pull` does: it lists what the remote has, and reads what is missing here."""
    administrator, s3 = site.administrator("s3"), site.client(PREVIEW, "s3")
    held = {"Bucket": PLACE.data_bucket, "Key": _DATUM}
    version = administrator.put_object(**held, Body=b"content")["VersionId"]
    try:
        s3.list_objects_v2(Bucket=PLACE.data_bucket, Prefix="dvc/files/md5/")
        s3.get_object(**held)["Body"].read()
    finally:  # so that whoever takes the environment down need not
        administrator.delete_object(**held, VersionId=version)


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
    site.act(
        TEARDOWN,
        *("pulumi", "destroy", "--yes", "--skip-preview", "--non-interactive", "--stack", PLACE.environment),
        *("--config-file", str(site.config_file)),
    )


_WHY = ("--reason", "errors doubled")
_UNREACHABLE = 5  # modelctl's status where there is nothing to see yet
_UNRECORDED = 4

STEPS = (
    Step(OPERATOR, "looks at an empty account", _modelctl("status", allowed=(_UNREACHABLE,))),
    Step(PREVIEW, "previews the first update", _configured(_review("preview", PREVIEW), release=None)),
    Step(DEPLOY, "makes the registry", _up),
    Step(OPERATOR, "looks at a registry of which nothing serves", _modelctl("status")),
    Step(PUSHER, "pushes an image", _push),
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
        f"previews {_SECOND} going live, a larger fleet, another owner, other limits, a bucket for data",
        _configured(
            _review("preview", PREVIEW),
            release={"live": _SECOND, "fleet": [_THIRD, _SECOND, _FIRST]},
            owner="ml-serving",
            alarms={"maxErrorRatePercent": 2, "maxLatencyMs": 400},
            retention={"noncurrentDays": 300, "logDays": 300},
            data={"bucket": True},
        ),
    ),
    Step(DEPLOY, "deploys by that plan", _review("deploy", DEPLOY), renew=_review("preview", PREVIEW)),
    Step(PREVIEW, "fetches the model that serves, beside which another is judged", _fetch_champion),
    Step(PREVIEW, "pulls data", _pull),
    Step(OPERATOR, "looks", _modelctl("status")),
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
    Step(PREVIEW, "looks for drift", _review("drift", PREVIEW)),
    Step(
        DEPLOY,
        f"drops {_THIRD}, other instances, no protection any more",
        _configured(
            _up,
            release={"live": _SECOND, "fleet": [_SECOND, _FIRST]},
            instances={"type": "ml.c6i.xlarge", "min": 1, "max": 4, "targetInvocationsPerMinute": 3000},
            data={"bucket": True, "protect": False},
            protect=False,
        ),
    ),
    Step(TEARDOWN, "deletes the packages", _delete_packages),
    Step(TEARDOWN, "destroys", _destroy),
)
